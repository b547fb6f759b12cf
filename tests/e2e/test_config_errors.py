# SPDX-License-Identifier: Apache-2.0
"""Every wrong value is an error at `httpd -t`: one line that names the directive, the value, and
what would be right."""
import pytest
from harness.complaint import ANYWHERE, complaint

LOCATION = "<Location /x>\n{}\n</Location>"
HEX = "0123456789abcdef" * 4


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("ClientCertEnv Off", modules="headers rewrite setenvif proxy", ports="http")


GOOD = [
    'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{CLIENTCERT_SAN_EMAIL_12} ne ""',
    "ClientCertRequire 'x' in clientcert('subject:2.5.4.3')", "ClientCertEnv on", "ClientCertEnv OFF",
    'ClientCertHeader X-A "%{SSL_CLIENT_S_DN}"', "ClientCertHeader X-A unset", "ClientCertHeader X_A.b UNSET",
    "ClientCertForward rfc9440", "ClientCertForward none",
]


@pytest.mark.parametrize("context", [ANYWHERE, LOCATION, "<Directory />\n{}\n</Directory>",
                                     "<VirtualHost *:1>\n{}\n</VirtualHost>", "<Files x>\n{}\n</Files>",
                                     "<If true>\n{}\n</If>", "<Proxy *>\n{}\n</Proxy>"])
def test_what_is_right_is_accepted_wherever_it_may_stand(server, context):
    checked = server.check(context.format("\n".join(GOOD)))
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


REQUIRED = [
    "Require clientcert", "Require not clientcert", 'Require clientcert-expr %{SSL_CLIENT_S_DN_O} in {"garex AG"}',
    'Require clientcert-dn "CN=Alice,O=garex AG"', "Require clientcert-dn CN=Alice,O=garex AG",
    'Require clientcert-issuer "CN=a\\\\, b"', "Require clientcert-san email:*@example.org dns:*.example.org ip:::1",
    f"Require clientcert-fingerprint sha256:{HEX} sha256:{HEX.upper()}",
    "Require clientcert-fingerprint sha256:" + ":".join([HEX[i:i + 2] for i in range(0, 64, 2)]),
]


def test_require_lines_that_are_right_are_accepted(server):
    lines = "\n".join(REQUIRED)
    checked = server.check(f"<Location />\n<RequireAll>\nRequire all granted\n{lines}\n</RequireAll>\n</Location>")
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


@pytest.mark.parametrize("expression, words", [
    ("", ["an expression"]), ('""', ["an expression"]), ("%{SSL_CLIENT_S_DN_O} eq", ["syntax error"]),
    ('%{SSL_CLIENT_S_DN_O} eq "garex AG', ["Unterminated"]), ('%{SSL_CLIENT_S_DN_O eq "x"', ["variable name"]),
    ("%{SSL_CLIENT_S_DN_O} = 'x' or", ["syntax error"]),
    ("%{SSL_CLIENT_S_DN_O} =~ m/(/", ["regular expression"]), ("(true", ["syntax error"]),
    ("%{NO_SUCH} eq 'x'", ["'NO_SUCH'"]), ("nofunction('x') eq 'x'", ["'nofunction'"]),
    ("'x' in nofunction('x')", ["'nofunction'"]), ("'x' -nop 'y'", ["'-nop'"]), ("-Q 'x'", ["'-Q'"]),
    ("clientcert('eku')", ["clientcert"]), ("'x' in PeerExtList", ["syntax error"]),
])
@pytest.mark.parametrize("directive", ["ClientCertRequire", "Require clientcert-expr"])
def test_a_bad_expression(server, directive, expression, words):
    message = complaint(server, f"{directive} {expression}", LOCATION)
    assert message.startswith(directive)
    for word in [expression, "expression", *words]:
        assert word in message


def test_an_expression_in_quotes_as_a_whole(server):
    """As with SSLRequire; `Require clientcert-expr` takes it as `Require expr` does."""
    whole = "\"%{SSL_CLIENT_S_DN_O} == 'garex AG'\""
    assert whole in complaint(server, f"ClientCertRequire {whole}")
    assert server.check(LOCATION.format(f"Require clientcert-expr {whole}")).returncode == 0


@pytest.mark.parametrize("name", ["SSL_CLIENT_S_DN_FOO", "SSL_CLIENT_FOO", "SSL_CLIENT_S_DN_CN_x", "SSL_CLIENT_SAN_Email_",
                                  "SSL_CLIENT_SAN_FAX_0", "CLIENTCERT_FOO", "CLIENTCERT_SAN_EMAIL_x", "CLIENTCERT_",
                                  "SSL_CLIENT_"])
@pytest.mark.parametrize("line", ['ClientCertRequire %{{{}}} eq "x"', 'Require clientcert-expr %{{{}}} eq "x"',
                                  'ClientCertHeader X-A "a %{{{}}} b"'])
def test_an_unknown_variable(server, line, name):
    """mod_ssl itself takes any SSL_CLIENT_ name for an empty value: a rule nobody fulfils, or everybody."""
    message = complaint(server, line.format(name), LOCATION)
    for word in (" ".join(line.split()[:1]), f"'{name}'", "docs/directives.md"):
        assert word in message


@pytest.mark.parametrize("line", ["RewriteCond expr \"%{CLIENTCERT_FOO} == 'x'\"", 'Header set X "expr=%{CLIENTCERT_FOO}"',
                                  "SetEnvIfExpr \"%{CLIENTCERT_FOO} == 'x'\" Y"])
def test_an_unknown_variable_of_ours_in_the_directive_of_another_module(server, line):
    assert "'CLIENTCERT_FOO'" in complaint(server, line)


@pytest.mark.parametrize("selector, words", [
    ("foo", ["san:TYPE", "subject:ATTRIBUTE", "eku"]), ("", ["san:TYPE", "eku"]), ("san", ['"san"', "san:TYPE"]),
    ("san:foo", ['"foo"', "email, dns, uri, ip, upn and dirname"]), ("subject:FOO", ['"FOO"', "OID"]), ("subject:", ["OID"]),
    ("subject:1.2.x", ['"1.2.x"', "OID"]), ("issuer", ['"issuer"', "issuer:ATTRIBUTE"]), ("EKU", ['"EKU"', "eku"]),
    ("eku:x", ['"eku:x"', "eku"]), ("san:email:x", ['"email:x"']),
])
def test_an_unknown_selector(server, selector, words):
    for directive in ("ClientCertRequire", "Require clientcert-expr"):
        message = complaint(server, f"{directive} 'x' in clientcert('{selector}')", LOCATION)
        for word in [directive, f"clientcert('{selector}')", *words]:
            assert word in message
    assert words[0] in complaint(server, f"Require expr \"'x' in clientcert('{selector}')\"", LOCATION)


# -- ClientCertHeader ------------------------------------------------------------------------------

@pytest.mark.parametrize("name, shown", [
    ('"X A"', "X A"), ("X-A:", "X-A:"), ('"X-A\rB"', "X-A"), ('"X\x01A"', "X"), ("X\x7fA", "X"), ('"X\u00e4"', "X"),
    ("X/A", "X/A"), ("X(A)", "X(A)"), ("X,A", "X,A"), ("'X\"A'", 'X"A'), ("-X", "-X"), ("_X", "_X"),
])
def test_a_header_name_that_is_none(server, name, shown):
    for value in ('"%{SSL_CLIENT_S_DN}"', "unset"):
        message = complaint(server, f"ClientCertHeader {name} {value}")
        assert message.startswith("ClientCertHeader takes the name of a request header")
        assert shown in message


@pytest.mark.parametrize("name", ["Content-Length", "content_length", "CONTENT.LENGTH", "Connection", "Host", "Transfer-Encoding",
                                  "TE", "Trailer", "Upgrade", "Keep-Alive", "Expect", "Proxy-Connection", "Content-Type"])
def test_the_name_of_a_header_that_frames_the_message(server, name):
    message = complaint(server, f'ClientCertHeader {name} "%{{SSL_CLIENT_S_DN}}"')
    assert message.startswith("ClientCertHeader") and f'"{name}"' in message and "frames" in message


@pytest.mark.parametrize("words", ["", "X-A", 'X-A "b" c', '"" "x"', 'X-A ""'])
def test_a_header_with_too_few_or_too_many_words(server, words):
    message = complaint(server, f"ClientCertHeader {words}")
    assert message.startswith("ClientCertHeader takes") and "request header" in message and "unset" in message


@pytest.mark.parametrize("form", ["%{SSL_CLIENT_S_DN", "%{SSL_CLIENT_S_DN x}", "%{NOPE}", "%{nofunction:x}"])
def test_a_bad_format(server, form):
    message = complaint(server, f'ClientCertHeader X-A "{form}"')
    assert message.startswith("ClientCertHeader takes") and form in message and "%{SSL_CLIENT_S_DN}" in message


@pytest.mark.parametrize("form", ["a\rb", "a\x01b", "\x7f"])
def test_a_format_with_a_control_character(server, form):
    """No request could ever be sent with it."""
    assert complaint(server, f'ClientCertHeader X-A "{form}"').startswith("ClientCertHeader")


# -- ClientCertForward and ClientCertEnv -------------------------------------------------------------

@pytest.mark.parametrize("words, shown", [
    ("", ""), ("nope", '"nope"'), ("rfc9440 nope", '"rfc9440 nope"'), ("none rfc9440", "none"), ("rfc9440 none", "none"),
    ("none none", "none"), ("rfc-9440", '"rfc-9440"'), ('"rfc9440 none"', '"rfc9440 none"'), ("x\ry", "x"),
])
def test_an_unknown_format_or_none(server, words, shown):
    message = complaint(server, f"ClientCertForward {words}")
    assert message.startswith("ClientCertForward takes") and "rfc9440" in message and "none" in message
    assert shown in message


@pytest.mark.parametrize("words, shown", [("Maybe", "Maybe"), ("", ""), ("On Off", "Off"), ("1", "1")])
def test_anything_but_on_or_off(server, words, shown):
    message = complaint(server, f"ClientCertEnv {words}")
    assert message.startswith("ClientCertEnv") and "On or Off" in message
    assert shown in message.replace("On or Off", "")


# -- Require lines -----------------------------------------------------------------------------------

@pytest.mark.parametrize("line, words", [
    ("clientcert extra", ["'extra'", "no arguments"]), ("clientcert-expr", ["an expression"]),
    *[(f"{kind}{text}", words) for kind in ("clientcert-dn", "clientcert-issuer") for text, words in [
        ("", ["distinguished name", "CN=Alice"]), (' ""', ["distinguished name", "CN=Alice"]),
        (' "foo"', ["distinguished name", "RFC 4514", "'='"]), (' "FOO=x"', ['"FOO"', "attribute type"]),
        (' "/CN=a/O=b"', ['"/CN"', "attribute type"]), (' "CN=a,"', ["RFC 4514"]), (' "CN=a;O=b"', ['";"', "unescaped"]),
        (' "CN=a" "CN=b"', ["one distinguished name"]), (' "CN=#zz"', ["hexadecimal"]), (' "CN=a\\\\z"', ["backslash"])]],
    ("clientcert-san", ["TYPE:VALUE", "email:"]), ("clientcert-san alice@example.org", ["no type", "email:alice"]),
    ("clientcert-san foo:bar", ['"foo"', "email, dns, uri, ip and upn"]), ("clientcert-san DNS:a", ['"DNS"', "dns"]),
    ("clientcert-san email:", ['"email:"', "no value"]), ("clientcert-san email:a*b", ['"email:a*b"', "first character"]),
    ("clientcert-san dns:*.*", ['"dns:*.*"', "first character"]), ("clientcert-san dns:a.*", ["first character"]),
    ("clientcert-san ip:300.1.1.1", ['"ip:300.1.1.1"', "IPv4 or IPv6"]), ("clientcert-san ip:10.0.0.0/8", ["IPv4 or IPv6"]),
    ("clientcert-san ip:*", ["IPv4 or IPv6"]), ("clientcert-san email:a@b foo", ['"foo"', "no type"]),
    ("clientcert-fingerprint", ["sha256:"]), ("clientcert-fingerprint sha256:00", ["'sha256:00'", "64"]),
    ("clientcert-fingerprint sha1:" + HEX[:40], ["sha1", "sha256:"]), (f"clientcert-fingerprint {HEX}", ["sha256:"]),
    (f"clientcert-fingerprint sha256:{HEX}00", ["64"]), (f"clientcert-fingerprint sha256:{HEX[:-1]}g", ["64"]),
    (f"clientcert-fingerprint sha256:{HEX} sha256:", ["'sha256:'"]), (f"clientcert-fingerprint sha256: {HEX}", ["'sha256:'"]),
])
def test_a_bad_require_line(server, line, words):
    message = complaint(server, f"Require {line}", LOCATION)
    assert message.startswith(f"Require {line}")
    for word in words:
        assert word in message


def test_an_unknown_require_line(server):
    assert "clientcert-foo" in complaint(server, "Require clientcert-foo", LOCATION)


# -- places where they cannot stand --------------------------------------------------------------

@pytest.mark.parametrize("line", ["ClientCertEnv On", 'ClientCertHeader X-A "b"', "ClientCertForward none"])
def test_what_is_no_rule_cannot_stand_among_require_lines(server, line):
    checked = server.check(f"<Location />\n<RequireAny>\n{line}\n</RequireAny>\n</Location>")
    assert checked.returncode == 1 and f"{line.split()[0]} not allowed in <RequireAny>" in checked.stderr


@pytest.mark.parametrize("line", ["Require clientcert", 'Require clientcert-dn "CN=a"'])
def test_require_lines_stand_in_directories_only(server, line):
    assert "not allowed here" in complaint(server, line)
