# SPDX-License-Identifier: Apache-2.0
"""CLIENTCERT_* in the environment: of CGI, FastCGI and SSI where ClientCertEnv says so, of the log always
and of nothing else; and CLIENTCERT_REASON on error pages."""
import json

import pytest
from harness.denial import denials
from harness.own_variables import expected
from harness.waiting import wait_until

NAMES = ("VERIFY", "REASON", "SUBJECT", "ISSUER", "SERIAL", "SHA256", "SAN_EMAIL", "SAN_EMAIL_1", "SAN_DNS", "SOURCE")
SSI = "\n".join(f'{name}=<!--#echo encoding="none" var="CLIENTCERT_{name}" -->' for name in NAMES)
SAN = dict(SAN_EMAIL=["a@example.org", "b@example.org"], SAN_DNS=["a.example.org"])
PAGES = {"rule": 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "nobody"', "require": "Require clientcert-san email:x@y",
         "negated": "<RequireAll>\nRequire all granted\nRequire not clientcert\n</RequireAll>",
         "others": "Require all denied", "expr": 'Require clientcert-expr %{SSL_CLIENT_S_DN_O} eq "nobody"'}
DENIED = {"rule": "rule", "require": "rule", "expr": "rule", "others": "none"}


def locations():
    lines = []
    for kind in ("cgi", "ssi"):
        for name, text in PAGES.items():
            page = "/cgi-bin/seen" if kind == "cgi" else "/page.shtml"
            lines += [f"<Location /denied/{kind}/{name}>", text, f"ErrorDocument 403 {page}", "</Location>"]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def people(pki):
    subject, san = "/O=garex AG/OU=Fun dept./CN=Alice", ["email:a@example.org", "email:b@example.org", "DNS:a.example.org"]
    return {"alice": pki.ca.client(subject, san=san), "mallory": pki.mallory, "nobody": None,
            "stranger": pki.authority("/O=Test/CN=Test CA").client(subject, san=san)}


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    fields = " ".join(f"%{{CLIENTCERT_{name}}}e" for name in ("VERIFY", "REASON", "SERIAL"))
    server.configure(f"""
        Protocols h2 http/1.1
        LogFormat "%U %>s {fields} %{{CLIENTCERT_SUBJECT}}e" who
        CustomLog logs/who who
        <VirtualHost *:${{https}}>
            Include ${{tls}}
            SSLCACertificateFile ${{ca}}
            SSLVerifyClient optional_no_ca
            ScriptAlias /cgi-bin/ ${{root}}/cgi-bin/
            ScriptAlias /env/off/again/ ${{root}}/cgi-bin/
            ScriptAlias /env/off/ ${{root}}/cgi-bin/
            ScriptAlias /env/ ${{root}}/cgi-bin/
            ScriptAlias /without/ ${{root}}/cgi-bin/
            ProxyPass /env/fcgi/ ${{fcgi}}/
            ProxyPass /without/fcgi/ ${{fcgi}}/
            <Directory ${{htdocs}}>
                Options +Includes
            </Directory>
            <Files "*.shtml">
                SetOutputFilter INCLUDES
            </Files>
            <LocationMatch "^/(env|cgi-bin|page.shtml|include.shtml)">
                ClientCertEnv On
            </LocationMatch>
            <Location /env-of-a-page.shtml>
                ClientCertUser subject:CN
                SetEnvIf Request_URI . CLIENTCERT_SAN_UPN=somebody@example.org
            </Location>
            <Location /env/off>
                ClientCertEnv Off
            </Location>
            <Location /env/off/again>
                ClientCertEnv On
            </Location>
            {locations()}
        </VirtualHost>
        <VirtualHost *:${{all}}>
            Include ${{tls}}
            SSLCACertificateFile ${{ca}}
            SSLVerifyClient optional
            ClientCertEnv On
            ScriptAlias /cgi-bin/ ${{root}}/cgi-bin/
            <Location /cgi-bin>
                ClientCertHeader X-Client-DN "%{{CLIENTCERT_SUBJECT}}"
            </Location>
        </VirtualHost>
    """, modules="http2 alias cgid include proxy_fcgi setenvif", ports="https all", fcgi=backends.fcgi.url)
    server.page("page.shtml", SSI)
    server.page("without.shtml", SSI)
    server.page("env-of-a-page.shtml", '<!--#include virtual="/env/seen" -->')
    server.page("include.shtml", '<!--#include virtual="/page.shtml" -->')
    for kind in ("cgi", "ssi"):
        for name in PAGES:
            server.page(f"denied/{kind}/{name}")
    server.start()


@pytest.fixture(scope="module")
def values(people):
    return {"alice": expected(people["alice"], **SAN), "mallory": expected(people["mallory"]),
            "nobody": {"VERIFY": "NONE", "REASON": "none"},
            "stranger": {"VERIFY": "FAILED", "REASON": "unknown-issuer"}}


def environment(response):
    prefix = "CLIENTCERT_"
    return {name.removeprefix(prefix): text for name, text in response.seen.env.items() if name.startswith(prefix)}


def echoed(response):
    """What SSI found; mod_include writes (none) for what is not set."""
    pairs = dict(line.split("=", 1) for line in response.text.splitlines())
    return {name: text for name, text in pairs.items() if text != "(none)"}


WHO = ("alice", "mallory", "nobody", "stranger")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("path", ["/env/seen", "/env/off/again/seen", "/env/fcgi/x"])
def test_an_application_sees_all_variables_that_have_a_value(server, people, values, who, path):
    with server.tls(people[who]) as connection:
        assert [environment(connection.get(path)) for _ in range(3)] == [values[who]] * 3


@pytest.mark.parametrize("who", WHO)
def test_an_application_sees_the_variables_over_http_2(server, people, values, who):
    with server.h2(people[who]) as connection:
        assert [environment(one) for one in connection.gather(["/env/fcgi/x"] * 10)] == [values[who]] * 10


@pytest.mark.parametrize("path", ["/env/off/seen", "/without/seen", "/without/fcgi/x"])
def test_without_the_directive_an_application_sees_nothing(server, people, path):
    """Although a log format names some."""
    with server.tls(people["alice"]) as connection:
        assert [environment(connection.get(one)) for one in (path, "/env/seen", path)][::2] == [{}, {}]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("path", ["/page.shtml", "/include.shtml"])
def test_ssi_sees_the_variables(server, people, values, who, path):
    with server.tls(people[who]) as connection:
        for _ in range(2):
            assert echoed(connection.get(path)) == {
                name: text for name, text in values[who].items() if name in NAMES}


def test_what_a_page_says_of_a_client_is_not_said_to_an_application_in_it(server, people, values):
    """Who somebody is depends on the place; what other modules have put under such a name does not count."""
    with server.tls(people["alice"]) as connection:
        assert environment(connection.get("/env-of-a-page.shtml")) == values["alice"]


def test_without_the_directive_ssi_sees_nothing(server, people):
    assert echoed(server.curl("/without.shtml", cert=people["alice"])) == {}


def test_the_directive_may_stand_outside_of_all_sections(server, people, values):
    assert environment(server.curl("/cgi-bin/seen", cert=people["alice"], port="all")) == values["alice"]


def test_a_client_cannot_set_the_variables(server, people):
    headers = {"CLIENTCERT_SUBJECT": "CN=Evil", "Clientcert-Subject": "CN=Evil", "CLIENTCERT-VERIFY": "SUCCESS"}
    seen = server.curl("/without/seen", headers=headers).seen
    assert not [name for name in seen.env if name.startswith("CLIENTCERT_")]
    seen = server.curl("/env/seen", headers=headers).seen
    assert "CLIENTCERT_SUBJECT" not in seen.env and seen.env["CLIENTCERT_VERIFY"] == "NONE"


def test_connections_have_their_own_variables(server, people, values):
    connections = {who: server.tls(people[who]) for who in WHO}
    try:
        for _ in range(3):
            for who, connection in connections.items():
                assert environment(connection.get("/env/fcgi/x")) == values[who]
    finally:
        for connection in connections.values():
            connection.close()


# -- error pages -------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", DENIED)
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_an_error_page_is_told_the_reason(server, people, values, name, http):
    pages = {kind: server.curl(f"/denied/{kind}/{name}", cert=people["alice"], http=http) for kind in ("cgi", "ssi")}
    assert [page.status for page in pages.values()] == [403, 403]
    env = json.loads(pages["cgi"].body)["env"]
    assert (env["CLIENTCERT_REASON"], env["REDIRECT_STATUS"]) == (DENIED[name], "403")
    assert env["CLIENTCERT_SUBJECT"] == values["alice"]["SUBJECT"]
    assert echoed(pages["ssi"])["REASON"] == DENIED[name]
    server.allow_log("CC0101|AH01630")


@pytest.mark.parametrize("who, reason", [("stranger", "unknown-issuer"), ("nobody", "rule")])
@pytest.mark.parametrize("name", ["rule", "require", "expr"])
def test_an_error_page_is_told_the_reason_of_a_bad_certificate(server, people, name, who, reason):
    page = server.curl(f"/denied/ssi/{name}", cert=people[who])
    assert (page.status, echoed(page)["REASON"]) == (403, reason)
    server.allow_log("CC0101|AH01630")


def test_a_negated_line_is_a_reason_as_well(server, people):
    page = server.curl("/denied/ssi/negated", cert=people["alice"])
    assert (page.status, echoed(page)["REASON"]) == (403, "rule")
    server.allow_log("CC0101|AH01630")


def test_the_reason_is_gone_in_the_next_request(server, people):
    with server.tls(people["alice"]) as connection:
        pages = [connection.get(path) for path in ("/denied/ssi/rule", "/page.shtml", "/denied/ssi/rule", "/page.shtml")]
    assert [echoed(page)["REASON"] for page in pages] == ["rule", "none", "rule", "none"]
    denials(server, 2)


# -- the log -------------------------------------------------------------------------------------------

@pytest.fixture
def logged(server):
    """Waits for the lines that the test's requests wrote."""
    file = server.root / "logs" / "who"
    start = file.stat().st_size if file.exists() else 0

    def lines(count):
        def enough():
            found = file.read_bytes()[start:].decode().splitlines()
            return found if len(found) >= count else None
        found = wait_until(enough, f"{count} lines in the access log")
        assert len(found) == count
        return found
    return lines


@pytest.mark.parametrize("who", WHO)
def test_a_log_format_sees_the_variables(server, people, values, logged, who):
    with server.tls(people[who]) as connection:
        for path in ("/without.shtml", "/env/off/seen", "/env/seen"):
            connection.get(path)
    known = values[who]
    fields = " ".join(known.get(name, "-") for name in ("VERIFY", "REASON", "SERIAL", "SUBJECT"))
    assert logged(3) == [f"{path} 200 {fields}" for path in ("/without.shtml", "/env/off/seen", "/env/seen")]


def test_a_log_format_sees_the_variables_of_each_stream(server, people, values, logged):
    with server.h2(people["alice"]) as connection:
        connection.gather(["/without.shtml"] * 10)
    known = values["alice"]
    assert logged(10) == [f"/without.shtml 200 SUCCESS none {known['SERIAL']} {known['SUBJECT']}"] * 10


@pytest.mark.parametrize("name", DENIED)
def test_the_log_of_a_denied_request_tells_the_reason(server, people, values, logged, name):
    with server.tls(people["alice"]) as connection:
        connection.get(f"/denied/ssi/{name}")
        connection.get("/without.shtml")
    known = values["alice"]
    assert logged(2) == [f"/denied/ssi/{name} 403 SUCCESS {DENIED[name]} {known['SERIAL']} {known['SUBJECT']}",
                         f"/without.shtml 200 SUCCESS none {known['SERIAL']} {known['SUBJECT']}"]
    server.allow_log("CC0101|AH01630")


def test_the_log_tells_why_a_bad_certificate_was_denied(server, people, logged):
    assert server.status("/denied/ssi/rule", cert=people["stranger"]) == 403
    assert logged(1) == ["/denied/ssi/rule 403 FAILED unknown-issuer - -"]
    assert denials(server, 1)[0].reason == "unknown-issuer"
