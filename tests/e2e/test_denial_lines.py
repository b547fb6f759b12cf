# SPDX-License-Identifier: Apache-2.0
"""Each denial is one line, whatever stands beside the rule: Require lines, other modules, error
pages, subrequests and redirects inside the server."""
import base64

import pytest
from harness.intrusion import MARKER, RULE, SECRET, SETTINGS, Intrusion

SITE = """
TypesConfig /dev/null
Protocols h2 http/1.1
LogLevel warn
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    AddType text/html .html .shtml
    AddOutputFilter INCLUDES .shtml
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    <Directory ${htdocs}>
        Options +Includes
        DirectoryIndex index.html
        AllowOverride AuthConfig Limit
    </Directory>
    <Location /required>
        Require clientcert-expr %{SSL_CLIENT_S_DN_O} in {"garex AG"}
    </Location>
    <Files "required.html">
        Require clientcert-expr %{SSL_CLIENT_S_DN_O} in {"garex AG"}
    </Files>
    <Directory ${htdocs}/index>
        <Files "index.html">
            Require clientcert-expr %{SSL_CLIENT_S_DN_O} in {"garex AG"}
        </Files>
    </Directory>
    <Location /two>
        RULE
        ClientCertRequire %{SSL_CLIENT_S_DN_OU} eq "Fun dept."
    </Location>
    <Location /both>
        RULE
        Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"
    </Location>
    <Location /any>
        RULE
        <RequireAny>
            Require clientcert-dn "CN=Nobody"
            Require all granted
        </RequireAny>
    </Location>
    <Location /satisfied>
        RULE
        Require clientcert-dn "CN=Nobody"
        Satisfy Any
        Order allow,deny
        Allow from all
    </Location>
    <Location /unsatisfied>
        RULE
        Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"
        Satisfy Any
        Order allow,deny
        Deny from all
    </Location>
    <Location /several>
        <RequireAny>
            Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"
            Require clientcert-san email:*@garex.example
        </RequireAny>
    </Location>
    <Location /not>
        <RequireAll>
            Require all granted
            <RequireNone>
                Require clientcert-expr %{SSL_CLIENT_S_DN_O} != "garex AG"
            </RequireNone>
        </RequireAll>
    </Location>
    <Location /password>
        RULE
        AuthType Basic
        AuthName x
        AuthUserFile ${root}/passwords
        Require valid-user
    </Location>
    <Location /or-password>
        AuthType Basic
        AuthName x
        AuthUserFile ${root}/passwords
        <RequireAll>
            Require valid-user
            Require clientcert
            Require clientcert-issuer "CN=Test CA,O=Test"
            Require clientcert-san email:alice@example.org
        </RequireAll>
    </Location>
    <Location /page>
        RULE
        ErrorDocument 403 /public/why.shtml
    </Location>
    <Location /page-inside>
        RULE
        ErrorDocument 403 /page-inside/why.html
    </Location>
    <Location /page-elsewhere>
        RULE
        ErrorDocument 403 /two/why.html
    </Location>
    <Location /rule-told>
        RULE
        ErrorDocument 403 /cgi-bin/seen
    </Location>
    <Location /require-told>
        Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"
        ErrorDocument 403 /cgi-bin/seen
    </Location>
    <Location /cgi-bin>
        ClientCertEnv On
    </Location>
    <Location /text>
        RULE
        ErrorDocument 403 "no, no"
    </Location>
    MARKER
</VirtualHost>
""".replace("RULE", RULE).replace("MARKER", MARKER)
PASSWORDS = "mallory:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"  # "secret"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"mallory:secret").decode()}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(SETTINGS + SITE, modules="""http2 access_compat auth_basic authn_file authz_user authz_host
        include dir alias cgid mime env""")
    for folder in ("required", "index", "two", "both", "any", "satisfied", "unsatisfied", "several", "not", "password",
                   "or-password", "page", "page-inside", "page-elsewhere", "rule-told", "require-told", "text"):
        server.page(f"{folder}/index.html", f"<p>{SECRET}\n")
    server.page("public/required.html", f"<p>{SECRET}\n")
    server.page("public/virtual.shtml", '<p>It is <!--#include virtual="/required/" -->\n')
    server.page("public/file.shtml", '<p>It is <!--#include file="required.html" -->\n')
    server.page("public/why.shtml", '<p>Because of <!--#echo var="REDIRECT_STATUS" -->\n')
    server.page("page-inside/why.html", "<p>That is why\n")
    server.page("two/why.html", "<p>That is why\n")
    (server.root / "passwords").write_text(PASSWORDS)
    server.start()
    server.allow_log("AH01630|AH01797|AH01631", always=True)  # what mod_authz_core and access_compat say


@pytest.fixture(scope="module")
def intrusion(server, pki):
    made = Intrusion(server, {"alice": pki.alice, "mallory": pki.mallory, "nobody": None})
    yield made
    made.close()


def test_several_rules_are_told_by_the_first_that_does_not_hold(server, intrusion):
    for found in intrusion.attempt("/two/"):
        assert found.rule.at == server.line_of("<Location /two>")[:-2] + str(line(server, "<Location /two>") + 1)


def line(server, text):
    return int(server.line_of(text).rpartition(":")[2])


@pytest.mark.parametrize("path", ["/required/", "/both/", "/several/", "/not/"])
def test_require_lines_make_one_line(intrusion, path):
    intrusion.attempt(path)


def test_require_lines_that_were_not_fulfilled_are_all_told(intrusion):
    for found in intrusion.attempt("/several/"):
        assert [rule.text for rule in found.rules] == [
            'Require clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"', "Require clientcert-san email:*@garex.example"]


def test_a_rule_before_a_require_line_is_told_alone(intrusion):
    for found in intrusion.attempt("/both/"):
        assert found.rule.text.startswith("%{")


@pytest.mark.parametrize("path", ["/any/", "/satisfied/"])
def test_a_require_line_that_did_not_matter_is_not_told(intrusion, path):
    for found in intrusion.attempt(path):
        assert found.rule.text.startswith("%{")


def test_satisfy_any_with_nothing_satisfied_makes_one_line(intrusion):
    intrusion.attempt("/unsatisfied/")


def test_a_right_password_makes_no_second_line(intrusion):
    intrusion.attempt("/password/", headers=BASIC)
    intrusion.attempt("/or-password/", headers=BASIC)


def test_a_question_for_a_password_is_no_denial(intrusion):
    response, denials = intrusion.ask("alice", "/or-password/")
    assert (response.status, denials) == (401, [])


@pytest.mark.parametrize("name", ["virtual", "file"])
def test_an_include_that_a_require_line_refuses_makes_one_line(server, intrusion, name):
    server.allow_log("unable to include")
    intrusion.attempt(f"/public/{name}.shtml", refused=(200,))


def test_a_directory_index_that_a_require_line_refuses_makes_one_line(intrusion):
    intrusion.attempt("/index/")


# -- error pages --------------------------------------------------------------------------------

def test_an_error_page_makes_no_second_line(intrusion):
    for found in intrusion.attempt("/page/"):
        assert found.uri == "/page/"
    response, _ = intrusion.ask("mallory", "/page/")
    assert "Because of 403" in response.text


def test_an_error_page_of_text_makes_no_second_line(intrusion):
    intrusion.attempt("/text/")
    assert intrusion.ask("mallory", "/text/")[0].text == "no, no"


@pytest.mark.parametrize("path", ["/page-inside/", "/page-elsewhere/"])
def test_an_error_page_that_is_refused_as_well_makes_no_second_line(intrusion, path):
    """httpd's own page is shown then."""
    for found in intrusion.attempt(path):
        assert found.uri == path


@pytest.mark.parametrize("path", ["/rule-told/", "/require-told/"])
def test_an_error_page_is_told_the_reason(intrusion, path):
    for who in ("mallory", "nobody"):
        response, denials = intrusion.ask(who, path)
        assert response.status == 403 and len(denials) == 1
        assert '"CLIENTCERT_REASON": "rule"' in response.text
