# SPDX-License-Identifier: Apache-2.0
"""What explanations must not do, tell or show: each of these was possible once."""
import json
import sqlite3
from urllib.parse import quote

import pytest
from harness.logins import password_file

SITE = r"""
TypesConfig /dev/null
DBDriver sqlite3
DBDParams "${root}/db/people.sqlite"
DBDMin 0
CacheRoot "${root}/cache"
CacheEnable disk /
CacheIgnoreNoLastMod On
CacheDefaultExpire 600
<Macro Places $x>
    ClientCertMap mac$x san:email "([a-z]+)@example\.org" $1
    <Location /macro$x>
        Require clientcert-dn "CN=Nobody$x"
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "macro $x"
    </Location>
</Macro>
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    ClientCertExplain page
    ClientCertEnv On
    RewriteEngine On
    RewriteRule ^/mapped/ /index.html [CO=planted:yes:localhost]
    ClientCertExplainTo %{REMOTE_USER} eq "admin" or %{CLIENTCERT_USER} eq "alice" or reqenv('ADMIN') eq "yes"
    ClientCertMap staff san:email "([a-z]+)@example\.org" $1
    ClientCertUseMap staff
    Use Places 1
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    <Location /explain>
        SetHandler clientcert-explain
    </Location>
    <Location /basic>
        AuthType Basic
        AuthName x
        AuthUserFile ${root}/passwords
        ClientCertBasicAuth fallback
        ErrorDocument 401 /cgi-bin/seen
        <RequireAny>
            Require valid-user
            Require clientcert-dn "CN=Chief of Secrets"
        </RequireAny>
    </Location>
    <Directory ${htdocs}>
        AllowOverride AuthConfig FileInfo
    </Directory>
    <Location /including>
        Options +IncludesNOEXEC
        AddType "text/html; charset=utf-8" .shtml
        AddOutputFilter INCLUDES .shtml
    </Location>
</VirtualHost>
"""
LOGOUT = """
<Location /elsewhere>
    AuthType ClientCert
    Require valid-user
</Location>
<Location /logout>
    AuthType ClientCert
    AuthzDBDQuery "UPDATE people SET login = 'false' WHERE name = %s"
    Require dbd-logout
</Location>
"""
SEEN = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv | grep CLIENTCERT\n"
MODULES = ("alias cgid auth_basic authn_file authz_user headers dbd authz_dbd rewrite macro include mime cache cache_disk setenvif")


@pytest.fixture(scope="module", autouse=True)
def site(server):
    for name in "db", "cache":
        (server.root / name).mkdir()
        (server.root / name).chmod(0o777)
    with sqlite3.connect(server.root / "db" / "people.sqlite") as people:
        people.executescript("CREATE TABLE people (name TEXT, login TEXT); INSERT INTO people VALUES ('alice', 'true');")
    (server.root / "db" / "people.sqlite").chmod(0o666)
    server.page("cgi-bin/seen", SEEN, 0o755)
    server.configure(SITE, modules=MODULES)
    password_file(server, admin="right")
    password_file(server, "eves", admin="evil")
    for path in "/basic/x.html", "/logout/x.html", "/eve/x.html", "/lazy/x.html", "/out/x.html":
        server.page(path)
    server.page("/including/x.shtml", '<!--#include virtual="/explain" -->')
    server.htaccess("eve", f"SetHandler clientcert-explain\nAuthType Basic\nAuthName x\nAuthUserFile {server.root}/eves\n"
                           "SetEnvIf Host . ADMIN=yes\nRequire valid-user\n")
    server.htaccess("out", "AuthType ClientCert\n<RequireAny>\nRequire clientcert-dn CN=x\nRequire dbd-logout\n</RequireAny>\n")
    server.htaccess("lazy", "Require all granted\n")
    server.start()


def ask(server, asker, whose, path, *options, at="/explain"):
    body = server.root / "body.pem"
    body.write_bytes(whose if isinstance(whose, bytes) else whose.chain.read_bytes())
    return server.curl(f"{at}?format=json&path={quote(path, safe='')}", *options, cert=asker, data=f"@{body}")


def test_a_user_whose_password_is_wrong_is_nobody(server):
    right = server.curl("/basic/x.html", "-u", "admin:right")
    wrong = server.curl("/basic/x.html", "-u", "admin:wrong")
    assert (right.status, wrong.status) == (200, 401)
    assert "CLIENTCERT_REASON=password" in wrong.text and "Chief of Secrets" not in wrong.text
    server.expect_log("AH01617", times=1)


def test_who_writes_an_htaccess_file_makes_no_administrators(server, pki):
    answer = ask(server, pki.mallory, pki.alice, "/macro1/x", "-u", "admin:evil", at="/eve/x.html")
    assert answer.status == 403 and "macro 1" not in answer.text
    server.expect_log("CC0401.*ClientCertExplainTo does not let this client ask", times=1)


def test_the_user_of_the_certificate_counts_there_too(server, pki):
    answer = ask(server, pki.alice, pki.mallory, "/macro1/x", "-u", "admin:evil", at="/eve/x.html")
    assert answer.status == 200


def test_lines_of_macros_know_their_files(server, pki):
    told = json.loads(ask(server, pki.alice, pki.mallory, "/macro1/x").text)
    lines = [line["file"] for line in (*told["rules"], *told["require"]["lines"], *(rule for user in told["users"] for rule in user["rules"]))]
    assert len(lines) == 4 and all("macro 'places'" in line or line.endswith(".conf") for line in lines), lines
    assert server.status("/macro1/x", cert=pki.mallory) == 403
    assert "places" in server.expect_log("CC0101", times=1)[0]


def test_cookies_of_the_place_asked_about_are_not_sent(server, pki):
    assert server.curl("/mapped/x", cert=pki.alice).header("Set-Cookie")
    answer = ask(server, pki.alice, pki.mallory, "/mapped/x")
    assert answer.status == 200 and not answer.header("Set-Cookie")


def test_a_page_is_included_in_none(server, pki):
    """Of which caches would know nothing."""
    for _ in range(2):
        assert "CN=Alice" in server.curl("/explain", cert=pki.alice).text
        assert "Alice" not in server.curl("/including/x.shtml", cert=pki.alice).text
    server.expect_log("unable to include", times=1)


@pytest.mark.parametrize("head", ["Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"])
def test_no_password_is_asked_for_at_the_terminal(server, pki, head):
    pem = pki.alice.chain.read_text().replace("CERTIFICATE-----\n", f"CERTIFICATE-----\n{head}", 1)
    answer = ask(server, pki.alice, pem.encode(), "/", "-m", "10")
    assert answer.status == 400 and "damaged" in answer.text


def test_a_line_that_does_something_is_not_asked(server, pki):
    def login():
        with sqlite3.connect(server.root / "db" / "people.sqlite") as people:
            return people.execute("SELECT login FROM people").fetchone()[0]

    server.configure(SITE.replace("<Location /explain>", LOGOUT + "<Location /explain>"), modules=MODULES)
    server.restart()
    for path in "/logout/x.html", "/out/x.html":
        told = json.loads(ask(server, pki.alice, pki.alice, path).text)
        assert told["require"]["others"][0]["text"] == "Require dbd-logout" and told["outcome"]["status"] == 501
        assert login() == "true"
    for path in "/elsewhere/x", "/lazy/x.html":
        assert json.loads(ask(server, pki.alice, pki.alice, path).text)["outcome"]["status"] == 200
    server.status("/logout/x.html", cert=pki.alice)
    assert login() == "false"  # it would have been
