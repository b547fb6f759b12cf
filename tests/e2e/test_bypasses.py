# SPDX-License-Identifier: Apache-2.0
"""Nothing gets round a rule: every way that httpd has to a protected place, over HTTP/1.1 and HTTP/2,
for a certificate that does not fulfil the rule and for none. Alice, who fulfils it, takes each of them,
so none is closed for another reason."""
import base64

import pytest
from harness.intrusion import MARKER, RULE, SECRET, SETTINGS, Intrusion

SITE = """
TypesConfig /dev/null
Protocols h2 http/1.1
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    AddType text/html .html .shtml
    AddOutputFilter INCLUDES .shtml
    AddLanguage en .en
    AddLanguage fr .fr
    AcceptPathInfo On
    AddHandler cgi-script .cgi
    AddHandler magic .magic
    AddHandler type-map .var
    Action magic /hidden-cgi/show
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    ScriptAlias /hidden-cgi/ ${root}/cgi-bin/
    Alias /alias ${htdocs}/hidden
    Alias /deep/alias/page ${htdocs}/hidden/page.html
    ProxyPass /hidden-backend ${backend}/x
    <Location /hidden-backend>
        RULE
    </Location>
    <Location /hidden-cgi>
        RULE
    </Location>
    <Location /hidden-status>
        SetHandler server-status
        RULE
    </Location>
    <Directory ${htdocs}>
        Options +Includes +ExecCGI +FollowSymLinks +MultiViews +Indexes
        AllowOverride AuthConfig Limit
        DirectoryIndex index.html
        RewriteEngine on
        RewriteRule ^open/rewritten$ /hidden/page.html
        RewriteRule ^open/passed$ /hidden/page.html [PT]
        RewriteRule ^open/proxied$ ${backend}/y [P]
    </Directory>
    <Directory ${htdocs}/hidden>
        RULE
    </Directory>
    <Directory ${htdocs}/hidden/proxied>
        RewriteEngine on
        RewriteRule .* ${backend}/z [P]
    </Directory>
    <Location /hidden/rewritten>
        RewriteEngine on
        RewriteRule .* - [H=server-status]
    </Location>
    <Files "private.*">
        RULE
    </Files>
    <Directory ${htdocs}/index>
        <Files "index.html">
            RULE
        </Files>
    </Directory>
    <Directory ${htdocs}/elsewhere>
        DirectoryIndex missing.html /hidden/page.html
    </Directory>
    <Directory ${htdocs}/fallback>
        FallbackResource /hidden/page.html
    </Directory>
    <Location /errors>
        ErrorDocument 404 /hidden/page.html
    </Location>
    <Location /only-here>
        RULE
    </Location>
    <Location /limited>
        <Limit GET>
            RULE
        </Limit>
    </Location>
    RewriteEngine on
    RewriteRule ^/server/rewritten$ /hidden/page.html
    RewriteRule ^/server/file$ ${htdocs}/hidden/page.html
    RewriteRule ^/server/passed$ /hidden/page.html [PT]
    RewriteRule ^/hidden-backend/rewritten$ ${backend}/r [P]
    MARKER
</VirtualHost>
""".replace("RULE", RULE).replace("MARKER", MARKER)
MODULES = """http2 access_compat auth_basic authn_file authz_user authz_host include dir rewrite alias actions cgid
    negotiation mime autoindex proxy_http env setenvif headers status"""
SHOW = f'#!/bin/sh\ncat > /dev/null\nprintf "Content-Type: text/html\\n\\n{SECRET} $PATH_INFO\\n"\n'
MOVED = '#!/bin/sh\nprintf "Location: /hidden/page.html\\n\\n"\n'
PASSWORDS = "mallory:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"  # "secret"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"mallory:secret").decode()}


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SETTINGS + SITE, modules=MODULES, backend=backends.http.url)
    for path in ("hidden/page.html", "hidden/index.html", "hidden/page.shtml", "private.html", "open/private.html",
                 "index/index.html", "only-here/page.html", "limited/page.html", "open/private.html.en",
                 "hidden/many.html.en", "hidden/many.html.fr", "hidden/proxied/x"):
        server.page(path, f"<p>{SECRET}\n")
    for name, element in {"virtual": 'include virtual="/hidden/page.html"', "file": 'include file="private.html"',
                          "up": 'include virtual="../hidden/page.html"', "cgi": 'exec cgi="/hidden-cgi/show"',
                          "moved": 'include virtual="/cgi-bin/moved"', "index": 'include virtual="/hidden/"',
                          "nested": 'include virtual="with-virtual.shtml"', "proxy": 'include virtual="/hidden-backend"',
                          "rewritten": 'include virtual="/server/passed"'}.items():
        server.page(f"open/with-{name}.shtml", f"<p>Here it is: <!--#{element} -->\n")
    server.page("open/x.magic")
    server.page("open/choice.var", "URI: choice\n\nURI: ../hidden/page.html\nContent-Type: text/html\n")
    server.page("cgi-bin/show", SHOW, mode=0o755)
    server.page("cgi-bin/moved", MOVED, mode=0o755)
    for folder in ("elsewhere", "fallback", "errors", "server"):
        server.page(f"{folder}/other.html")
    server.page("elsewhere/other.html")
    (server.root / "passwords").write_text(PASSWORDS)
    server.start()


@pytest.fixture(scope="module")
def intrusion(server, pki):
    made = Intrusion(server, {"alice": pki.alice, "mallory": pki.mallory, "nobody": None})
    yield made
    made.close()


# -- spelling the URL -----------------------------------------------------------------------------

@pytest.mark.parametrize("path", [
    "/hidden/page.html", "/hidden/", "/hidden/page.shtml", "//hidden//page.html", "/./hidden/./page.html",
    "/open/../hidden/page.html", "/%68idden/%70age.html", "/open/%2e%2e/hidden/page.html", "/open/%2E./hidden/page.html",
    "/hidden/page.html?x", "/hidden//page.html", "/hidden/page.shtml/more/of/it", "/hidden-cgi/show/more",
    "/hidden-cgi//show", "//hidden-cgi/show", "/%68idden-cgi/show", "/hidden-cgi/%73how", "/only-here/page.html",
    "//only-here/page.html", "/only-here//page.html", "/%6fnly-here/page.html", "/open/../only-here/page.html",
    "/alias/page.html", "/alias/", "/deep/alias/page", "//alias/page.html", "/private.html", "/open/private.html",
    "/%70rivate.html", "/hidden/many.html", "/hidden/many",
])
def test_no_spelling_of_a_url_gets_round(intrusion, path):
    intrusion.attempt(path)


@pytest.mark.parametrize("path", ["/hidden%2fpage.html", "/HIDDEN/page.html", "/hidden%00/page.html", "/hidden\\page.html",
                                  "/hidden/page.html%20", "/hidden/page.html.", "/hidden/page%00.html"])
def test_what_is_no_spelling_of_it_is_not_found(server, intrusion, path):
    server.allow_log("AH00026|AH00127|Invalid|AH10410|AH10508")
    for who in ("mallory", "nobody"):
        response, _ = intrusion.ask(who, path)
        assert response.status in (400, 403, 404)
        assert SECRET not in response.text


def test_the_redirect_that_adds_a_slash_is_refused_too(intrusion):
    intrusion.attempt("/hidden", granted=(301,), secret="")


# -- methods --------------------------------------------------------------------------------------

@pytest.mark.parametrize("method, granted", [("HEAD", 200), ("POST", 200), ("OPTIONS", 200), ("PUT", 405), ("DELETE", 405),
                                             ("PATCH", 405), ("PROPFIND", 405), ("MKCOL", 405),
                                             ("BREW", 501)])
@pytest.mark.parametrize("path", ["/hidden/page.html", "/limited/page.html"])
def test_no_method_gets_round(server, intrusion, method, granted, path):
    """A rule in <Limit> counts for every method: it can only make things stricter."""
    server.allow_log("AH00135")  # an invalid method
    intrusion.attempt(path, method=method, granted=(granted,), secret="", refused=(403, 501) if granted == 501 else (403,))


@pytest.mark.parametrize("path", ["/hidden/page.html", "/limited/page.html"])
def test_trace_tells_nothing_but_what_the_client_has_sent(intrusion, path):
    """httpd answers it before anything is looked for, let alone protected."""
    for who in ("mallory", "nobody"):
        response, denials = intrusion.ask(who, path, method="TRACE", headers={"X-Mine": "yes"})
        assert response.text.startswith(f"TRACE {path} HTTP/1.1") and "X-Mine: yes" in response.text
        assert SECRET not in response.text and not denials


@pytest.mark.parametrize("headers", [
    {"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}, {"If-None-Match": "*"}, {"Range": "bytes=0-5"},
    {"If-Match": '"x"'}, {"X-HTTP-Method-Override": "OPTIONS"}, {"Accept": "image/png"},
])
def test_no_conditional_or_partial_request_gets_round(intrusion, headers):
    intrusion.attempt("/hidden/page.html", headers=headers, granted=(200, 206, 304, 412), secret="")


def test_a_body_makes_no_difference(intrusion):
    intrusion.attempt("/hidden-cgi/show", method="POST", body=b"x" * 5000)


# -- handlers and backends ------------------------------------------------------------------------

def test_a_handler_is_not_run(intrusion):
    intrusion.attempt("/hidden-status", secret="Server Status")


@pytest.mark.parametrize("path", ["/hidden-backend", "/hidden-backend/more", "/hidden-backend/rewritten",
                                  "/hidden/proxied/x"])
def test_a_backend_never_hears_of_it(intrusion, backends, path):
    before = len(backends.http.requests)
    intrusion.attempt(path, secret="GET")
    assert len(backends.http.requests) - before == 2  # alice, twice


# -- subrequests ----------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["virtual", "file", "up", "cgi", "moved", "index", "nested", "rewritten"])
def test_a_page_with_server_side_includes_does_not_show_it(server, intrusion, name):
    server.allow_log("unable to include|AH01230")
    intrusion.attempt(f"/open/with-{name}.shtml", refused=(200,))


def test_a_page_with_server_side_includes_does_not_ask_a_backend(server, intrusion, backends):
    server.allow_log("unable to include")
    before = len(backends.http.requests)
    intrusion.attempt("/open/with-proxy.shtml", refused=(200,), secret="GET")
    assert len(backends.http.requests) - before == 2


def test_a_listing_does_not_name_what_it_may_not_show(server, intrusion):
    server.page("listed/private.txt", SECRET)
    server.page("listed/public.txt")
    line = 'Require clientcert-expr %{SSL_CLIENT_S_DN_O} eq "garex AG"'
    server.htaccess("listed/inner", line + "\n")
    server.allow_log("AH01630")  # mod_authz_core's line
    for who, shown in (("alice", True), ("mallory", False), ("nobody", False)):
        response, denials = intrusion.ask(who, "/listed/")
        assert response.status == 200 and "public.txt" in response.text
        assert ("private.txt" in response.text) == shown and ("inner/" in response.text) == shown
        assert len(denials) == 2 * (not shown)
        # Its file was forgotten with the subrequest, long before the line is written.
        assert shown or [one.rule.text for one in denials if one.uri == "/listed/inner/"] == [line]


# -- internal redirects ---------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/index/", "/elsewhere/"])
def test_a_directory_index_is_asked_for_itself(intrusion, path):
    intrusion.attempt(path)


@pytest.mark.parametrize("path", ["/fallback/whatever", "/open/x.magic", "/open/rewritten", "/open/passed", "/cgi-bin/moved",
                                  "/server/rewritten", "/server/file", "/server/passed"])
def test_an_internal_redirect_leads_to_the_rules_of_its_target(intrusion, path):
    intrusion.attempt(path)


def test_a_type_map_leads_to_the_rules_of_its_target(intrusion):
    intrusion.attempt("/open/choice.var")


def test_negotiation_does_not_choose_what_it_may_not_show(server, intrusion):
    """It asks for each variant by itself, so each is refused by itself."""
    server.allow_log("AH00687")  # "none could be negotiated"
    intrusion.attempt("/open/private", refused=(404,), lines=2)


def test_an_error_document_in_a_protected_place_is_not_shown(intrusion):
    intrusion.attempt("/errors/missing", granted=(404,), refused=(404,))


# -- other modules' access control ------------------------------------------------------------------

PERMISSIONS = {
    "satisfy any, allow": "Satisfy Any\nOrder allow,deny\nAllow from all",
    "satisfy any, nothing else": "Satisfy Any",
    "satisfy any, for one method": "<Limit GET>\nSatisfy Any\nAllow from all\n</Limit>",
    "satisfy any, granted": "Satisfy Any\nRequire all granted",
    "all granted": "Require all granted",
    "any": "<RequireAny>\nRequire all granted\nRequire ip 192.0.2.1\n</RequireAny>",
    "limit": "<Limit GET POST>\nRequire all granted\n</Limit>",
    "limit except": "<LimitExcept PUT>\nRequire all granted\n</LimitExcept>",
    "allow": "Order deny,allow\nAllow from all",
    "environment": "Satisfy Any\nOrder deny,allow\nDeny from all\nAllow from env=HTTPS",
}
LOGIN = 'AuthType Basic\nAuthName x\nAuthUserFile "{}/passwords"\nRequire valid-user\n'


@pytest.mark.parametrize("name", PERMISSIONS)
def test_no_permission_of_other_modules_gets_round(server, intrusion, name):
    server.page("hidden/more/page.html", SECRET)
    (server.htdocs / "hidden/more/.htaccess").write_text(PERMISSIONS[name] + "\n")
    server.allow_log("AH01797")  # "Deny from all" of access_compat
    intrusion.attempt("/hidden/more/page.html")


@pytest.mark.parametrize("more", ["", "Satisfy Any\nDeny from all\n", "Satisfy Any\nAllow from all\n", "Satisfy All\n"])
def test_the_right_password_is_no_certificate(server, intrusion, more):
    server.page("hidden/login/page.html", SECRET)
    (server.htdocs / "hidden/login/.htaccess").write_text(LOGIN.format(server.root) + more)
    server.allow_log("AH01797")
    found = intrusion.attempt("/hidden/login/page.html", headers=BASIC)
    assert len(found) == 4


@pytest.mark.parametrize("more", ["", "Satisfy Any\nDeny from all\n"])
def test_without_a_password_nobody_sees_anything(server, intrusion, more):
    server.page("hidden/login/page.html", SECRET)
    (server.htdocs / "hidden/login/.htaccess").write_text(LOGIN.format(server.root) + more)
    server.allow_log("AH01797|AH01617|AH01618")
    for who, expected in (("alice", (401,)), ("mallory", (401, 403)), ("nobody", (401, 403))):
        response, denials = intrusion.ask(who, "/hidden/login/page.html")
        assert response.status in expected
        assert SECRET not in response.text
        assert len(denials) == (response.status == 403)
