# SPDX-License-Identifier: Apache-2.0
"""Nothing gets round ClientCertCA: every way that httpd has to a place where other CAs are trusted, over
HTTP/1.1 and HTTP/2. Staff take each of them, so none is closed for another reason."""
import pytest
from harness.flawed import SUBJECT
from harness.verdicts import connect

SECRET = "the secret"
HOST = """
    <VirtualHost *:${{{port}}}>
        Include ${{tls}}
        SSLCACertificateFile ${{all}}
        {settings}
        Header always set X-Ours "expr=%{{CLIENTCERT_VERIFY}} %{{CLIENTCERT_REASON}}"
        AddOutputFilter INCLUDES .shtml
        Alias /alias ${{htdocs}}/staff
        ScriptAlias /staff-cgi/ ${{root}}/cgi-bin/
        ProxyPass /staff-backend ${{backend}}/staff
        RewriteEngine on
        RewriteRule ^/server/rewritten$ /staff/page.html [PT]
        RewriteRule ^/server/file$ ${{htdocs}}/staff/page.html
        <Directory ${{htdocs}}>
            Options +Includes +FollowSymLinks +MultiViews
            DirectoryIndex index.html
            RewriteEngine on
            RewriteRule ^open/rewritten$ /staff/page.html
        </Directory>
        <Directory ${{htdocs}}/staff>
            ClientCertCA ${{staff}}
            {rule}
        </Directory>
        <Directory ${{htdocs}}/staff/satisfied>
            Satisfy Any
            Order allow,deny
            Allow from all
        </Directory>
        <LocationMatch "^/staff-(backend|cgi)">
            ClientCertCA ${{staff}}
            {rule}
        </LocationMatch>
        <Files "staff.*">
            ClientCertCA ${{staff}}
            {rule}
        </Files>
        <If "%{{QUERY_STRING}} == 'staff'">
            ClientCertCA ${{staff}}
            {rule}
        </If>
        <Directory ${{htdocs}}/elsewhere>
            DirectoryIndex missing.html /staff/page.html
        </Directory>
        <Directory ${{htdocs}}/fallback>
            FallbackResource /staff/page.html
        </Directory>
        <Location /errors>
            ErrorDocument 404 /staff/page.html
        </Location>
        CacheEnable socache /staff/cached
        CacheSocache shmcb
        Header set Cache-Control max-age=3600 "expr=%{{REQUEST_URI}} =~ m#/cached#"
    </VirtualHost>
"""
MODULES = "http2 headers include alias cgid dir rewrite negotiation mime proxy_http access_compat cache cache_socache"
RULE = 'ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"'
# Port -> settings of the virtual host, and what else is asked for in the directory.
HOSTS = {
    "plain": ("SSLVerifyClient optional", ""),  # a bad certificate is refused without any rule
    "ruled": ("SSLVerifyClient optional", RULE),
    "report": ("SSLVerifyClient optional_no_ca\nClientCertVerify report", RULE),
}
PATHS = ["/staff/page.html", "/alias/page.html", "/staff/", "/staff/page", "/server/rewritten", "/server/file", "/open/rewritten",
         "/elsewhere/", "/fallback/nothing", "/errors/nothing", "/staff-backend/page", "/staff-cgi/show", "/open/staff.html",
         "/open/page.html?staff", "/staff/./page.html", "//staff/page.html", "/open/../staff/page.html", "/%73taff/page.html",
         "/staff/cached.html"]
SHOW = f'#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n{SECRET}\\n"\n'


@pytest.fixture(scope="module")
def people(pki):
    staff, partners = pki.authority("/O=Test/CN=Staff"), pki.authority("/O=Test/CN=Partners")
    return {"staff": staff.client(SUBJECT), "partner": partners.client(SUBJECT), "nobody": None,
            "CAs": (staff, pki.bundle(staff, partners))}


@pytest.fixture(scope="module", autouse=True)
def site(server, people, backends):
    staff, bundle = people["CAs"]
    hosts = "".join(HOST.format(port=port, settings=settings, rule=rule) for port, (settings, rule) in HOSTS.items())
    backends.http.response_headers.append(("X-Page", SECRET))
    server.configure("Protocols h2 http/1.1\nTypesConfig /dev/null\nAddType text/html .html .shtml\n" + hosts, modules=MODULES,
                     ports=" ".join(HOSTS), staff=staff, all=bundle, backend=backends.http.url)
    for path in "staff/page.html", "staff/index.html", "staff/satisfied/page.html", "open/staff.html", "open/page.html", "staff/cached.html":
        server.page(path, f"<p>{SECRET}\n")
    server.page("open/include.shtml", 'before <!--#include virtual="/staff/page.html" --> after')
    server.page("cgi-bin/show", SHOW, mode=0o755)
    for directory in "elsewhere", "fallback", "errors":
        (server.htdocs / directory).mkdir()
    server.allow_log("AH01630|AH01797", always=True)
    server.start()


def is_shown(response):
    return SECRET in response.text or SECRET in response.values("X-Page")


@pytest.mark.parametrize("how", ["1.2", "h2 1.3"])
@pytest.mark.parametrize("port", HOSTS)
def test_every_way_is_open_to_staff_alone(server, people, port, how):
    for who in "staff", "partner", "nobody", "staff":
        with connect(server, people[who], how, port=port) as connection:
            for path in PATHS:
                response = connection.get(path)
                # Without a rule, who has no certificate is not asked for one.
                wanted = who == "staff" or who == "nobody" and port == "plain"
                assert (who, path, is_shown(response)) == (who, path, wanted), response.status
                if not wanted:
                    assert (path, response.status) in ((path, 403), ("/errors/nothing", 404)), response.text
    server.allow_log("CC0101")


@pytest.mark.parametrize("how", ["1.2", "h2 1.3"])
@pytest.mark.parametrize("port", HOSTS)
def test_a_part_of_a_page_is_as_good_as_a_page(server, people, port, how):
    """A subrequest."""
    for who in "staff", "partner":
        with connect(server, people[who], how, port=port) as connection:
            response = connection.get("/open/include.shtml")
            assert response.status == 200 and (SECRET in response.text) == (who == "staff")
    server.allow_log("CC0101|unable to include")


@pytest.mark.parametrize("port", HOSTS)
def test_satisfy_any_satisfies_nobody_else(server, people, port):
    for who in "staff", "partner":
        with connect(server, people[who], port=port) as connection:
            assert is_shown(connection.get("/staff/satisfied/page.html")) == (who == "staff")
    server.allow_log("CC0101")
