# SPDX-License-Identifier: Apache-2.0
"""Nothing gets round ClientCertBasicAuth both and same-user: neither what an administrator forgot or
allowed beside it, nor any way that httpd has to a page, over HTTP/1.1 and HTTP/2. Alice, with her
certificate and her password, takes each way, so none is closed for another reason."""
import pytest
from harness.logins import LOGIN_PAGES, Clients, basic, password_file

SECRET = "the secret"
MODES = ["both", "same-user"]
# What stands in a directory beside ClientCertBasicAuth.
GAPS = {
    "nothing": "",
    "all-granted": "Require all granted",
    "satisfy-any": "Satisfy Any\nRequire valid-user",
    "satisfy-any-alone": "Satisfy Any",
    "satisfy-any-allow": "Satisfy Any\nOrder allow,deny\nAllow from all\nRequire valid-user",
    "satisfy-any-deny": "Satisfy Any\nOrder deny,allow\nDeny from all\nRequire valid-user",
    "satisfy-any-address": "Satisfy Any\nOrder deny,allow\nDeny from all\nAllow from 127.0.0.1\nRequire valid-user",
    "satisfy-any-ip": "Satisfy Any\nRequire ip 127.0.0.1",
    "satisfy-any-granted": "Satisfy Any\nRequire all granted",
    "allow": "Order deny,allow\nAllow from all",
    "any-granted": "<RequireAny>\nRequire valid-user\nRequire all granted\n</RequireAny>",
    "any-certificate": "<RequireAny>\nRequire clientcert\nRequire valid-user\n</RequireAny>",
    "any-certificate-last": "<RequireAny>\nRequire valid-user\nRequire clientcert\n</RequireAny>",
    "certificate": "Require clientcert",
    "mod-ssl": "Require ssl-verify-client\nRequire ssl\nRequire valid-user",
    "any-ip": "<RequireAny>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAny>",
    "local": "Require local\nRequire valid-user",
    "expression": 'Require expr "true"',
    "method": "Require method GET\nRequire valid-user",
    "limit": "<Limit POST>\nRequire valid-user\n</Limit>",
    "limit-except": "<LimitExcept GET>\nRequire valid-user\n</LimitExcept>",
    "not-authoritative": "AuthBasicAuthoritative Off\nRequire all granted",
    "ssl-user-name": "SSLUserName SSL_CLIENT_S_DN_CN\nRequire valid-user",
    "satisfy-any-ssl-user-name": "SSLUserName SSL_CLIENT_S_DN_CN\nRequire valid-user\nSatisfy Any\nAllow from all",
    "a-rule": "ClientCertRequire true\nSatisfy Any\nAllow from all",
}
LOGIN = """
    AuthType Basic
    AuthName here
    AuthUserFile ${root}/passwords
    ClientCertBasicAuth MODE
"""
PLACES = """
<Directory ${htdocs}/MODE>
    LOGIN
    AllowOverride All
</Directory>
<Directory ${htdocs}/MODE/own-page>
    ErrorDocument 401 /MODE/own-page/index.html
    ErrorDocument 403 /MODE/own-page/index.html
    ErrorDocument 404 /MODE/own-page/index.html
</Directory>
<Directory ${htdocs}/open/MODE-index>
    DirectoryIndex missing.html /MODE/page.html
</Directory>
<Directory ${htdocs}/open/MODE-fallback>
    FallbackResource /MODE/page.html
</Directory>
<Location /open/MODE-error>
    ErrorDocument 404 /MODE/page.html
</Location>
<Files "private-MODE.*">
    LOGIN
</Files>
<Location /MODE-cgi>
    LOGIN
</Location>
<Location /MODE-backend>
    ProxyPass ${backend}/x
    LOGIN
    Require all granted
</Location>
<Location /MODE-forgotten>
    ProxyPass ${backend}/x
    LOGIN
</Location>
ScriptAlias /MODE-cgi ${root}/cgi-bin/show
Action magic-MODE /MODE-cgi
AddHandler magic-MODE .MODE
RewriteRule ^/open/MODE-server$ /MODE/page.html
RewriteRule ^/open/MODE-server-passed$ /MODE/page.html [PT]
RewriteRule ^/open/MODE-server-file$ ${htdocs}/MODE/page.html [L]
"""
SITE = LOGIN_PAGES + """
Protocols h2 http/1.1
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    ClientCertMap people subject:CN "(alice|bob)" "$1"
    ClientCertUseMap people
    DirectoryIndex index.html
    RewriteEngine On
    AddHandler type-map .var
    AddLanguage en .en
    AddType text/html .html
    <Directory ${root}>
        Require all granted
    </Directory>
    <Directory ${htdocs}>
        Options +Includes +MultiViews +FollowSymLinks
        RewriteEngine On
        RewriteRule ^open/(both|same-user)-rewritten$ /$1/page.html [L]
        RewriteRule ^open/(both|same-user)-passed$ /$1/page.html [PT]
    </Directory>
    <Directory ${htdocs}/certificate>
        AuthType ClientCert
        Require valid-user
    </Directory>
    <Directory ${htdocs}/fallback>
        AuthType Basic
        AuthName there
        AuthUserFile ${root}/passwords
        ClientCertBasicAuth fallback
        Require valid-user
    </Directory>
    <Directory ${htdocs}/password>
        AuthType Basic
        AuthName there
        AuthUserFile ${root}/passwords
        Require valid-user
    </Directory>
    PLACES
</VirtualHost>
"""
SHOW = f'#!/bin/sh\ncat > /dev/null\nprintf "Content-Type: text/html\\n\\n{SECRET}\\n"\n'
RIGHT = basic("alice", "wonderland")
UNKNOWN = basic("unknown", "")
MODULES = """http2 mime include auth_basic authn_file authz_user authz_host access_compat dir rewrite alias actions cgid
    negotiation env proxy_http"""


def intruders(mode):
    """(certificate, headers, status of a refusal): whoever may not see the secret."""
    yield "nobody", {}, 403
    yield "nobody", RIGHT, 403
    yield "stranger", RIGHT, 403
    yield "alice", {}, 401
    yield "alice", basic("alice", "guessed"), 401
    yield "alice", basic("bob", "wonderland"), 401
    yield "alice", UNKNOWN, 401
    if mode == "same-user":
        yield "alice", basic("bob", "builder"), 403
        yield "bob", RIGHT, 403


def places():
    lines = []
    for mode in MODES:
        lines.append(PLACES.replace("LOGIN", LOGIN).replace("MODE", mode))
        lines += [f"<Directory ${{htdocs}}/{mode}/{name}>\n{text}\n</Directory>" for name, text in GAPS.items()]
    return "\n".join(lines)


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE.replace("PLACES", places()), modules=MODULES, backend=backends.http.url)
    password_file(server, alice="wonderland", bob="builder")
    for mode in MODES:
        for page in ("page.html", "index.html", "many.html.en", "own-page/index.html"):
            server.page(f"{mode}/{page}", SECRET)
        for gap in GAPS:
            server.page(f"{mode}/{gap}/index.html", SECRET)
        server.page(f"{mode}/around.shtml", 'It is <!--#include virtual="page.html" -->\n')
        server.page(f"open/private-{mode}.html", SECRET)
        for folder in ("open", "certificate", "fallback", "password", *MODES):
            server.page(f"{folder}/with-{mode}.shtml", f'It is <!--#include virtual="/{mode}/page.html" -->\n')
        server.page(f"open/file-{mode}.shtml", f'It is <!--#include file="private-{mode}.html" -->\n')
        server.page(f"open/nested-{mode}.shtml", f'It is <!--#include virtual="/password/with-{mode}.shtml" -->\n')
        server.page(f"open/index-{mode}.shtml", f'It is <!--#include virtual="/{mode}/" -->\n')
        server.page(f"open/choice-{mode}.var", f"URI: c\n\nURI: ../{mode}/page.html\nContent-Type: text/html\n")
        server.page(f"open/x.{mode}")
        for folder in ("index", "fallback", "error"):
            server.page(f"open/{mode}-{folder}/other.txt")
    server.page("cgi-bin/show", SHOW, mode=0o755)
    server.start()
    # What mod_auth_basic, access_compat, mod_ssl and mod_include say.
    server.allow_log("AH01617|AH01618|AH01630|AH01797|AH01796|AH02227|unable to include", always=True)


@pytest.fixture(scope="module")
def clients(server, pki):
    names = {"alice": "/O=Lab/CN=alice", "bob": "/O=Lab/CN=bob", "stranger": "/O=Lab/CN=stranger"}
    with Clients(server, {**{who: pki.ca.client(name) for who, name in names.items()}, "nobody": None}) as made:
        yield made


@pytest.fixture
def attempt(server, clients):
    """Everybody tries `path`: Alice gets the secret, intruders do not, and each 403 has one line in the log.

    refused: the status of whoever is refused, where it is not that of the refusal itself; unknown: that of a
    user whom no provider knows; asks: the statuses that come with WWW-Authenticate."""
    def run(mode, path, *, granted=200, refused=None, shown=True, unknown=401, asks=(401,), **request):
        expected = 0
        for http in ("1.1", "2"):
            for who, headers, status in intruders(mode):
                status = unknown if headers == UNKNOWN else status
                response = clients.ask(who, path, headers, http, **request)
                what = f"{who} {headers} over HTTP/{http}: {response.status} {response.text[:300]}"
                assert SECRET not in response.text, what
                assert response.status == (refused or status), what
                assert bool(response.header("WWW-Authenticate")) == (status in asks), what
                expected += status == 403
            response = clients.ask("alice", path, RIGHT, http, **request)
            assert response.status == granted, response.text
            assert (SECRET in response.text) == shown, response.text
        server.expect_log("CC0101", times=expected)
    return run


modes = pytest.mark.parametrize("mode", MODES)


@modes
@pytest.mark.parametrize("gap", GAPS)
def test_no_permission_beside_it_gets_round(server, attempt, mode, gap):
    attempt(mode, f"/{mode}/{gap}/index.html", unknown=unknown_under(GAPS[gap]))


def unknown_under(text):
    """httpd's own answer where no other module is there to know the user."""
    return 500 if "Authoritative Off" in text else 401


@modes
@pytest.mark.parametrize("path", ["/{}/", "//{}//page.html", "/open/../{}/page.html", "/open/%2e%2e/{}/%70age.html",
                                  "/{}/page.html?x", "/open/private-{}.html", "/{}/many.html", "/{}/many", "/{}-cgi",
                                  "/open/choice-{}.var", "/{}/own-page/index.html", "/{}/own-page/"])
def test_no_spelling_of_a_url_gets_round(attempt, mode, path):
    attempt(mode, path.format(mode))


@modes
@pytest.mark.parametrize("path", ["/open/{}-index/", "/open/x.{}", "/open/{}-rewritten",
                                  "/open/{}-passed", "/open/{}-server", "/open/{}-server-passed",
                                  "/open/{}-server-file"])
def test_no_internal_redirect_gets_round(attempt, mode, path):
    attempt(mode, path.format(mode))


@modes
def test_a_fallback_resource_does_not_get_round(attempt, mode):
    """mod_dir forgets to ask for the password, under plain Basic too."""
    attempt(mode, f"/open/{mode}-fallback/any", asks=())


@modes
def test_an_error_page_in_a_protected_place_is_not_shown(attempt, mode):
    attempt(mode, f"/open/{mode}-error/missing", granted=404, refused=404)


@modes
def test_the_protected_place_is_no_error_page_of_itself(attempt, mode):
    """A user name that was sent, but not verified, is known to httpd where it goes on to the error page."""
    attempt(mode, f"/{mode}/own-page/missing", granted=404)


@modes
def test_negotiation_does_not_choose_what_it_may_not_show(server, clients, mode):
    server.allow_log("AH00687|CC0101")
    for who, headers, _ in intruders(mode):
        response = clients.ask(who, f"/open/private-{mode}", headers)
        assert (response.status, SECRET in response.text) == (404, False)
    assert SECRET in clients.ask("alice", f"/open/private-{mode}", RIGHT).text


@modes
@pytest.mark.parametrize("path", ["/open/with-{}.shtml", "/open/file-{}.shtml", "/open/index-{}.shtml"])
def test_no_include_gets_round(attempt, mode, path):
    attempt(mode, path.format(mode), refused=200, asks=())


@modes
def test_no_include_of_the_same_place_gets_round(attempt, mode):
    """Where the configuration is the same, httpd does not ask again."""
    attempt(mode, f"/{mode}/around.shtml")


@modes
@pytest.mark.parametrize("folder", ["certificate", "fallback"])
def test_the_user_of_a_certificate_elsewhere_is_no_password_here(server, clients, mode, folder):
    server.allow_log("CC0101")
    for http in ("1.1", "2"):
        for headers in {}, basic("alice", "guessed"):
            response = clients.ask("alice", f"/{folder}/with-{mode}.shtml", headers, http)
            assert (response.status, SECRET in response.text) == (200, False)
        assert SECRET in clients.ask("alice", f"/{folder}/with-{mode}.shtml", RIGHT, http).text


@modes
@pytest.mark.parametrize("path", ["/password/with-{}.shtml", "/open/nested-{}.shtml"])
def test_a_password_elsewhere_is_no_certificate_here(server, clients, mode, path):
    for who in ("nobody", "stranger"):
        response = clients.ask(who, path.format(mode), RIGHT)
        assert (response.status, SECRET in response.text) == (200, False)
    server.expect_log("CC0101", times=2)
    assert SECRET in clients.ask("alice", path.format(mode), RIGHT).text


def test_another_users_password_under_both_is_none_under_same_user(server, clients):
    bobs = basic("bob", "builder")
    assert SECRET in clients.ask("alice", "/both/with-both.shtml", bobs).text
    response = clients.ask("alice", "/both/with-same-user.shtml", bobs)
    assert (response.status, SECRET in response.text) == (200, False)
    assert "reason=user-mismatch" in server.expect_log("CC0101", times=1)[0]


@modes
@pytest.mark.parametrize("method, granted", [("HEAD", 200), ("POST", 200), ("PUT", 405), ("DELETE", 405),
                                             ("OPTIONS", 200), ("PROPFIND", 405), ("PATCH", 405)])
def test_no_method_gets_round(attempt, mode, method, granted):
    attempt(mode, f"/{mode}/limit-except/index.html", method=method, granted=granted, shown=method == "POST")


@modes
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_makes_no_difference(attempt, mode, method):
    attempt(mode, f"/{mode}-cgi", method=method, body=b"x" * 5000)


@modes
def test_a_backend_never_hears_of_an_intruder(attempt, backends, mode):
    before = len(backends.http.requests)
    attempt(mode, f"/{mode}-backend/page", shown=False)
    assert len(backends.http.requests) - before == 2  # Alice, over HTTP/1.1 and HTTP/2


@modes
def test_where_no_require_line_stands_at_all_httpd_lets_nobody_in(server, clients, mode):
    for who, headers, _ in [*intruders(mode), ("alice", RIGHT, 500)]:
        assert clients.ask(who, f"/{mode}-forgotten", headers).status == 500
    server.allow_log("AH01627")


@modes
@pytest.mark.parametrize("text", ["Satisfy Any\nAllow from all", "Require all granted", "Satisfy Any",
                                  "<RequireAny>\nRequire all granted\nRequire valid-user\n</RequireAny>",
                                  "AuthMerging Or\nRequire all granted", "AuthName elsewhere\nRequire all granted",
                                  "AuthBasicAuthoritative Off"])
def test_no_htaccess_gets_round(server, attempt, mode, text):
    server.htaccess(f"{mode}/more", text + "\n")
    server.page(f"{mode}/more/index.html", SECRET)
    attempt(mode, f"/{mode}/more/index.html", unknown=unknown_under(text))


@modes
@pytest.mark.parametrize("line", ["ClientCertBasicAuth off", "ClientCertUser subject:CN", "ClientCertUseMap people",
                                  'ClientCertUserPattern ".*"', "ClientCertMap people subject:CN .* alice",
                                  "ClientCertEnv On"])
def test_our_directives_are_not_allowed_in_htaccess(server, clients, mode, line):
    server.htaccess(f"{mode}/more", line + "\n")
    assert clients.ask("alice", f"/{mode}/more/index.html", RIGHT).status == 500
    assert f"{line.split()[0]} not allowed here" in server.expect_log("AH00526|not allowed here")


@modes
@pytest.mark.parametrize("text", ["AuthType None", "AuthType None\nRequire all granted\nSatisfy Any", "AuthType Digest",
                                  "AuthType ClientCert", "AuthType ClientCert\nRequire all granted"])
def test_where_no_password_can_be_asked_for_nobody_sees_anything(server, clients, mode, text):
    server.htaccess(f"{mode}/more", text + "\n")
    server.page(f"{mode}/more/index.html", SECRET)
    server.allow_log("CC0|AH")
    for who, headers, _ in [*intruders(mode), ("alice", RIGHT, 500)]:
        response = clients.ask(who, f"/{mode}/more/index.html", headers)
        assert response.status in (403, 500) and SECRET not in response.text
