# SPDX-License-Identifier: Apache-2.0
"""Every wrong value of a directive for revocation is an error at `httpd -t`: one line that names the
directive, the value, and what would be right."""
import pytest
from harness.complaint import ANYWHERE, complaint

HOST = "<VirtualHost *:1>\n{}\n</VirtualHost>"


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("ClientCertEnv Off", modules="headers proxy", ports="http")


GOOD = [
    "ClientCertCRL ${root}/a.crl", "ClientCertCRL ${root}/crls refresh=5s", "ClientCertCRL ${root} max-size=20M",
    "ClientCertCRL relative.crl", "ClientCertCRL http://pki.example.org/root.crl",
    "ClientCertCRL http://pki.example.org/root.crl refresh=1h timeout=20s max-size=20M",
    "ClientCertCRL https://pki.example.org:8443/a?b=c max-size=1G timeout=2min refresh=1d",
    "ClientCertCRL ldap://ldap.example.org/cn=CA,o=garex?certificateRevocationList;binary",
    "ClientCertCRL ldaps://ldap.example.org/cn=CA", "ClientCertCRL cdp refresh=1w",
    "ClientCertCRL http://[::1]:8080/a.crl", "ClientCertCRL http://127.0.0.1/a.crl max-size=512K",
    "ClientCertCRLPolicy scope=leaf", "ClientCertCRLPolicy scope=chain missing=deny expired=deny",
    "ClientCertCRLPolicy missing=allow", "ClientCertCRLPolicy expired=grace:3d scope=leaf",
    "ClientCertCRLPolicy expired=allow", "ClientCertCRLPolicy expired=grace:90min",
    "ClientCertCRLHosts pki.example.org", "ClientCertCRLHosts pki.example.org *.crl.example.net 10.1.2.0/24 10.1.2.3",
    "ClientCertCRLHosts 2001:db8::/32 ::1", "ClientCertCRLIssuer ${ca}", "ClientCertStateDir ${root}/state",
    "ClientCertRevokedConnections keep", "ClientCertRevokedConnections close",
]


@pytest.mark.parametrize("line", GOOD)
@pytest.mark.parametrize("context", [ANYWHERE, HOST])
def test_what_is_right_is_accepted(server, line, context):
    checked = server.check(context.format(line))
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


def test_several_lines_add_up(server):
    checked = server.check("\n".join(line for line in GOOD if line.split()[0] != "ClientCertStateDir"))
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


@pytest.mark.parametrize("words, shown", [
    ("", ["file", "URL"]), ('""', ["file", "URL"]),
    ("ftp://pki.example.org/a.crl", ['ftp://pki.example.org/a.crl', "http"]),
    ("http:///a.crl", ["http:///a.crl"]), ("http://", ['"http://"']), ("https://:80/x", ["https://:80/x"]),
    ("http://pki.example.org:x/", ["http://pki.example.org:x/"]),
    ("a.crl b.crl", ["b.crl", "refresh="]), ("a.crl foo=1", ["foo=1", "refresh="]), ("a.crl Refresh", ["Refresh", "refresh="]),
    ("a.crl refresh=", ["refresh"]), ("a.crl refresh=0", ["refresh", "0"]), ("a.crl refresh=0s", ["refresh", "0s"]),
    ("a.crl refresh=-1s", ["refresh", "-1s"]), ("a.crl refresh=x", ["refresh=", '"x"', "min"]),
    ("a.crl refresh=1x", ["refresh=", '"1x"', "min"]), ("a.crl refresh=1.5s", ["refresh=", '"1.5s"']),
    ("a.crl refresh=99999999999999999999s", ["99999999999999999999s"]), ("a.crl refresh=1s refresh=2s", ["refresh"]),
    ("a.crl timeout=0s", ["timeout"]), ("a.crl timeout=soon", ["timeout=", '"soon"', "min"]), ("cdp timeout=", ["timeout"]),
    ("a.crl max-size=0", ["max-size"]), ("a.crl max-size=big", ["max-size=", '"big"', "M"]), ("a.crl max-size=-1M", ["-1M"]),
    ("a.crl max-size=1T", ["1T", "G"]), ("a.crl max-size=99999999999G", ["99999999999G"]), ("a.crl max-size=", ["max-size"]),
])
def test_a_bad_source(server, words, shown):
    message = complaint(server, f"ClientCertCRL {words}")
    assert message.startswith("ClientCertCRL")
    for word in shown:
        assert word in message, message


@pytest.mark.parametrize("words, shown", [
    ("", ["scope=", "missing=", "expired="]), ("leaf", ['leaf', "scope="]), ("scope", ["scope", "leaf", "chain"]),
    ("scope=", ["scope", "leaf", "chain"]), ("scope=both", ["both", "leaf", "chain"]), ("scope=Leaf2", ["Leaf2", "chain"]),
    ("missing=maybe", ["maybe", "deny", "allow"]), ("missing=grace:3d", ["grace:3d", "deny", "allow"]),
    ("expired=never", ["never", "deny", "allow", "grace:"]), ("expired=grace", ["grace", "grace:"]),
    ("expired=grace:", ["grace:"]), ("expired=grace:x", ["grace:", '"x"', "min"]),
    ("expired=grace:-3d", ["-3d"]), ("expired=grace:3y", ["3y", "d"]), ("expired=grace:0", ["grace:", '"0"']),
    ("expired=grace:99999999999999999999d", ["99999999999999999999d"]),
    ("scope=leaf scope=chain", ["scope"]), ("missing=deny expired=deny missing=allow", ["missing"]),
    ("scope=leaf foo", ["foo", "scope="]), ("scope=leaf,missing=deny", ["leaf,missing=deny"]),
])
def test_a_bad_policy(server, words, shown):
    message = complaint(server, f"ClientCertCRLPolicy {words}")
    assert message.startswith("ClientCertCRLPolicy")
    for word in shown:
        assert word in message, message


@pytest.mark.parametrize("words, shown", [
    ("", "host"), ('""', "host"), ("http://pki.example.org/", "http://pki.example.org/"), ("a b/c", "b/c"),
    ("pki.example.org:80", "pki.example.org:80"), ("*", "*"), ("*.", "*."), ("a.*.example.org", "a.*.example.org"),
    ("*example.org", "*example.org"), ("10.0.0.0/33", "10.0.0.0/33"), ("10.0.0.0/x", "10.0.0.0/x"), ("10.0.0.0/", "10.0.0.0/"),
    ("::1/129", "::1/129"), ("a..b", "a..b"), ("a_b!", "a_b!"),
    ("good.example.org bad/", "bad/"), ("10.0.0.1/8", "10.0.0.1/8"), ("'a b'", "a b"),
])
def test_a_bad_host(server, words, shown):
    message = complaint(server, f"ClientCertCRLHosts {words}")
    assert message.startswith("ClientCertCRLHosts") and shown in message, message


def test_a_bad_issuer(server):
    server.page("issuer/empty.pem", "")
    server.page("issuer/text.pem", "no certificate\n")
    server.page("issuer/torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    for path in ("/nonexistent/a.pem", *(f"{server.htdocs}/issuer/{name}.pem" for name in ("empty", "text", "torn")),
                 f"{server.pki.server.key}"):
        message = complaint(server, f"ClientCertCRLIssuer {path}")
        assert message.startswith("ClientCertCRLIssuer") and path in message and "certificate" in message, message


@pytest.mark.parametrize("directive", ["ClientCertCRLIssuer", "ClientCertStateDir"])
@pytest.mark.parametrize("words", ["", '""', "a b"])
def test_not_one_path(server, directive, words):
    assert complaint(server, f"{directive} {words}").startswith(directive)


def test_two_state_directories(server):
    """There is one for the whole server."""
    text = "ClientCertCRL ${root}/a.crl\nClientCertStateDir ${root}/one\n"
    for context in ANYWHERE, HOST:
        checked = server.check(text + context.format("ClientCertStateDir ${root}/two"))
        assert checked.returncode == 1 and "ClientCertStateDir" in checked.stderr and "two" in checked.stderr
    checked = server.check(text + HOST.format("ClientCertStateDir ${root}/one"))
    assert checked.returncode == 0


@pytest.mark.parametrize("words, shown", [("", "keep"), ("maybe", '"maybe"'), ("On", '"On"'), ("keep close", "close"), ('""', "keep")])
def test_anything_but_keep_or_close(server, words, shown):
    message = complaint(server, f"ClientCertRevokedConnections {words}")
    assert message.startswith("ClientCertRevokedConnections") and "keep" in message and "close" in message
    assert shown in message


LINES = ["ClientCertCRL a.crl", "ClientCertCRLPolicy scope=leaf", "ClientCertCRLHosts a.example.org", "ClientCertCRLIssuer ${ca}",
         "ClientCertStateDir ${root}/state", "ClientCertRevokedConnections keep"]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("context", ["<Location /x>\n{}\n</Location>", "<Directory />\n{}\n</Directory>", "<Files x>\n{}\n</Files>",
                                     "<If true>\n{}\n</If>", "<Proxy *>\n{}\n</Proxy>", "<Location /x>\n<Limit GET>\n{}\n</Limit>\n</Location>"])
def test_not_in_directories(server, line, context):
    checked = server.check(context.format(line))
    assert checked.returncode == 1 and f"{line.split()[0]} not allowed" in checked.stderr, checked.stderr


def test_not_in_htaccess(server):
    server.configure("""
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional
            <Directory ${htdocs}>
                AllowOverride All
                ClientCertEnv On
            </Directory>
        </VirtualHost>
    """, ports="https")
    for number, line in enumerate(LINES):
        server.htaccess(f"d{number}", line + "\n")
    server.start()
    for number, line in enumerate(LINES):
        assert server.status(f"/d{number}/index.html") == 500
        assert f"{line.split()[0]} not allowed here" in server.expect_log(f"d{number}/.htaccess")
