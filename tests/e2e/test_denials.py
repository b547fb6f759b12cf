# SPDX-License-Identifier: Apache-2.0
"""The line in the error log that tells why: shown with the default LogLevel, complete, and such that
nothing that a client sends or a certificate contains passes for a line or a field of it."""
import re

import pytest
from harness import der
from harness.denial import denial, denials
from harness.waiting import wait_until

SITE = r"""
LogLevel warn
Protocols h2 http/1.1
CustomLog logs/reasons "%r %>s %{CLIENTCERT_VERIFY}e %{CLIENTCERT_REASON}e"
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional_no_ca
    FallbackResource /index.html
    AllowEncodedSlashes NoDecode
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_S_DN_OU} in {"Fun dept."}
    </Location>
    <Location /either>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" or %{SSL_CLIENT_S_DN_OU} eq "x" \
            or "clientAuth" in {"x"} or 'boss@example.org' in clientcert('san:email')
    </Location>
    <Location /quotes>
        ClientCertRequire %{SSL_CLIENT_S_DN_CN} eq 'it\'s "quoted" \\ here' or %{SSL_CLIENT_S_DN_CN} =~ m/^"[^']\\/
    </Location>
    <Location /all>
        ClientCertRequire "x" in {%{SSL_CLIENT_S_DN}, %{SSL_CLIENT_S_DN_CN}, %{SSL_CLIENT_S_DN_OU_1}} \
            or 'x' in clientcert('subject:OU') or 'x' in clientcert('san:email') or %{CLIENTCERT_SUBJECT} eq 'x' \
            or %{SSL_CLIENT_S_DN_CN_RAW} eq 'x'
    </Location>
    <Location /request>
        ClientCertRequire %{HTTP_USER_AGENT} eq "x" or %{HTTP:X-Any} eq "x" or %{QUERY_STRING} eq "x" \
            or %{REQUEST_URI} eq "x" or %{REMOTE_ADDR} eq "x"
    </Location>
    <Location /chosen>
        ClientCertRequire %{HTTP:%{HTTP:X-Name}} eq "x" or req(%{HTTP:X-Name}) eq "x" or env(%{HTTP:X-Name}) eq "x"
    </Location>
    <Location /secrets>
        ClientCertRequire %{HTTP:Authorization} eq "x" or %{HTTP_COOKIE} eq "x" or req('cookie') eq "x" \
            or http('Proxy-Authorization') eq "x" or req_novary('COOKIE') eq "x" or %{HTTP:cOOkie} eq "x" \
            or "x" in {%{HTTP_COOKIE}} or "%{HTTP:Authorization}" =~ m/^x/ or base64(%{HTTP:Cookie}) eq "x"
    </Location>
    <Location /secrets-required>
        Require clientcert-expr %{HTTP:Authorization} == "x" || %{HTTP_COOKIE} == "x" || req('cookie') == "x"
    </Location>
    <Location /late>
        ClientCertRequire %{REMOTE_ADDR} -ipmatch '192.0.2.0/24' and %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
    <Location /failing>
        ClientCertRequire "x" in clientcert(%{HTTP:X-Name})
    </Location>
    <Location /require>
        Require clientcert-dn "CN=Bob\\, Jr.,O=garex AG"
        Require clientcert-san email:bob@example.org
        Require clientcert-expr %{SSL_CLIENT_S_DN_O} =~ m/"never"/
    </Location>
</VirtualHost>
"""
NASTY = '\'"\\ x" serial=00 issuer="CN=Forged" subject="CN=Forged" reason=none, values={} CC0101: access to "/x" denied'
ODD = {
    "quotes": der.name(("O", NASTY), ("CN", "'"), ("OU", '"'), ("OU", '\\')),
    "lines": der.name(("O", "a\n[x] [clientcert:error] CC0101: access to \"/forged\" denied: reason=none"), ("CN", "b\r\nc")),
    "controls": der.name(("O", bytes(range(1, 32)) + b"\x7f"), ("CN", "\x1b[31mred\x1b[0m"), ("OU", "tab\there")),
    "nul": der.name(("O", b"garex AG\0.evil"), ("CN", b"\0")),
    "unicode": der.name(("O", "M\u00fcller \u03a9 \U0001f600"), ("CN", "\u202eevil\u2028line"), ("OU", "\x85next")),
    "old": der.name(("O", "M\u00fcller", "T61"), ("CN", "\u03a9", "BMP"), ("OU", b"\xff\xfe", "T61")),
    "percent": der.name(("O", "%s%n%{x}e"), ("CN", "${root} `id` $(id)")),
    "empty": der.name(("O", ""), ("CN", "")),
}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(SITE, modules="http2 dir setenvif")
    server.start()
    server.allow_log("AH01630", always=True)  # what mod_authz_core says to Require lines


@pytest.fixture(scope="module")
def odd(pki):
    return {name: pki.ca.client(subject) for name, subject in ODD.items()}


def rule_of(server, location):
    """The text of the rule, and where it stands: at the last of its lines."""
    lines = server.site.read_text().splitlines()
    at = lines.index(f"    <Location {location}>") + 1
    text = lines[at].split(None, 1)[1]
    while text.endswith("\\"):
        at += 1
        text = text[:-1] + lines[at]
    return text, f"{server.site}:{at + 1}"


def test_a_denial_tells_everything_in_one_line(server, pki):
    bob = pki.ca.client("/O=garex AG/OU=Other/CN=Bob", serial="0A")
    assert server.status("/rule/page?secret=1", cert=bob) == 403
    found = denial(server)
    text, at = rule_of(server, "/rule")
    assert (found.level, found.client, found.uri) == ("error", "127.0.0.1", "/rule/page")
    assert (found.reason, found.verify) == ("rule", "SUCCESS")
    assert (found.rule.text, found.rule.at, found.rule.error) == (text, at, None)
    assert found.rule.values == {"SSL_CLIENT_S_DN_O": "garex AG", "SSL_CLIENT_S_DN_OU": "Other"}
    assert (found.serial, found.issuer, found.subject) == ("0A", "CN=Test CA,O=Test", "CN=Bob,OU=Other,O=garex AG")


def test_without_a_certificate_none_is_named(server):
    assert server.status("/rule") == 403
    found = denial(server)
    assert (found.reason, found.verify, found.serial, found.issuer, found.subject) == ("rule", "NONE", None, None, None)


def test_a_certificate_that_is_not_valid_is_the_reason_itself(server, pki):
    stranger = pki.authority("/CN=Elsewhere").client("/O=garex AG/OU=Fun dept./CN=Eve")
    for path in ("/rule", "/require"):
        assert server.status(path, cert=stranger) == 403
    for found in denials(server, 2):
        assert (found.reason, found.verify) == ("unknown-issuer", "FAILED")
        assert (found.issuer, found.subject) == ("CN=Elsewhere", "CN=Eve,OU=Fun dept.,O=garex AG")


def test_only_what_was_looked_at_is_told(server, pki):
    for path in ("/rule", "/late", "/either"):
        assert server.status(path, cert=pki.mallory) == 403
    first, late, either = (found.rule.values for found in denials(server, 3))
    assert first == {"SSL_CLIENT_S_DN_O": "Evil"}
    assert late == {"REMOTE_ADDR": "127.0.0.1"}
    assert either == {"SSL_CLIENT_S_DN_O": "Evil", "SSL_CLIENT_S_DN_OU": "", "clientcert('san:email')": ""}


def test_quotes_in_the_rule_are_told_as_written(server, pki):
    assert server.status("/quotes", cert=pki.mallory) == 403
    assert denial(server).rule.text == rule_of(server, "/quotes")[0]


def test_each_require_line_is_told_as_written(server, pki):
    assert server.status("/require", cert=pki.alice) == 403
    rules = denial(server).rules
    lines = [line.strip() for line in server.site.read_text().splitlines()]
    at = lines.index("<Location /require>") + 1
    assert [(rule.text, rule.at) for rule in rules] == [(lines[i], f"{server.site}:{i + 1}") for i in range(at, at + 3)]
    assert [rule.values for rule in rules] == [{"CLIENTCERT_SUBJECT": "CN=Alice,OU=Fun dept.,O=garex AG"},
                                               {"san": "alice@example.org"}, {"SSL_CLIENT_S_DN_O": "garex AG"}]


def test_a_rule_that_cannot_be_evaluated_says_why(server, pki):
    server.allow_log("Evaluation of expression from .* failed")  # ap_expr's own line
    assert server.curl("/failing", cert=pki.alice, headers={"X-Name": 'f"oo'}).status == 403
    found = denial(server)
    assert found.reason == "error"
    assert "san:TYPE" in found.rule.error and "f\"oo" in found.rule.error.replace("\\", "")


# -- what stands in certificates ----------------------------------------------------------------------

@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("path", ["/all", "/rule", "/require"])
def test_no_name_in_a_certificate_forges_a_field_or_a_line(server, odd, name, path):
    before = len(server.log().splitlines())
    with server.tls(odd[name]) as connection:
        assert connection.get(path).status == 403
    found = denial(server)
    assert (found.uri, found.reason, found.serial, found.issuer) == (path, "rule", odd[name].serial, "CN=Test CA,O=Test")
    assert [rule.at.partition(":")[0] for rule in found.rules] == [str(server.site)] * len(found.rules)
    assert not re.search(r"[\x00-\x1f\x7f]", found.subject)
    new = server.log().splitlines()[before:]
    assert all(re.match(r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:.]+ \d{4}\] \[(clientcert|authz_core):error\]", line)
               for line in new), new


def test_a_value_is_told_as_it_is(server, odd):
    """In a variable of mod_ssl a backslash before a backslash is part of the value."""
    for name in ("quotes", "percent", "unicode"):
        assert server.status("/rule", cert=odd[name]) == 403
    told = [found.rule.values["SSL_CLIENT_S_DN_O"] for found in denials(server, 3)]
    assert told == [NASTY.replace("\\", "\\\\"), "%s%n%{x}e", "M\u00fcller \u03a9 \U0001f600"]


def test_hundreds_of_attributes_leave_room_for_the_rest(server, pki):
    many = pki.ca.client(der.name(*[("OU", f"unit {i} {NASTY}") for i in range(300)], ("O", "x" * 60)))
    server.allow_log("AH01875")  # mod_ssl does not store such a session
    for path in ("/all", "/rule"):
        assert server.status(path, cert=many) == 403
    for found in denials(server, 2):
        assert (found.serial, found.issuer) == (many.serial, "CN=Test CA,O=Test")


# -- what stands in requests --------------------------------------------------------------------------

@pytest.mark.parametrize("path, uri", [
    ("/rule/%0a[x]%20CC0101:%20access", "/rule/\n[x] CC0101: access"), ("/rule/%0d%0aforged", "/rule/\r\nforged"),
    ("/rule/%22%20denied:%20reason=none%20serial=00", '/rule/" denied: reason=none serial=00'), ("/rule/%27", "/rule/'"),
    ("/rule/%27%22%5c", "/rule/'\"\\"), ("/rule/%1b[31m", "/rule/\x1b[31m"), ("/rule/%c3%a9", "/rule/\u00e9"),
    ("/rule/%5c%22", '/rule/\\"'), ("/rule/%5cx41", "/rule/\\x41"), ("/rule/%5c%5c", "/rule/\\\\"),
])
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_no_url_forges_a_field_or_a_line(server, pki, path, uri, http):
    assert server.status(path, "--globoff", cert=pki.mallory, http=http) == 403
    found = denial(server)
    assert (found.uri, found.reason, found.serial) == (uri, "rule", pki.mallory.serial)
    assert found.rule.text == rule_of(server, "/rule")[0]


@pytest.mark.parametrize("value", [NASTY, "'", '"', "\\", '\\"', "\xff\xfe\x80", "a\tb", "%0a", "x" * 100])
def test_no_header_forges_a_field_or_a_line(server, pki, value):
    with server.tls(pki.mallory) as connection:
        headers = {"User-Agent": value, "X-Any": value, "Referer": value}
        assert connection.get("/request?" + "%0a%22%20serial=00", headers).status == 403
    found = denial(server)
    told = [found.rule.values[name].encode("utf-8", "surrogateescape").decode("latin-1")
            for name in ("HTTP_USER_AGENT", "HTTP:X-Any")]
    assert told == [value, value]
    assert found.rule.values["QUERY_STRING"] == "%0a%22%20serial=00"
    assert (found.serial, found.subject) == (pki.mallory.serial, "CN=Mallory,O=Evil")


@pytest.mark.parametrize("name", ["X-Plain", 'a="x"} serial=00 issuer="CN=Forged" subject="CN=Forged', "a b", "a=b", '"', ","])
def test_no_name_that_a_client_chose_forges_a_field(server, pki, name):
    """The name of a header that a rule looks at may come from the request itself."""
    with server.tls(pki.mallory) as connection:
        assert connection.get("/chosen", {"X-Name": name}).status == 403
    found = denial(server)
    assert (found.serial, found.issuer, found.subject) == (pki.mallory.serial, "CN=Test CA,O=Test", "CN=Mallory,O=Evil")
    assert set(found.rule.values) == {"HTTP:X-Name", f"HTTP:{name}", f"req:{name}", f"env:{name}"}


@pytest.mark.parametrize("path, headers", [
    ("/rule/" + "%01" * 2600, {}), ("/rule/" + "%ff" * 2600, {}), ("/request?" + "q" * 8000, {}),
    ("/request", {"User-Agent": "u" * 8000}), ("/request", {"User-Agent": "\xff" * 3000, "X-Any": "\\" * 3000}),
], ids=["controls", "bytes", "query", "header", "two headers"])
def test_nothing_long_pushes_the_rest_out_of_the_line(server, pki, path, headers):
    """httpd cuts a line of the error log at 8 KB."""
    with server.tls(pki.mallory) as connection:
        assert connection.get(path, headers).status == 403
    found = denial(server)
    assert (found.reason, found.serial, found.subject) == ("rule", pki.mallory.serial, "CN=Mallory,O=Evil")
    assert found.rule.at == rule_of(server, path[:5] if path.startswith("/rule") else "/request")[1]


@pytest.mark.parametrize("path", ["/secrets", "/secrets-required"])
def test_credentials_are_never_logged(server, pki, path):
    secrets = {"Authorization": "Basic c2VjcmV0OjE=", "Cookie": "session=c2VjcmV0OjI=", "Proxy-Authorization": "Bearer c2VjcmV0OjM="}
    assert server.curl(path, cert=pki.alice, headers=secrets).status == 403
    found = denial(server)
    assert "HTTP:Authorization" in found.rule.values
    assert "c2VjcmV0" not in server.log()


def test_that_there_are_no_credentials_is_told(server, pki):
    assert server.status("/secrets", cert=pki.alice) == 403
    assert all(set(told) <= {""} for told in denial(server).rule.values.values())


# -- the access log -----------------------------------------------------------------------------------

def test_the_reason_stands_in_the_access_log_too(server, pki):
    stranger = pki.authority("/CN=Elsewhere").client()
    for path, cert in (("/rule/1", pki.mallory), ("/require/2", pki.alice), ("/rule/3", None), ("/rule/4", stranger),
                       ("/5", pki.alice), ("/6", None)):
        server.status(path, cert=cert)
    denials(server, 4)
    log = server.root / "logs" / "reasons"
    wait_until(lambda: "/6 " in log.read_text(), "the last line in the access log")
    lines = re.findall(r"GET (/(?:rule/|require/)?\d) HTTP/1.1 (.*)", log.read_text())
    assert lines == [("/rule/1", "403 SUCCESS rule"), ("/require/2", "403 SUCCESS rule"), ("/rule/3", "403 NONE rule"),
                     ("/rule/4", "403 FAILED unknown-issuer"), ("/5", "200 SUCCESS none"), ("/6", "200 NONE none")]
