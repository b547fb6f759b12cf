# SPDX-License-Identifier: Apache-2.0
"""Every wrong value of a directive about proxies is an error at `httpd -t`: one line that names the directive, the value
and what would be right. So is a directive without the others that it needs."""
import pytest
from harness.complaint import complaint

HOST = "<VirtualHost *:1>\n{}\n</VirtualHost>"
NEEDS = {
    "ClientCertFrom": "ClientCertTrustedProxy 127.0.0.1\nClientCertCACertificateFile ${ca}\n",
    "ClientCertTrustedProxy": "ClientCertFrom nginx\nClientCertCACertificateFile ${ca}\n",
    "ClientCertCACertificateFile": "ClientCertFrom nginx\nClientCertTrustedProxy 127.0.0.1\n",
}
FORMATS = ("rfc9440", "xfcc", "nginx", "haproxy", "traefik", "aws")


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("ClientCertEnv Off", modules="headers proxy", ports="http")


GOOD = [
    *(f"ClientCertFrom {kind}" for kind in FORMATS), "ClientCertFrom xfcc hop=first", "ClientCertFrom xfcc hop=last",
    "ClientCertFrom nginx header=SSL_CLIENT_CERT", "ClientCertFrom aws header=X-Mine",
    "ClientCertFrom xfcc header=X-Mine hop=first", "ClientCertFrom xfcc hop=first header=X-Mine",
    "ClientCertTrustedProxy 192.0.2.10", "ClientCertTrustedProxy 192.0.2.0/24", "ClientCertTrustedProxy 2001:db8::1",
    "ClientCertTrustedProxy 2001:db8::/32 192.0.2.1 unix: ::1", "ClientCertTrustedProxy unix:",
    "ClientCertTrustedProxy 192.0.2.1/32 ::1/128", "ClientCertCACertificateFile ${ca}",
]


@pytest.mark.parametrize("line", GOOD)
@pytest.mark.parametrize("context", ["{}", HOST])
def test_what_is_right_is_accepted(server, line, context):
    checked = server.check(context.format(NEEDS[line.split()[0]] + line))
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


def test_proxies_add_up_and_the_host_inherits(server):
    for text in ("ClientCertTrustedProxy 127.0.0.1\nClientCertTrustedProxy ::1\nClientCertCACertificateFile ${ca}\n"
                 "ClientCertFrom rfc9440\n" + HOST.format("ClientCertTrustedProxy 192.0.2.1"),
                 NEEDS["ClientCertFrom"] + "ClientCertFrom rfc9440\n" + HOST.format("ClientCertFrom xfcc hop=first"),
                 HOST.format(NEEDS["ClientCertFrom"] + "ClientCertFrom rfc9440") + "\n" + HOST.format("")):
        checked = server.check(text)
        assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


@pytest.mark.parametrize("words, shown", [
    ("", ["rfc9440", "aws"]), ('""', ["rfc9440"]), ("tls", ['"tls"', *FORMATS]), ("none", ['"none"', "nginx"]),
    ("RFC9440", ['"RFC9440"', "rfc9440"]), ("f5", ['"f5"', "nginx"]), ("elb", ['"elb"']), ("webmux", ['"webmux"']),
    ("rfc9440 nginx", ['"nginx"', "header="]), ("nginx header", ['"header"', "header="]), ("nginx header=", ["header="]),
    ("nginx header=X:Y", ["header=", "X:Y"]), ("nginx 'header=X Y'", ["header=", "X Y"]), ("nginx header=Host", ["Host"]),
    ("nginx header=Connection", ["Connection"]), ("nginx header=X header=Y", ["header="]),
    ("nginx header=X\xe9", ["header="]), ("nginx Header=X", ["Header", "header="]), ("nginx hop=first", ["hop=", "xfcc"]),
    ("rfc9440 hop=last", ["hop=", "xfcc"]), ("xfcc hop=second", ["hop=second", "first"]), ("xfcc hop=", ["hop=", "first"]),
    ("xfcc hop=1", ["hop=1", "first"]), ("xfcc hop=first hop=last", ["hop="]), ("xfcc foo=bar", ["foo=bar", "hop="]),
    ("header=X nginx", ["header=X", "nginx"]),
])
def test_a_bad_format(server, words, shown):
    message = complaint(server, f"ClientCertFrom {words}")
    assert message.startswith("ClientCertFrom")
    for word in shown:
        assert word in message, message


@pytest.mark.parametrize("words, shown", [
    ("", "192.0.2.10"), ('""', "192.0.2.10"), ("localhost", "localhost"), ("proxy.example.org", "proxy.example.org"),
    ("*", "*"), ("192.0.2", "192.0.2"), ("192.0.2.", "192.0.2."),
    ("192.0.2.256", "192.0.2.256"), ("192.0.2.1/33", "192.0.2.1/33"),
    ("192.0.2.1/", "192.0.2.1/"), ("192.0.2.1/x", "192.0.2.1/x"), ("192.0.2.1/-1", "192.0.2.1/-1"),
    ("192.0.2.0/255.255.255.0", "192.0.2.0/255.255.255.0"), ("::1/129", "::1/129"), ("::g", "::g"), ("[::1]", "[::1]"),
    ("192.0.2.1:80", "192.0.2.1:80"), ("unix:/run/proxy.sock", "unix:/run/proxy.sock"), ("unix", '"unix"'),
    ("127.0.0.1 nonsense", "nonsense"), ("127.0.0.1,::1", "127.0.0.1,::1"), ("0x7f000001", "0x7f000001"),
    ("2130706433", "2130706433"), ("127.1", "127.1"), ("all", '"all"'),
])
def test_a_bad_proxy(server, words, shown):
    message = complaint(server, f"ClientCertTrustedProxy {words}")
    assert message.startswith("ClientCertTrustedProxy") and shown in message and "unix:" in message, message


def test_bad_authorities(server):
    server.page("bad/empty.pem", "")
    server.page("bad/text.pem", "no certificate\n")
    server.page("bad/torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    for path in ("/nonexistent/a.pem", *(f"{server.htdocs}/bad/{name}.pem" for name in ("empty", "text", "torn")),
                 f"{server.pki.server.key}"):
        for directive in "ClientCertCACertificateFile", "ClientCertCA":
            message = complaint(server, f"{directive} {path}")
            assert message.startswith(directive) and path in message, message
    for words in "", '""', "a b":
        assert complaint(server, f"ClientCertCACertificateFile {words}").startswith("ClientCertCACertificateFile")


LINES = {
    "ClientCertFrom nginx": "ClientCertTrustedProxy",
    "ClientCertFrom nginx\nClientCertCACertificateFile ${ca}": "ClientCertTrustedProxy",
    "ClientCertTrustedProxy 127.0.0.1": "ClientCertFrom",
    "ClientCertTrustedProxy 127.0.0.1\nClientCertCACertificateFile ${ca}": "ClientCertFrom",
    "ClientCertCACertificateFile ${ca}": "ClientCertFrom",
    "ClientCertFrom nginx\nClientCertTrustedProxy 127.0.0.1": "ClientCertCACertificateFile",
}


@pytest.mark.parametrize("lines", LINES)
def test_one_without_the_other(server, lines):
    for text in lines, HOST.format(lines):
        checked = server.check("# a comment\n" + text)
        assert checked.returncode == 1 and LINES[lines] in checked.stderr, checked.stderr
        assert "CC0006" in checked.stderr
        if text != lines:
            assert "checked-site.conf:2" in checked.stderr, checked.stderr


def test_a_server_that_lacks_one_does_not_start(server):
    server.write(HOST.format("ClientCertFrom nginx"))
    checked = server.check()
    assert checked.returncode == 1 and "ClientCertTrustedProxy" in checked.stderr


@pytest.mark.parametrize("line", ["ClientCertFrom nginx", "ClientCertTrustedProxy 127.0.0.1",
                                  "ClientCertCACertificateFile ${ca}"])
@pytest.mark.parametrize("context", ["<Location /x>\n{}\n</Location>", "<Directory />\n{}\n</Directory>",
                                     "<Files x>\n{}\n</Files>", "<If true>\n{}\n</If>", "<Proxy *>\n{}\n</Proxy>"])
def test_not_in_directories(server, line, context):
    checked = server.check(context.format(line))
    assert checked.returncode == 1 and f"{line.split()[0]} not allowed" in checked.stderr, checked.stderr


# -- passing on -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("words", ["rfc9440", "rfc9440 xfcc", "nginx oversize=omit", "webmux oversize=fail",
                                   "f5 elb aws traefik", "none"])
def test_formats_to_pass_on(server, words):
    checked = server.check(f"<Location /x>\nClientCertForward {words}\n</Location>")
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


@pytest.mark.parametrize("words, shown", [
    ("", ["rfc9440", "webmux"]), ("envoy", ['envoy', "xfcc"]), ("RFC9440", ["RFC9440", "rfc9440"]),
    ("rfc9440,nginx", ["rfc9440,nginx"]), ("none nginx", ["none"]), ("nginx none", ["none"]), ("nginx nginx", ["nginx"]),
    ("nginx oversize=cut", ["oversize=cut", "omit"]), ("nginx oversize=", ["oversize=", "fail"]),
    ("oversize=omit", ["oversize="]), ("oversize=omit nginx", ["oversize=omit"]),
    ("nginx oversize=omit oversize=fail", ["oversize"]), ("nginx haproxy", ["X-SSL-Client-Verify"]),
    ("nginx header=X", ["header=X"]),
])
def test_formats_that_cannot_be_passed_on(server, words, shown):
    message = complaint(server, f"ClientCertForward {words}")
    assert message.startswith("ClientCertForward")
    for word in shown:
        assert word in message, message
