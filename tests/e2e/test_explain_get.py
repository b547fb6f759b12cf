# SPDX-License-Identifier: Apache-2.0
"""clientcert-explain, asked about oneself: every field and variable, the chain, the users, the headers; with TLS and
without, by a proxy's header, over HTTP/1.1 and HTTP/2; rules of maps only for those who may see them."""
import base64
import hashlib
import json
import ssl

import pytest
from harness.check import Run
from harness.curl import curl
from harness.explaining import ALIASES, CONTENTS, MODULES, pages
from harness.verdicts import WEAK

SITE = """
TypesConfig /dev/null
ALIASES
Protocols h2 http/1.1
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional_no_ca
    ClientCertVerify report
    CONTENTS
</VirtualHost>
<VirtualHost *:${http}>
    <Location /explain>
        SetHandler clientcert-explain
    </Location>
    <Location /elsewhere>
        SetHandler clientcert-explain
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:${proxied}>
    ClientCertTrustedProxy 127.0.0.1
    ClientCertFrom rfc9440
    ClientCertCACertificateFile ${ca}
    ClientCertExplainTo true
    <Location /closed>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        ClientCertForward rfc9440
    </Location>
    <Location /explain>
        SetHandler clientcert-explain
        ClientCertForward xfcc
    </Location>
</VirtualHost>
""".replace("ALIASES", ALIASES).replace("CONTENTS", CONTENTS.replace("ClientCertCRL ${crls}", ""))


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE, modules=MODULES + " mime", ports="https http proxied", backend=backends.http.url)
    pages(server)
    server.start()


def told(connection, path="/explain?format=json"):
    response = connection.get(path)
    assert response.status == 200 and response.header("Content-Type") == "application/json"
    assert response.header("Cache-Control") == "no-store"
    return json.loads(response.text)


@pytest.mark.parametrize("how", ["1.1", "2"])
def test_alice_sees_all_of_her_certificate(server, pki, how):
    with (server.h2 if how == "2" else server.tls)(pki.alice) as connection:
        seen = told(connection)
        page = connection.get("/explain")
    certificate = seen["certificate"]
    assert seen["verdict"] == {"verify": "SUCCESS", "reason": "none", "source": "tls", "level": "report"}
    assert certificate["subject"] == "CN=Alice,OU=Fun dept.,O=garex AG" and certificate["serial"] == pki.alice.serial
    assert certificate["sha256"] == hashlib.sha256(pki.alice.der).hexdigest()
    assert certificate["fields"]["san:email"] == ["alice@example.org"] and "clientAuth" in certificate["fields"]["eku"]
    assert [certificate["fields"][name] for name in ("subject:CN", "subject:OU", "issuer:CN")] == [["Alice"], ["Fun dept."], ["Test CA"]]
    variables = seen["variables"]
    assert variables["SSL_CLIENT_S_DN_OU"] == "Fun dept." and variables["SSL_CLIENT_SAN_Email_0"] == "alice@example.org"
    assert variables["SSL_CLIENT_CERT"].startswith("-----BEGIN") and variables["CLIENTCERT_USER"] == "alice"
    assert ssl.PEM_cert_to_DER_cert(variables["SSL_CLIENT_CERT"]) == pki.alice.der
    users = {one["map"]: one for one in seen["users"]}
    assert (users["staff"]["user"], users["staff"]["used_here"], users["blocked"]["outcome"]) == ("alice", True, "denied")
    assert users["staff"]["rules"][0]["matched"]  # she may see them
    assert seen["headers"] == [{"name": "X-Here", "value": "CN=Alice,OU=Fun dept.,O=garex AG"},
                               {"name": "X-Shared-Secret", "value": "(not told)"}]
    assert "between us" not in page.text
    assert "<form" in page.text and "alice@example.org" in page.text and page.header("Content-Type") == "text/html; charset=utf-8"


def test_every_field_is_told_of_a_bad_certificate_as_well(server, pki):
    """The same that clientcert-check tells, which is compared with what openssl says."""
    late = pki.ca.client("/O=garex AG/CN=Late", valid=("-2d", "-1d"), san=["email:late@example.org", "URI:urn:late"], extensions={
        "crlDistributionPoints": "URI:http://crl.example.org/ca.crl", "certificatePolicies": "1.2.3.4", "nsComment": "<a comment>",
        "1.3.6.1.4.1.99999.1": "critical,DER:0403<OCTETS>".replace("<OCTETS>", "010203"), "authorityInfoAccess": "OCSP;URI:http://ocsp.example.org/"})
    with server.tls(late, ciphers=WEAK) as connection:
        seen, page = told(connection)["certificate"], connection.get("/explain").text
    offline = Run("cert", "--json", late.cert).json["certificates"][0]
    assert len(offline) > 20 and {name: value for name, value in offline.items() if name != "pem"} == {name: value for name, value in seen.items() if name != "fields"}
    assert seen["other_extensions"] == ["nsComment: <a comment>", "1.3.6.1.4.1.99999.1: 0403010203"]
    assert seen["critical_extensions"] == ["keyUsage", "1.3.6.1.4.1.99999.1"] and seen["crl_urls"] == ["http://crl.example.org/ca.crl"]
    for text in "ecdsa-with-SHA256", "EC prime256v1, 256 bits", "http://crl.example.org/ca.crl", "&lt;a comment", "0403010203", "digitalSignature", seen["sha1"]:
        assert text in page, text


def test_others_see_their_own_and_no_rules(server, pki):
    with server.tls(pki.mallory) as connection:
        seen, page = told(connection), connection.get("/explain").text
    assert seen["certificate"]["subject"] == "CN=Mallory,O=Evil"
    for one in seen["users"]:
        assert one.keys() == {"map", "used_here", "outcome", "user"}
    assert "<form" not in page and "example\\.org" not in page and "site.conf" not in page and "Alice" not in page


def test_a_bad_certificate_has_fields_and_no_variables(server, pki):
    late = pki.ca.client("/O=garex AG/CN=Late", valid=("-2d", "-1d"), san=["email:late@example.org"])
    with server.tls(late, ciphers=WEAK) as connection:
        seen = told(connection)
    assert (seen["verdict"]["verify"], seen["verdict"]["reason"]) == ("FAILED", "expired")
    assert seen["certificate"]["fields"]["san:email"] == ["late@example.org"] and seen["headers"] == []
    assert seen["variables"] == {"CLIENTCERT_VERIFY": "FAILED", "CLIENTCERT_REASON": "expired", "SSL_CLIENT_VERIFY": "FAILED:expired"}
    assert {one["user"] for one in seen["users"]} == {""}


def test_without_a_certificate_and_without_tls(server):
    with server.tls() as connection:
        seen = told(connection)
        assert seen["certificate"] is None and seen["verdict"]["verify"] == "NONE" and seen["verdict"]["source"] == "tls"
        assert "There is none." in connection.get("/explain").text
    response = server.curl("/explain?format=json", port="http")
    seen = json.loads(response.text)
    assert (seen["certificate"], seen["users"], seen["headers"], seen["verdict"]["source"]) == (None, [], [], "")
    assert server.curl("/explain", port="http").status == 200
    assert server.curl("/elsewhere", port="http").status == 403
    server.expect_log("CC0101")
    server.allow_log("AH01630")


def test_what_a_proxy_passes_on(server, pki):
    header = f":{base64.b64encode(pki.alice.der).decode()}:"
    url = f"http://localhost:{server.ports['proxied']}/explain?format=json"
    seen = json.loads(curl(url, headers={"Client-Cert": header}).text)
    assert seen["verdict"] == {"verify": "SUCCESS", "reason": "none", "source": "rfc9440", "level": "ssl"}
    assert [one["name"] for one in seen["headers"]] == ["X-Forwarded-Client-Cert"]
    would = json.loads(curl(url + "&path=/closed/", data=f"@{pki.alice.chain}").text)
    assert would["outcome"]["status"] == 200 and "comes in a header" in would["handshake"]["text"]
    assert [one["name"] for one in would["headers"]] == ["Client-Cert"]
    assert json.loads(curl(url + "&path=/closed/", data=f"@{pki.mallory.chain}").text)["outcome"]["status"] == 403


def test_the_chain_that_was_sent(server, pki):
    bob = pki.ca.intermediate("/O=Test/CN=Issuing").client("/O=garex AG/CN=Bob")
    with server.tls(bob) as connection:
        seen = told(connection)
    assert [one["subject"] for one in seen["chain"]] == ["CN=Issuing,O=Test"]


@pytest.mark.parametrize("method, status", [("HEAD", 200), ("OPTIONS", 200), ("PUT", 405), ("DELETE", 405), ("PATCH", 405)])
def test_methods(server, pki, method, status):
    response = server.curl("/explain", *(["-I"] if method == "HEAD" else []), cert=pki.alice, method=None if method == "HEAD" else method)
    assert response.status == status
    if status == 405:
        assert {"GET", "POST"} <= set(response.header("Allow").replace(" ", "").split(","))


@pytest.mark.parametrize("query, word", [("format=xml", "html, json"), ("format=%zz", "%zz")])
def test_an_unknown_format_is_told_which_there_are(server, pki, query, word):
    response = server.curl(f"/explain?{query}", cert=pki.alice)
    assert response.status == 400 and word in response.text and response.header("Content-Type").startswith("text/plain")
