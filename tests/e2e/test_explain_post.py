# SPDX-License-Identifier: Apache-2.0
"""clientcert-explain, posted a certificate and a path: what it says would be is what is, when somebody comes with that
certificate; rule by rule, CRL by CRL, map rule by map rule; and nothing of it shows in the log."""
import itertools
import json
import re
import ssl
from urllib.parse import urlencode

import pytest
from harness.crls import crl, folder, publish, ready
from harness.curl import CurlError
from harness.explaining import ALIASES, CONTENTS, MODULES, PATHS, ask, pages, post
from harness.tls import Connection

SITE = """
TypesConfig /dev/null
ALIASES
KeepAliveTimeout 60
MaxKeepAliveRequests 0
Protocols h2 http/1.1
LogLevel debug
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${cas}
    SSLVerifyClient optional
    SSLVerifyDepth 3
    CONTENTS
</VirtualHost>
<VirtualHost *:${required}>
    Include ${tls}
    SSLCACertificateFile ${cas}
    SSLVerifyClient require
    SSLVerifyDepth 3
    ClientCertVerify require
    CONTENTS
</VirtualHost>
<VirtualHost *:${report}>
    Include ${tls}
    SSLCACertificateFile ${cas}
    SSLVerifyClient optional_no_ca
    ClientCertVerify report
    ClientCertVerifyDepth 3
    CONTENTS
    <Location /own-ca>
        ClientCertCA ${elsewhere}
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:${later}>
    Include ${tls}
    SSLCACertificateFile ${cas}
    SSLVerifyDepth 3
    ClientCertCRL ${crls}
    ClientCertExplainTo %{REMOTE_ADDR} eq "127.0.0.1"
    <Location /explain>
        SetHandler clientcert-explain
    </Location>
    <LocationMatch "^/(asking/closed|closed)">
        Require clientcert
    </LocationMatch>
    <Location /asking>
        SSLVerifyClient optional
    </Location>
    <Location /asking/open>
        SSLVerifyClient Require
    </Location>
</VirtualHost>
<Location /status>
    SetHandler clientcert-status
</Location>
""".replace("ALIASES", ALIASES).replace("CONTENTS", CONTENTS)


@pytest.fixture(scope="module")
def people(pki):
    ca = pki.ca
    below = ca.intermediate("/O=Test/CN=Issuing")
    stranger = pki.authority("/CN=Elsewhere")
    return {"alice": pki.alice, "mallory": pki.mallory, "bob": below.client("/O=garex AG/OU=Fun dept./CN=Bob", san=["email:bob@example.org"]),
            "expired": ca.client("/O=garex AG/CN=Late", valid=("-2d", "-1d")), "revoked": ca.client("/O=garex AG/CN=Gone"),
            "stranger": stranger.client("/O=garex AG/CN=Alice"), "below": below, "elsewhere": stranger}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, people, backends):
    crls = folder(server)
    publish(crls / "ca", crl(pki.ca, [people["revoked"]]))
    publish(crls / "below", crl(people["below"]))
    server.configure(SITE, modules=MODULES + " mime", ports="https report required later", cas=pki.bundle(pki.ca, people["below"]), crls=crls, elsewhere=people["elsewhere"],
                     backend=backends.http.url)
    publish(crls / "elsewhere", crl(people["elsewhere"]))
    server.page("own-ca/x.html")
    pages(server)
    server.allow_log("CC0101|CC0205|AH01630|AH01631|AH01797|AH02008|AH02261|AH01618|AH00127|AH10244|CC0202|certificate verify failed", always=True)
    server.start()
    ready(server, pki.alice)


@pytest.fixture(scope="module")
def alice(server, pki):
    with server.tls(pki.alice) as connection:
        yield connection


def really(server, credential, port, paths):
    """The statuses of real requests; 0 where there is no connection for them."""
    statuses, connection = {}, None
    for path in paths:
        try:
            connection = connection or Connection(server.ports[port], "localhost", credential, server.pki.ca.cert, ciphers="DEFAULT@SECLEVEL=0")
            response = connection.get(path)
        except (ssl.SSLError, ConnectionError):
            return dict.fromkeys(paths, 0)
        statuses[path] = response.status
        if "close" in (response.header("Connection") or "").lower():
            connection.close()
            connection = None
    if connection:
        connection.close()
    return statuses


@pytest.mark.parametrize("port", ["https", "report", "required"])
@pytest.mark.parametrize("who", ["alice", "bob", "mallory", "expired", "revoked", "stranger"])
def test_what_would_be_is_what_is(server, pki, people, port, who):
    paths = (*PATHS, "/own-ca/x.html")
    with server.tls(pki.alice, port=port) as asking:
        told = {path: ask(asking, people[who], path)["outcome"] for path in paths}
    # Whether there is a file is no question of ours.
    expected = {path: 200 if status == 404 else status for path, status in really(server, people[who], port, paths).items()}
    assert {path: (outcome["status"], outcome["text"]) for path, outcome in told.items() if outcome["status"] != expected[path]} == {}
    server.settle()
    logged = dict(re.findall(r'access to "([^"?]*)" denied: reason=(\S+)', "\n".join(server.log_lines("CC0101"))))
    assert logged or 0 in expected.values() or who == "alice"
    assert {path: told[path]["reason"] for path in logged} == logged


@pytest.mark.parametrize("who", ["alice", "bob", "expired", "revoked", "stranger"])
def test_who_is_asked_late_or_never(server, people, who):
    """SSLVerifyClient in a directory: mod_ssl asks when the request is there, or nobody does."""
    def really(path):
        try:
            return server.status(path, cert=people[who], port="later", tls="1.2")
        except CurlError:
            return 0

    for path, seen in ("/asking/open/x", True), ("/asking/closed/x", True), ("/asking/x", True), ("/closed/x", False), ("/x", False):
        told = json.loads(server.curl(f"/explain?format=json&path={path}", port="later", data=f"@{people[who].chain}").text)
        assert told["outcome"]["status"] == {404: 200}.get(status := really(path), status), (path, told["outcome"], told["handshake"])
        assert (told["verdict"]["verify"] != "NONE") == seen and told["certificate"]["subject"]
        assert told["handshake"]["fails"] == (status == 0) and ("is not seen" in told["handshake"]["text"]) != seen


def test_each_rule_is_told(server, alice, people):
    told = ask(alice, people["bob"], "/rule/two/x.html")
    one, two = told["rules"]
    assert one["text"].startswith('%{SSL_CLIENT_S_DN_O} eq "garex AG" and') and one["outcome"] == "holds"
    assert f"{one['file']}:{one['line']}" == server.line_of("ClientCertRequire %{SSL_CLIENT_S_DN_O} eq \"garex AG\" and")
    assert one["values"] == [{"name": "SSL_CLIENT_S_DN_O", "value": "garex AG"}, {"name": "REQUEST_URI", "value": "/rule/two/x.html"}]
    assert not one["by_certificate_alone"] and two["by_certificate_alone"] and two["outcome"] == "fails"
    assert two["values"] == [{"name": "clientcert('san:email')", "value": "bob@example.org"}]
    assert told["outcome"] == {"status": 403, "reason": "rule", "user": "", "text": "ClientCertRequire " + two["text"]}
    assert told["verdict"]["source"] == "hypothetical" and "key" in told["note"]


def test_require_lines_and_whom_they_depend_on(server, alice, people):
    told = ask(alice, people["bob"], "/require/x.html")["require"]
    assert told["outcome"] == "granted" and told["decided_by"] == "certificate"
    assert [(line["text"], line["outcome"]) for line in told["lines"]] == [
        ('Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"', "fails"), ("Require clientcert-san email:*@example.org", "holds")]
    assert [line["text"] for line in told["others"]] == ["Require ip 192.0.2.1"]
    assert f"{told['others'][0]['file']}:{told['others'][0]['line']}" == server.line_of("Require ip")
    told = ask(alice, people["bob"], "/theirs/x.html")["require"]
    assert (told["outcome"], told["decided_by"]) == ("denied", "others") and told["lines"][0]["outcome"] == "holds"
    told = ask(alice, people["mallory"], "/none/x.html")["require"]
    assert (told["outcome"], told["decided_by"]) == ("denied", "certificate") and told["lines"][0]["against"]
    told = ask(alice, people["bob"], "/htaccess/x.html")
    assert told["rules"][0]["file"].endswith("/.htaccess") and told["require"]["lines"][0]["file"].endswith("/.htaccess")


def test_maps_and_passwords(server, alice, people):
    told = ask(alice, people["bob"], "/user/x.html")
    staff = next(one for one in told["users"] if one["map"] == "staff")
    assert (staff["outcome"], staff["user"], staff["used_here"]) == ("user", "bob", True)
    step = staff["rules"][0]
    assert step["matched"] and step["values"] == ["bob@example.org"] and step["selector"] == "san:email"
    assert f"{step['file']}:{step['line']}" == server.line_of("ClientCertMap staff san:email")
    assert told["outcome"]["status"] == 403 and told["outcome"]["user"] == "bob"
    blocked = next(one for one in told["users"] if one["map"] == "blocked")
    assert (blocked["outcome"], blocked["used_here"]) == ("denied", False)
    told = ask(alice, people["bob"], "/both/x.html")
    assert (told["outcome"]["status"], told["outcome"]["reason"]) == (401, "password") and "of any user" in told["password"]


def test_crls_and_chains(server, alice, pki, people):
    told = ask(alice, people["bob"])
    assert [one["subject"] for one in told["verification"]["chain"]] == ["CN=Bob,OU=Fun dept.,O=garex AG", "CN=Issuing,O=Test", "CN=Test CA,O=Test"]
    assert told["verification"]["problem"] == "" and "CN=Test CA,O=Test" in told["verification"]["authorities"]
    leaf, issuing = told["revocation"]["certificates"]
    assert (leaf["reason"], leaf["subject"]) == ("none", "CN=Bob,OU=Fun dept.,O=garex AG")
    assert leaf["crls"][0]["source"].endswith("/below") and leaf["crls"][0]["says"] == "not-listed" and not leaf["crls"][0]["expired"]
    assert issuing["crls"][0]["source"].endswith("/ca")
    gone = ask(alice, people["revoked"])
    entry = gone["revocation"]["certificates"][0]["crls"][0]
    assert entry["says"] == "revoked" and entry["revoked_at"].startswith("20") and gone["handshake"]["fails"]
    assert gone["outcome"]["status"] == 0 and gone["verdict"] == {"verify": "FAILED", "reason": "revoked", "source": "hypothetical", "level": "ssl"}
    with server.tls(pki.alice, port="report") as connection:
        own = ask(connection, people["stranger"], "/own-ca/x.html")
    assert own["verdict"]["verify"] == "SUCCESS" and own["verification"]["authorities"] == ["CN=Elsewhere"] and own["outcome"]["status"] == 200
    late = ask(alice, people["expired"])
    assert "expired" in late["verification"]["problem"] and late["revocation"]["certificates"] == []
    assert late["variables"] == {"CLIENTCERT_REASON": "expired", "CLIENTCERT_VERIFY": "FAILED", "SSL_CLIENT_VERIFY": "FAILED:expired"}
    lost = ask(alice, people["stranger"])
    assert lost["verdict"]["reason"] == "unknown-issuer" and lost["certificate"]["subject"] == "CN=Alice,O=garex AG"


def test_headers_and_variables(server, alice, pki, people):
    told = ask(alice, people["alice"], "/rule/x.html")
    assert told["headers"] == [{"name": "X-Client", "value": "CN=Alice,OU=Fun dept.,O=garex AG"}]
    variables = told["variables"]
    assert variables["CLIENTCERT_SHA256"] == told["certificate"]["sha256"] and variables["SSL_CLIENT_S_DN_CN"] == "Alice"
    assert variables["CLIENTCERT_SAN_EMAIL"] == "alice@example.org" == told["certificate"]["fields"]["san:email"][0]
    assert ask(alice, people["mallory"], "/rule/x.html")["headers"] is None


def counted(connection):
    """What the server has counted of bad certificates, denials and maps."""
    status = json.loads(connection.get("/status?format=json").text)
    return status["verdicts"]["failed"], [status[name] for name in ("denials", "undecided", "maps", "lookups")]


@pytest.mark.parametrize("how", ["1.1", "2"])
def test_nothing_is_logged_and_the_connection_goes_on(server, pki, people, how):
    with (server.h2 if how == "2" else server.tls)(pki.alice) as connection:
        connection.get("/index.html")
        server.settle()
        mark, before = server.mark(), counted(connection)
        for who, path in itertools.product(("mallory", "revoked", "expired"), PATHS):
            ask(connection, people[who], path)
        assert counted(connection) == before
        assert connection.get("/rule/x.html").status == 200
        server.settle()
        lines = [line for line in server.log_lines(since=mark) if ":debug]" not in line and ":trace" not in line and ":info]" not in line]
        assert not lines, lines
        assert not server.log_lines("authorization result of|CC0", since=mark)


def test_a_form_and_a_page_for_people(server, pki, people, alice):
    origin = f"https://localhost:{server.ports['https']}"
    body = urlencode({"certificate": people["bob"].chain.read_text(), "path": "/rule/two/"}).encode()
    response = post(alice, "/explain", body, {"Origin": origin, "Sec-Fetch-Site": "same-origin"})
    assert response.status == 200 and response.header("Content-Type") == "text/html; charset=utf-8"
    assert "What this server would decide" in response.text and "ClientCertRequire" in response.text
    assert 'value="/rule/two/"' in response.text and "BEGIN CERT" not in response.text.split("<textarea")[1].split("</textarea")[0]
    assert json.loads(post(alice, "/explain?format=json", body, {"Origin": origin}).text)["path"] == "/rule/two/"


def test_curl_asks_without_a_form(server, pki, people):
    response = server.curl("/explain?format=json&path=/rule/", cert=pki.alice, data=f"@{people['bob'].chain}")
    assert response.status == 200 and json.loads(response.text)["outcome"]["status"] == 200
    response = server.curl("/explain?path=/rule/", "-H", "Expect: 100-continue", cert=pki.alice, http="2", data=f"@{people['bob'].chain}")
    assert response.status == 200 and "<h1>" in response.text
