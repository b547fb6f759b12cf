# SPDX-License-Identifier: Apache-2.0
"""clientcert-check cert: fields, findings and variables, against what openssl, mod_ssl and the module itself say."""
import hashlib
import json
import re

import pytest
from harness import der, odd_names
from harness.check import BAD, GOOD, USAGE, Run
from harness.own_variables import expected
from harness.pki import openssl

INVALID = 5
SAN = ["email:alice@example.org", "email:a@example.org", "DNS:a.example.org", "URI:urn:a", "IP:192.0.2.1",
       "otherName:msUPN;UTF8:alice@corp.example"]


def cert(*arguments):
    return Run("cert", *arguments)


@pytest.fixture(scope="module")
def alice(pki):
    issuing = pki.ca.intermediate("/O=Test/CN=Issuing CA")
    # Not at the edge of a day: two programs tell how many remain.
    return issuing.client("/C=DE/O=garex AG/OU=Fun dept./OU=Second/CN=Alice", san=SAN, valid=("-1d", "+2000h"), extensions={
        "crlDistributionPoints": "URI:http://crl.example.org/ca.crl", "certificatePolicies": "1.2.3.4",
        "authorityInfoAccess": "OCSP;URI:http://ocsp.example.org/,caIssuers;URI:http://ca.example.org/ca.cer"})


@pytest.fixture(scope="module")
def server_says(server, pki, alice):
    """The environment of a script, where mod_ssl and the module tell all that they know."""
    server.configure("""
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient require
            SSLVerifyDepth 3
            SSLOptions +StdEnvVars +ExportCertData
            ClientCertEnv On
            ScriptAlias /cgi-bin/ ${root}/cgi-bin/
        </VirtualHost>
    """, modules="cgid alias")
    server.start()
    return json.loads(server.curl("/cgi-bin/seen", cert=alice).text)["env"]


def test_all_variables_are_those_of_the_server(server_says, pki, alice):
    seen = cert("--json", "--ca", pki.ca.cert, alice.chain)
    assert (seen.status, seen.err) == (GOOD, "")
    ours = {name: value for name, value in server_says.items() if name.startswith("CLIENTCERT_") and not name.endswith("_AUTH")}
    theirs = {name: value for name, value in server_says.items() if name.startswith("SSL_CLIENT_")}
    told = seen.json["variables"]
    assert len(ours) > 20 and {name: value for name, value in told.items() if name.startswith("CLIENTCERT_")} == ours
    assert len(theirs) > 20 and {name: told.get(name) for name in theirs} == theirs
    assert told["SSL_CLIENT_S_DN_OU_1"] == "Second"


@pytest.mark.parametrize("label", ["multi-valued RDNs", "BMPString", "uncommon attributes", "nothing at all"])
def test_variables_of_odd_names(server_says, server, pki, label):
    odd = odd_names.issue(pki, f"odd-{len(label)}", odd_names.NAMES[label], pki.ca, -2 ** 63,
                          f"{odd_names.LEAF}\nsubjectAltName={','.join(f'email:{i}@x,URI:urn:{i},IP:::{i}' for i in range(12))}")
    says = json.loads(server.curl("/cgi-bin/seen", cert=odd).text)["env"]
    theirs = {name: value.encode("latin-1").decode() for name, value in says.items() if re.match("SSL_CLIENT_|CLIENTCERT_", name)}
    for name in ("CLIENTCERT_AUTH", "SSL_CLIENT_V_REMAIN", "SSL_CLIENT_CERT_CHAIN_0"):  # the last is curl's doing
        theirs.pop(name, None)
    told = cert("--json", "--ca", pki.ca.cert, odd.cert).json["variables"]
    assert len(theirs) > 60 and {name: told.get(name, "") for name in theirs} == theirs
    assert {name for name in told if name.startswith("CLIENTCERT_")} == {name for name in theirs if name.startswith("CLIENTCERT_")}


def test_what_openssl_says(pki, alice):
    seen = cert("--json", alice.chain).json
    leaf, issuing = seen["certificates"]
    told = {f"CLIENTCERT_{name}": value for name, value in expected(alice).items()}
    for field, name in [("subject", "SUBJECT"), ("issuer", "ISSUER"), ("serial", "SERIAL"), ("sha256", "SHA256"),
                        ("spki_sha256", "SPKI_SHA256"), ("not_before", "NOT_BEFORE"), ("not_after", "NOT_AFTER")]:
        assert leaf[field] == told[f"CLIENTCERT_{name}"], field
    assert leaf["sha1"] == hashlib.sha1(alice.der).hexdigest()
    assert leaf["pem"] == openssl("x509", "-in", alice.cert).decode()
    assert leaf["alternative_names"] == ["email:alice@example.org", "email:a@example.org", "dns:a.example.org", "uri:urn:a",
                                         "ip:192.0.2.1", "upn:alice@corp.example"]
    assert leaf["key_usage"] == ["digitalSignature"] and "clientAuth" in leaf["extended_key_usage"]
    assert leaf["policies"] == ["1.2.3.4"] and leaf["crl_urls"] == ["http://crl.example.org/ca.crl"]
    assert leaf["ocsp_urls"] == ["http://ocsp.example.org/"] and leaf["issuer_urls"] == ["http://ca.example.org/ca.cer"]
    assert (leaf["key"], leaf["signature"], leaf["version"], leaf["ca"]) == ("EC prime256v1, 256 bits", "ecdsa-with-SHA256", "3", "no")
    text = openssl("x509", "-in", alice.cert, "-noout", "-ext", "subjectKeyIdentifier,authorityKeyIdentifier").decode()
    assert [key.replace(":", "").lower() for key in re.findall(r"[0-9A-F:]{59}", text)] == [leaf["subject_key"], leaf["authority_key"]]
    assert leaf["authority_key"] == issuing["subject_key"] and issuing["ca"].startswith("yes")
    assert (seen["verify"], seen["reason"], seen["findings"]) == (None, None, [])


def test_text_for_people(pki, alice):
    seen = cert(alice.chain, "--ca", pki.ca.cert)
    lines = seen.out.splitlines()
    assert lines[0] == f"{alice.chain}, certificate 1 of 2" and f"{alice.chain}, certificate 2 of 2" in lines
    for line in ["  subject             CN=Alice,OU=Second,OU=Fun dept.,O=garex AG,C=DE", "  verdict             SUCCESS",
                 "  alternative names   upn:alice@corp.example"]:
        assert line in lines
    assert re.search(r"^  CLIENTCERT_SAN_UPN +alice@corp\.example$", seen.out, re.M)
    assert re.search(r"^  SSL_CLIENT_CERT +\(\d+ octets of PEM; --json prints them\)$", seen.out, re.M)
    assert max(map(len, lines)) < 160 and "not known" in cert(alice.chain).out


def test_names_are_shown_as_they_are_read(pki, tmp_path):
    """And what nobody can read, or what leads readers astray, as its number; by map as well."""
    name = der.name(("O", "M\u00fcller & S\u00f6hne"), ("CN", "e\u0301 \u202e\u0085 \u03a9"))
    odd = odd_names.issue(pki, "shown", name, pki.ca, 2 ** 158)
    subject = "CN=e\u0301 \\u{202E}\\u{0085} \u03a9,O=M\u00fcller & S\u00f6hne"
    assert f"  subject             {subject}\n" in cert(odd.cert).out
    (tmp_path / "map").write_text("ClientCertMap m subject:CN .* u\n")
    assert Run("map", "-f", tmp_path / "map", odd.cert).out.startswith(subject + "\n")


def test_der(alice, tmp_path):
    path = tmp_path / "alice.cer"
    path.write_bytes(alice.der)
    assert cert("--json", path).json["certificates"] == cert("--json", alice.cert).json["certificates"]


def test_findings(pki, tmp_path):
    """What is found, and that nothing else is."""
    one = {
        "it has expired at": pki.ca.client("/CN=a", valid=("-9d", "-1d")),
        "it is not valid before": pki.ca.client("/CN=a", valid=("+1d", "+90d")),
        "it expires soon": pki.ca.client("/CN=a", valid=("-1d", "+9d")),
        "its key is weak (RSA, 1024 bits)": pki.ca.client("/CN=a", key="rsa1024"),
        "its signature is weak (ecdsa-with-SHA1)": pki.ca.client("/CN=a", digest="sha1"),
        "it is not meant for TLS clients": pki.ca.server("a.example.org"),
        "its serial number has more than 20": pki.ca.client("/CN=a", serial="7F" * 21),
    }
    for text, credential in one.items():
        seen = cert("--json", credential.cert)
        assert seen.status == BAD, text
        assert len(seen.json["findings"]) == 1 and seen.json["findings"][0].startswith(text), seen.out
    seen = cert("--json", pki.ca.cert)
    assert any("of a CA" in finding for finding in seen.json["findings"])
    wrong = tmp_path / "order.pem"
    wrong.write_text(pki.alice.cert.read_text() + pki.mallory.cert.read_text())
    assert cert("--json", wrong).json["findings"][0].startswith("certificate 2 of the file is not the issuer of certificate 1")


def test_a_certificate_that_is_not_good(pki):
    stranger = pki.authority("/CN=Strange CA").client("/CN=a")
    seen = cert("--json", stranger.cert, "--ca", pki.ca.cert)
    assert (seen.status, seen.json["verify"], seen.json["reason"]) == (INVALID, "FAILED", "unknown-issuer")
    assert "CLIENTCERT_SUBJECT" not in seen.json["variables"], "values of an unverified certificate are empty"
    assert "FAILED: unknown-issuer" in cert(stranger.cert, "--ca", pki.ca.cert).out


def test_arguments(pki, tmp_path):
    def complains(text, *arguments):
        cert(*arguments).only_says(USAGE, f" cert: {text} (clientcert-check cert --help tells more)")
    complains("one FILE is expected, not 0")
    complains("one FILE is expected, not 2", "a", "b")
    complains(f'--ca takes CA certificates in PEM: "{tmp_path}/none" cannot be opened: No such file or directory',
              pki.alice.cert, "--ca", tmp_path / "none")
    cert(tmp_path / "none").only_says(
        BAD, f' cert: cannot read certificates: "{tmp_path}/none" cannot be opened: No such file or directory')
    cert(tmp_path).only_says(
        BAD, f' cert: cannot read certificates: "{tmp_path}" is a directory: one of its files is expected')
    (tmp_path / "text").write_text("hello\n")
    cert(tmp_path / "text").only_says(BAD, f' cert: cannot read certificates: there is none in "{tmp_path}/text"')
    seen = cert("--help")
    assert seen.status == GOOD and seen.out.startswith("Usage: clientcert-check cert ")
    assert re.findall(r"^  (\d)  ", seen.out, re.M) == ["0", "1", "2", "5"] and max(map(len, seen.out.splitlines())) <= 100
