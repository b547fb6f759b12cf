# SPDX-License-Identifier: Apache-2.0
"""ClientCertExplain off|log: the line in the error log by the grammar of docs/operations.md, read by a parser that
knows nothing else; that it is whole whatever is in it; what is never in it; the number that mod_unique_id gives."""
import hashlib
import re

import pytest

SITE = r"""
TypesConfig /dev/null
LogLevel warn
Protocols h2 http/1.1
CustomLog logs/numbers "%{UNIQUE_ID}e %U %{CLIENTCERT_REASON}e"
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional_no_ca
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
    Options +Includes
    <LocationMatch "^/(log|off|page)/">
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{HTTP_USER_AGENT} ne 'it\'s "x"'
    </LocationMatch>
    <LocationMatch "^/(require|off-require)/">
        Require clientcert-dn "CN=Nobody"
        Require clientcert-expr %{HTTP:X-Any} eq "x"
    </LocationMatch>
    <Location /no-user>
        AuthType ClientCert
        AuthName x
        Require valid-user
        ClientCertUser san:upn
    </Location>
    <Location /off-no-user>
        AuthType ClientCert
        AuthName x
        Require valid-user
        ClientCertUser san:upn
        ClientCertExplain off
    </Location>
    <Location /long/rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} in {LONG} and %{HTTP_USER_AGENT} eq "x"
    </Location>
    <Location /long/values>
        ClientCertRequire VALUES
    </Location>
    <Location /long/lines>
        LINES
    </Location>
    <LocationMatch "^/off">
        ClientCertExplain Off
    </LocationMatch>
    <Location /off/log>
        ClientCertExplain log
    </Location>
    <Location /page>
        ClientCertExplain page
    </Location>
    <Location /secrets>
        ClientCertRequire %{HTTP:Authorization} eq "x" or %{HTTP_COOKIE} eq "x" or req('X-Api-Key') eq "x" \
            or %{HTTP:X-Auth-Token} eq "x" or env('DB_PASSWORD') eq "x" or %{HTTP:Client_Secret} eq "x" \
            or req('X-Access-Key') eq "x" or %{HTTP:X-Pwd} eq "x"
        SetEnvIf X-Api-Key (.*) DB_PASSWORD=$1
    </Location>
</VirtualHost>
"""
SITE = SITE.replace("LONG", ", ".join(f'"Stra\u00dfe \\\\ {n}"' for n in range(600)))
SITE = SITE.replace("VALUES", " or ".join(f'%{{HTTP:X-{n}}} eq "x"' for n in range(99)))
SITE = SITE.replace("LINES", "\n".join(f"Require clientcert-fingerprint sha256:{n:064x}" for n in range(99)))
SECRETS = {name: "c2VjcmV0" for name in ("Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "Client_Secret", "X-Access-Key", "X-Pwd")}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(SITE, modules="http2 unique_id include mime setenvif authz_user")
    for page in "log/x", "off/x", "off/log/x", "page/x", "require/x", "off-require/x", "no-user", "off-no-user", "secrets", "public", "long/x":
        server.page(page)
    server.page("inside.shtml", '<!--#include virtual="/off-require/x" --><!--#include virtual="/require/x" -->')
    server.allow_log("AH01630|AH01631|unable to include", always=True)
    server.start()


# -- the grammar of docs/operations.md, and no more --------------------------------------------------

DOUBLE = r'"(?:[^"\\]|\\["\\]|\\x[0-9A-F]{2})*"'
SINGLE = r"'(?:[^'\\]|\\['\\]|\\x[0-9A-F]{2})*'"
TEXT = f"(?:{DOUBLE}|{SINGLE})"
WORD = r"[A-Za-z0-9_.+:@-]+"
PAIR = rf"(?:{TEXT}|[A-Za-z0-9_.:/()'-]+)={TEXT}"
VALUES = rf"\{{(?:{PAIR}(?:, {PAIR})*(?:, \.\.\.)?)?\}}"
FIELD = re.compile(rf" (?:([a-z]+)=({VALUES}|{TEXT}|{WORD})|(\.\.\.))")
LINE = re.compile(rf"CC0101: access to ({TEXT}) denied:((?:{FIELD.pattern})+)(, referer: .*)?", re.S)
ORDER = "reason verify (rule at values (error )?)*(\\.\\.\\. )?(why )?(serial issuer subject )?(id )?"


def unlogged(line):
    """httpd's own escapes are taken off first."""
    octets = re.sub(rb"\\(x[0-9a-f]{2}|.)", lambda m: bytes.fromhex(m[1][1:].decode()) if m[1][:1] == b"x" and len(m[1]) == 3
                    else {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v"}.get(m[1], m[1]), line.encode())
    return octets.decode("utf-8", "surrogateescape")


def plain(text):
    if text[:1] not in "\"'":
        return text
    return re.sub(r"\\(x[0-9A-F]{2}|.)", lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 3 else m[1], text[1:-1])


def fields(line):
    """(name, value) pairs of a line; a value in braces is a list of such pairs."""
    whole = LINE.fullmatch(unlogged(line[line.index("CC0101"):]))
    assert whole, line
    found = [("access to", plain(whole[1]))]
    for name, value, more in FIELD.findall(whole[2]):
        if value.startswith("{"):
            pairs = re.findall(rf"({TEXT}|[A-Za-z0-9_.:/()'-]+)=({TEXT})", value)
            found.append((name, [(plain(one), plain(other)) for one, other in pairs]))
        else:
            found.append((name or more, plain(value)))
    order = "".join(f"{name} " for name, _ in found[1:])
    assert re.fullmatch(ORDER, order), order
    return found


def denied(server, path, cert=None, **options):
    """The fields of the one line that a request leaves; those of the last rule, where there are several."""
    mark = server.mark()
    server.allow_log("CC0101")
    assert server.status(path, cert=cert, **options) == 403
    server.errors.wait("CC0101", since=mark)
    server.settle()
    line, = server.log_lines("CC0101", since=mark)
    return dict(fields(line))


# -- what is told --------------------------------------------------------------------------------------

@pytest.mark.parametrize("http", ["1.1", "2"])
def test_the_line_names_all_there_is(server, pki, http):
    found = denied(server, "/log/x", pki.mallory, http=http, headers={"User-Agent": 'a"b\\c'})
    assert found["access to"] == "/log/x" and (found["reason"], found["verify"]) == ("rule", "SUCCESS")
    assert found["rule"] == '%{SSL_CLIENT_S_DN_O} eq "garex AG" and %{HTTP_USER_AGENT} ne \'it\\\'s "x"\''
    assert found["at"] == server.line_of("ClientCertRequire %{SSL_CLIENT_S_DN_O}")
    assert found["values"] == [("SSL_CLIENT_S_DN_O", "Evil")]
    assert (found["serial"], found["subject"], found["issuer"]) == (pki.mallory.serial, "CN=Mallory,O=Evil", "CN=Test CA,O=Test")


def test_the_number_is_that_of_mod_unique_id(server, pki):
    found = denied(server, "/log/x", pki.mallory)
    server.settle()
    numbers = [line.split() for line in (server.root / "logs" / "numbers").read_text().splitlines()]
    assert len(found["id"]) > 20 and [found["id"], "/log/x", "rule"] == numbers[-1]
    assert denied(server, "/require/x", pki.mallory)["id"] != found["id"]


def test_several_lines_and_values_with_quotes_are_read_again(server, pki):
    found = denied(server, "/require/x", pki.mallory, headers={"X-Any": "'\"\\ id=1"})
    assert found["values"] == [("HTTP:X-Any", "'\"\\ id=1")]
    assert found["at"] == server.line_of("Require clientcert-expr %{HTTP:X-Any}")


@pytest.mark.parametrize("path", ["rule/x", "values/x", "lines/x"])
def test_the_line_is_whole_whatever_is_in_it(server, pki, path):
    """httpd cuts it at 8 KB: what is too long ends in "..." before."""
    name = "\u20ac" * 60
    hostile = pki.ca.client(f"/O={name}/OU={name}/CN={name}")
    headers = {"Referer": "x" * 900, "User-Agent": "\\" * 900, **{f"X-{n}": "\u00e9\\" * 200 for n in range(80)}}
    found = denied(server, f"/long/{path}?" + "x" * 900, hostile, headers=headers)
    assert found["serial"] == hostile.serial and found["subject"].endswith("...") and len(found["id"]) > 20
    mark, = server.log_lines(found["id"])
    assert 6500 < len(mark) < 8192 and "..." in mark
    assert found["rule"].startswith(("%{SSL_CLIENT_S_DN_O} in {", "%{HTTP:X-0}", "Require clientcert-fingerprint sha256:0"))
    assert found["values"][0] in [("SSL_CLIENT_S_DN_O", name[:53] + "..."), ("CLIENTCERT_SHA256", hashlib.sha256(hostile.der).hexdigest()),
                                  ("HTTP:X-0", ("\u00e9\\" * 54)[:-2] + "...")]


def test_off_writes_no_line(server, pki):
    mark = server.mark()
    for path, reason in ("/off/x", "rule"), ("/off-require/x", "rule"), ("/off-no-user", "no-map-match"):
        assert server.status(path, cert=pki.mallory) == 403
        server.settle()
        assert (server.root / "logs" / "numbers").read_text().splitlines()[-1].split()[1:] == [path, reason]
    assert not server.log_lines("CC0101|Mallory|garex", since=mark)


def test_the_inner_one_counts(server, pki):
    assert "rule" in denied(server, "/off/log/x", pki.mallory)
    assert "rule" in denied(server, "/page/x", pki.mallory)


def test_more_about_a_user_is_told(server, pki):
    found = denied(server, "/no-user", pki.mallory)
    assert found["reason"] == "no-map-match" and "rule" not in found


def test_a_part_of_a_page_is_told_as_its_own_place_says(server, pki):
    assert server.status("/inside.shtml", cert=pki.mallory) == 200
    log, = [fields(line) for line in server.expect_log("CC0101", times=1)]
    assert log[0] == ("access to", "/require/x") and [name for name, _ in log].count("rule") == 2


def test_no_secret_is_told(server, pki):
    found = denied(server, "/secrets", pki.mallory, headers=SECRETS)
    assert "c2VjcmV0" not in server.log()
    assert len(found["values"]) == 8 and {value for _, value in found["values"]} == {"(not told)"}


# -- directives ------------------------------------------------------------------------------------------

HOST = "<VirtualHost *:${{https}}>\nInclude ${{tls}}\nSSLCACertificateFile ${{ca}}\nSSLVerifyClient optional\n{}\n</VirtualHost>"


@pytest.mark.parametrize("line, complaint", [
    ("ClientCertExplain", "takes one argument"),
    ("ClientCertExplain all", 'takes off, log or page, not "all"'),
    ("ClientCertExplain on", 'takes off, log or page, not "on"'),
    ("ClientCertExplainTo", "takes an expression such as"),
    ('ClientCertExplainTo ""', "takes an expression such as"),
    ("ClientCertExplainTo %{NO_SUCH} eq", "takes an expression as ClientCertRequire does, not '%{NO_SUCH} eq'"),
    ("ClientCertExplainTo %{SSL_CLIENT_NAME} eq 'x'", "no certificate variable is called 'SSL_CLIENT_NAME'"),
    ("<Location />\nClientCertExplainTo true\n</Location>", "ClientCertExplainTo not allowed here|not allowed in"),
])
def test_a_wrong_value_is_an_error_that_says_what_would_be_right(server, line, complaint):
    checked = server.check(HOST.format(line))
    assert checked.returncode != 0 and re.search(re.escape(complaint).replace(r"\|", "|"), checked.stderr), checked.stderr


@pytest.mark.parametrize("line", ["ClientCertExplain LOG", "ClientCertExplainTo true", 'ClientCertExplainTo "%{CLIENTCERT_USER} in {\'a\'}"',
                                  "ClientCertExplainTo %{CLIENTCERT_USER} eq \"a\" or %{REMOTE_ADDR} eq \"b\"",
                                  'ClientCertExplainTo "%{CLIENTCERT_USER} == \\"a\\" && -R \'127.0.0.1\'"',
                                  "ClientCertExplainTo '%{CLIENTCERT_USER} == \"a\"'", "ClientCertExplainTo \"a\" eq \"a\"",
                                  "<Location />\nRequire clientcert-expr \"a\" eq \"a\"\n</Location>"])
def test_a_right_value_is_accepted(server, line):
    checked = server.check(HOST.format(line))
    assert checked.returncode == 0, checked.stderr


def test_an_htaccess_file_has_no_say(server, pki):
    server.htaccess("writable", "ClientCertExplain off\n")
    server.write(SITE + "<Directory ${htdocs}>\nAllowOverride All\n</Directory>\n")
    server.restart()
    assert server.status("/writable/index.html") == 500
    assert "ClientCertExplain not allowed here" in server.expect_log("ClientCertExplain")
