# SPDX-License-Identifier: Apache-2.0
"""ClientCertExplain page: whoever is denied is shown why, what he presented and what to do; rules and what they looked
at only if ClientCertExplainTo allows it; the same as variables for an ErrorDocument; nobody learns about others."""
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from harness.flawed import SECRET, Flawed
from harness.logins import basic, password_file
from harness.verdicts import connect

RULE = '%{SSL_CLIENT_S_DN_O} eq "garex &lt;AG>" and %{HTTP_USER_AGENT} ne "x"'
SITE = r"""
TypesConfig /dev/null
Protocols h2 http/1.1
<VirtualHost *:${https}>
    Include ${tls}
    SSLCipherSuite DEFAULT@SECLEVEL=2
    SSLCACertificateFile ${cas}
    SSLVerifyClient optional_no_ca
    ClientCertVerify report
    ClientCertVerifyDepth 2
    ClientCertExplainTo %{HTTP:X-Admin} eq "yes"
    ClientCertExplain page
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    <LocationMatch "^/(rule|own|help|text|off|log|broken|none)/">
        ClientCertRequire RULE
    </LocationMatch>
    <Location /require>
        Require clientcert-san email:somebody@example.org
    </Location>
    <Location /user>
        AuthType ClientCert
        AuthName x
        Require valid-user
        ClientCertUser san:upn
    </Location>
    <LocationMatch "^/(both|fallback|basic)/">
        AuthType Basic
        AuthName x
        AuthUserFile ${root}/passwords
        Require valid-user
    </LocationMatch>
    <Location /both>
        ClientCertBasicAuth both
    </Location>
    <Location /fallback>
        ClientCertBasicAuth fallback
        ClientCertUser subject:CN
    </Location>
    <Location /theirs>
        Require all denied
    </Location>
    <Location /own>
        ErrorDocument 403 /cgi-bin/seen
    </Location>
    <Location /help>
        ErrorDocument 403 /errors/certificate.shtml
    </Location>
    <Location /errors>
        ClientCertEnv On
        Options +IncludesNOEXEC
        AddType "text/html; charset=utf-8" .shtml
        AddOutputFilter INCLUDES .shtml
    </Location>
    <Location /broken>
        ErrorDocument 403 /no/such/page
    </Location>
    <Location /text>
        ErrorDocument 403 "no, no"
    </Location>
    <Location /off>
        ClientCertExplain off
        ErrorDocument 403 /cgi-bin/seen
    </Location>
    <Location /log>
        ClientCertExplain log
    </Location>
    <Location /cgi-bin>
        ClientCertEnv On
    </Location>
</VirtualHost>
""".replace("RULE", RULE)
TOP = Path(__file__).resolve().parents[2]
ADMIN = {"X-Admin": "yes"}
HOWS = ("1.3", "h2 1.3")


class Page(HTMLParser):
    """Texts by element; an assertion fails where the markup is not in order."""

    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self._open = [], []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))
        if tag not in self.VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self._open and self._open[-1][0] == tag, (tag, self._open)
        self._open.pop()

    def handle_data(self, text):
        for _, _, texts in self._open:
            texts.append(text)

    def texts(self, tag):
        return [" ".join("".join(texts).split()) for name, _, texts in self.elements if name == tag]

    @property
    def facts(self):
        return dict(zip(self.texts("dt"), self.texts("dd")))


@pytest.fixture(scope="module")
def flawed(server, pki):
    (server.root / "crls").mkdir(mode=0o755)
    return Flawed(pki, server.root / "crls")


@pytest.fixture(scope="module", autouse=True)
def site(server, flawed):
    server.configure(SITE, modules="http2 include env unique_id alias cgid mime authz_user auth_basic authn_file", cas=flawed.bundle)
    server.page("errors/certificate.shtml", (TOP / "examples/error-pages/certificate.shtml").read_text())
    password_file(server, alice="wonderland")
    for folder in "both", "fallback", "basic", "rule", "help", "own", "text", "off", "log", "broken", "require", "user", "theirs":
        server.page(f"{folder}/x")
    server.allow_log("CC0101|AH01630|AH01631|AH01617|AH01618", always=True)
    server.start()


def page_of(response, status=403):
    assert response.status == status, response.text
    assert response.header("Content-Type") == "text/html"
    assert response.header("Cache-Control") == "no-store" and response.header("X-Content-Type-Options") == "nosniff"
    assert "default-src 'none'" in response.header("Content-Security-Policy")
    page = Page(response.text)
    assert page.texts("h1") == page.texts("title") and {"charset": "utf-8"} in [a for t, a, _ in page.elements if t == "meta"]
    assert not {"script", "img", "link", "form"} & {tag for tag, _, _ in page.elements}
    return page


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("way, reason, heading", [("good", "rule", "does not open this page"), ("expired", "expired", "has expired"),
                                                  ("self-signed", "self-signed", "Nobody vouches")])
def test_a_person_sees_the_reason_and_his_own_certificate(server, flawed, way, reason, heading, how):
    credential = flawed[way]
    with connect(server, credential, how) as connection:
        for _ in range(2):  # the connection goes on
            response = connection.get("/rule/x")
        page = page_of(response)
        assert heading in page.texts("h1")[0]
        facts = page.facts
        assert facts["Reason"] == reason and facts["Site"] == "localhost"
        assert facts["Subject"] == f"CN={SECRET},OU=Fun dept.,O=garex AG" and facts["Serial number"] == credential.serial
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", facts["Valid until"])
        mark, = server.log_lines(re.escape(facts["Number of this answer"]))
        assert "CC0101" in mark and f"id={facts['Number of this answer']}" in mark
        assert "SSL_CLIENT" not in response.text and "site.conf" not in response.text


@pytest.mark.parametrize("how", HOWS)
def test_who_has_no_certificate_learns_nothing_about_others(server, how):
    with connect(server, None, how) as connection:
        for path in "/rule/x", "/require/x":
            response = connection.get(path)
            page = page_of(response)
            assert "for people with a certificate" in page.texts("h1")[0] and "No certificate." in page.texts("p")
            assert not {"Subject", "Issuer"} & page.facts.keys()
            assert not re.search("garex|somebody@|site.conf|SSL_CLIENT|Test", response.text)


@pytest.mark.parametrize("how", HOWS)
def test_rules_are_for_those_who_may_see_them(server, flawed, how):
    with connect(server, flawed["good"], how) as connection:
        response = connection.get("/rule/x", {**ADMIN, "User-Agent": "<script>alert(1)</script>"})
        page = page_of(response)
        code = page.texts("code")
        assert RULE in code and 'SSL_CLIENT_S_DN_O = "garex AG"' in code
        assert server.line_of("ClientCertRequire") in page.texts("td")
        page = page_of(connection.get("/require/x", ADMIN))
        assert "Require clientcert-san email:somebody@example.org" in page.texts("code")
        page = page_of(connection.get("/user/x", ADMIN))
        assert page.facts["Reason"] == "no-map-match" and "no account" in page.texts("h1")[0]


@pytest.mark.parametrize("how", HOWS)
def test_who_gives_no_password_is_told_as_well(server, flawed, how):
    """The answer still asks for it; where this module asks for none, it is httpd's own page."""
    for who, path, heading in ("good", "/both/x", "wants a password as well"), (None, "/fallback/x", "certificate or a password"):
        with connect(server, flawed[who] if who else None, how) as connection:
            for headers in {}, basic("alice", "wrong"), {**ADMIN, **basic("nobody", "wonderland")}:
                response = connection.get(path, headers)
                page = page_of(response, 401)
                assert heading in page.texts("h1")[0] and response.header("WWW-Authenticate").startswith("Basic")
                assert page.facts["Reason"] == "password" and len(page.facts["Number of this answer"]) > 20
                assert page.facts.get("Subject", "").startswith(f"CN={SECRET}" if who else "")
                assert ("Rules" in page.texts("h2")) == (headers.keys() == {*ADMIN, "Authorization"})
            assert "Unauthorized" in connection.get("/basic/x").text
            assert connection.get(path, basic("alice", "wonderland")).status == 200


def test_nothing_from_a_certificate_becomes_markup(server, flawed):
    name = "\"'><img src=x onerror=alert(1)>&amp;"
    with connect(server, flawed.root.client(f"/O=x/CN={name}")) as connection:
        for headers in {}, ADMIN:
            response = connection.get("/rule/x", headers)
            assert "<img" not in response.text
            assert re.sub(r"\\(.)", r"\1", page_of(response).facts["Subject"]) == f"CN={name},O=x"


def test_head_keep_alive_and_methods(server, flawed):
    with connect(server, flawed["good"]) as connection:
        response = connection.request("HEAD", "/rule/x")
        assert (response.status, response.body) == (403, b"") and response.header("Content-Security-Policy")
        page_of(connection.request("POST", "/rule/x", {}, b"x" * 5000))
        page_of(connection.get("/rule/x"))


@pytest.mark.parametrize("path", ["/log/x", "/theirs/x"])
def test_other_denials_have_the_short_page_of_httpd(server, flawed, path):
    with connect(server, flawed["good"]) as connection:
        response = connection.get(path, ADMIN)
        assert response.status == 403 and "<h1>Forbidden</h1>" in response.text and SECRET not in response.text
        assert response.header("Content-Security-Policy") is None


def test_an_error_document_goes_first(server, flawed):
    with connect(server, flawed["good"]) as connection:
        assert connection.get("/text/x").text == "no, no"
        response = connection.get("/broken/x")
        assert response.status == 403 and "Additionally" in response.text and SECRET not in response.text


@pytest.mark.parametrize("how", HOWS)
def test_an_error_document_is_told_the_same(server, flawed, how):
    def told(path, headers=()):
        response = connection.get(path, dict(headers))
        assert response.status == 403
        return {name: text for name, text in re.findall(r'"CLIENTCERT_(DENIAL_\w+|PRESENTED_\w+)": "((?:[^"\\]|\\.)*)"', response.text)}

    with connect(server, flawed["expired"], how) as connection:
        found = told("/own/x")
        assert found["DENIAL_HEADING"] == "Your certificate has expired" and found["DENIAL_TODO"].startswith("Get a new one")
        assert found["PRESENTED_SUBJECT"].startswith(f"CN={SECRET}") and found["PRESENTED_SERIAL"] == flawed["expired"].serial
        assert found["DENIAL_ID"] and found["PRESENTED_NOT_AFTER"] < "2100" and found["PRESENTED_ISSUER"] == "CN=Root,O=Test"
        assert "DENIAL_RULES" not in found and found["DENIAL_MEANING"]
        assert told("/own/x", ADMIN)["DENIAL_RULES"].startswith("rule=")
        assert not told("/off/x", ADMIN)
    with connect(server, None, how) as connection:
        assert not any(name.startswith("PRESENTED") for name in told("/own/x"))


@pytest.mark.parametrize("how", HOWS)
def test_the_example_shows_a_bad_certificate_to_its_owner(server, flawed, how):
    with connect(server, flawed["expired"], how) as connection:
        facts = Page(connection.get("/help/x").text).facts
    assert (facts["Presented"], facts["Issued by"]) == (f"CN={SECRET},OU=Fun dept.,O=garex AG", "CN=Root,O=Test")
    assert f"id={facts['Number']}" in server.log_lines(re.escape(facts["Number"]))[0] and facts["Valid until"] < "2100"


def test_an_expression_that_fails_lets_nobody_see(server, flawed):
    server.write(SITE.replace('%{HTTP:X-Admin} eq "yes"', '"x" in clientcert(%{HTTP:X-Admin})'))
    server.restart()
    with connect(server, flawed["good"]) as connection:
        page = page_of(connection.get("/rule/x", {"X-Admin": "no such selector"}))
        assert not any("SSL_CLIENT" in text for text in page.texts("code"))
    assert server.line_of("ClientCertExplainTo") in server.expect_log("Evaluation of expression")
    server.write("\n".join(line for line in SITE.splitlines() if "ExplainTo" not in line))
    server.restart()
    with connect(server, flawed["good"]) as connection:
        assert not any("SSL_CLIENT" in text for text in page_of(connection.get("/rule/x", ADMIN)).texts("code"))
