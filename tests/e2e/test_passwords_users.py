# SPDX-License-Identifier: Apache-2.0
"""The user that a certificate or a password makes is the one that everybody speaks of: Require user, group
and expr, the access log's %u, and the application's REMOTE_USER and AUTH_TYPE."""
import pytest
from harness.logins import Clients, basic, password_file
from harness.waiting import wait_until

LOGIN = "AuthType Basic\nAuthName here\nAuthUserFile ${root}/passwords\nClientCertBasicAuth "
# How one gets in; the certificate is Alice's throughout.
WAYS = {
    "certificate": "AuthType ClientCert",
    "fallback": LOGIN + "fallback",
    "both": LOGIN + "both",
    "same-user": LOGIN + "same-user",
    "off": LOGIN + "off",
}
REQUIREMENTS = {
    "valid-user": "Require valid-user",
    "user": "Require user alice",
    "several": "Require user carol alice",
    "group": "Require group wonderland",
    "expression": "Require expr \"%{REMOTE_USER} == 'alice'\"",
    "rule": 'ClientCertRequire %{CLIENTCERT_USER} eq "alice"\nRequire valid-user',
    "rule-of-user": 'ClientCertRequire %{REMOTE_USER} eq "alice" and %{AUTH_TYPE} ne ""\nRequire valid-user',
    "line-of-user": 'Require clientcert-expr %{REMOTE_USER} eq "alice"',
    "line": "<RequireAll>\nRequire valid-user\nRequire clientcert-dn CN=alice\n</RequireAll>",
    "not-bob": "<RequireAll>\nRequire valid-user\nRequire not user bob\n</RequireAll>",
}
SITE = """
LogFormat "%U %>s %u %{CLIENTCERT_USER}e %{CLIENTCERT_AUTH}e %{CLIENTCERT_REASON}e" users
CustomLog logs/access.log users
Protocols h2 http/1.1
MaxKeepAliveRequests 0
KeepAliveTimeout 60
ScriptAliasMatch ^/([a-z-]+)/seen$ ${root}/cgi-bin/seen
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    ClientCertMap people subject:CN "(alice|bob)" "$1"
    ClientCertUseMap people
    ClientCertEnv On
    PLACES
</VirtualHost>
"""
BY = ["cert", "basic", "cert+basic"]
ALICE, BOB = basic("alice", "wonderland"), basic("bob", "builder")


@pytest.fixture(scope="module", autouse=True)
def site(server):
    places = [f"<Location /{way}>\n{text}\nAuthGroupFile ${{root}}/groups\nRequire valid-user\n</Location>"
              for way, text in WAYS.items()]
    places += [f"<Location /{way}/{name}>\n{text}\n</Location>"
               for way in WAYS for name, text in REQUIREMENTS.items()]
    places += [f'<Location /{way}/{name}/{by}>\n{text} "{by}"\n</Location>'
               for way in WAYS for name, text in WANTED.items() for by in BY]
    server.configure(SITE.replace("PLACES", "\n".join(places)),
                     modules="http2 alias cgid auth_basic authn_file authz_user authz_groupfile")
    password_file(server, alice="wonderland", bob="builder")
    (server.root / "groups").write_text("wonderland: alice\n")
    (server.root / "groups").chmod(0o644)
    for way in WAYS:
        for name in (*REQUIREMENTS, *(f"{name}/{by}" for name in WANTED for by in BY)):
            server.page(f"{way}/{name}/index.html")
    server.start()
    server.allow_log("AH01629|AH01630|AH01631|AH01617|AH01618|CC0101", always=True)


@pytest.fixture(scope="module")
def clients(server, pki):
    names = {"alice": "/CN=alice", "bob": "/CN=bob", "stranger": "/CN=stranger"}
    with Clients(server, {**{who: pki.ca.client(name) for who, name in names.items()}, "nobody": None}) as made:
        yield made


@pytest.fixture
def logged(server, clients):
    """The access log's words for one request, without the path."""
    def ask(who, path, headers=(), http="1.1"):
        log = server.root / "logs" / "access.log"
        start = log.stat().st_size
        clients.ask(who, path, headers, http)
        found = wait_until(lambda: log.read_text()[start:].splitlines(), "nothing was logged")
        assert len(found) == 1 and found[0].startswith(path + " ")
        return found[0].removeprefix(path + " ")
    return ask


# -- Require --------------------------------------------------------------------------------------

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", REQUIREMENTS)
def test_require_lines_are_about_this_user(clients, way, name):
    for http in "1.1", "2":
        assert clients.ask("alice", f"/{way}/{name}/index.html", ALICE, http).status == 200
    if name != "valid-user":
        bobs = clients.ask("bob", f"/{way}/{name}/index.html", BOB).status
        # Who can be nobody else is not asked for another password, nor is anybody where a rule says no.
        asks = way in ("off", "both") and not name.startswith("rule") and name != "line"
        assert bobs == (401 if asks else 403)


@pytest.mark.parametrize("way", ["certificate", "fallback", "both", "same-user"])
@pytest.mark.parametrize("name", ["line", "rule", "line-of-user", "rule-of-user"])
def test_a_refusal_by_our_own_lines_is_told_once(server, clients, way, name):
    clients.ask("bob", f"/{way}/{name}/index.html", BOB)
    assert "reason=rule verify=SUCCESS" in server.expect_log("CC0101", times=1)[0]


# By which way one has to have come.
WANTED = {"rule-by": "ClientCertRequire %{CLIENTCERT_AUTH} eq",
          "line-by": "Require clientcert-expr %{CLIENTCERT_AUTH} eq"}


@pytest.mark.parametrize("name", WANTED)
def test_how_somebody_was_authenticated_is_known_when_it_is_asked_for(clients, name):
    """And a password is asked for before."""
    for http in "1.1", "2":
        for way, by, headers in ("certificate", "cert", {}), ("fallback", "cert", {}), ("both", "cert+basic", ALICE), \
                ("same-user", "cert+basic", ALICE), ("off", "basic", ALICE):
            assert clients.ask("alice", f"/{way}/{name}/{by}/index.html", headers, http).status == 200
        refusal = 403 if name == "rule-by" else 401
        assert clients.ask("nobody", f"/fallback/{name}/cert/index.html", ALICE, http).status == refusal
        assert clients.ask("alice", f"/both/{name}/cert/index.html", ALICE, http).status == refusal
        assert clients.ask("alice", f"/fallback/{name}/basic/index.html", {}, http).status == 403
        assert clients.ask("alice", f"/both/{name}/cert+basic/index.html", {}, http).status == 401
        assert clients.ask("nobody", f"/fallback/{name}/basic/index.html", {}, http).status == 401
        assert clients.ask("nobody", f"/fallback/{name}/basic/index.html", ALICE, http).status == 200


# -- the access log -------------------------------------------------------------------------------

@pytest.mark.parametrize("http", ["1.1", "2"])
@pytest.mark.parametrize("who, path, headers, line", [
    ("alice", "/certificate/user/index.html", {}, "200 alice alice cert none"),
    ("alice", "/certificate/user/index.html", BOB, "200 alice alice cert none"),
    ("alice", "/fallback/user/index.html", BOB, "200 alice alice cert none"),
    ("nobody", "/fallback/user/index.html", ALICE, "200 alice - basic none"),
    ("nobody", "/fallback/user/index.html", {}, "401 - - - password"),
    ("alice", "/both/user/index.html", ALICE, "200 alice alice cert+basic none"),
    ("alice", "/both/valid-user/index.html", BOB, "200 bob alice cert+basic none"),
    ("bob", "/both/user/index.html", ALICE, "200 alice bob cert+basic none"),
    ("alice", "/both/user/index.html", {}, "401 - alice - password"),
    ("alice", "/same-user/user/index.html", BOB, "403 bob alice cert+basic user-mismatch"),
    ("bob", "/same-user/user/index.html", BOB, "403 bob bob cert+basic rule"),
    ("bob", "/certificate/user/index.html", {}, "403 bob bob cert rule"),
    ("stranger", "/certificate/user/index.html", {}, "403 - - - no-map-match"),
    ("nobody", "/both/user/index.html", ALICE, "403 - - - none"),
    ("alice", "/off/user/index.html", ALICE, "200 alice alice basic none"),
    ("alice", "/off/valid-user/index.html", BOB, "200 bob alice basic none"),
])
def test_the_access_log_names_him(logged, who, path, headers, line, http):
    assert logged(who, path, headers, http) == line


# -- applications ---------------------------------------------------------------------------------

@pytest.mark.parametrize("http", ["1.1", "2"])
@pytest.mark.parametrize("way, headers, user, kind, by", [
    ("certificate", {}, "alice", "ClientCert", "cert"),
    ("certificate", BOB, "alice", "ClientCert", "cert"),
    ("fallback", BOB, "alice", "ClientCert", "cert"),
    ("both", ALICE, "alice", "Basic", "cert+basic"),
    ("both", BOB, "bob", "Basic", "cert+basic"),
    ("same-user", ALICE, "alice", "Basic", "cert+basic"),
    ("off", BOB, "bob", "Basic", "basic"),
])
def test_an_application_is_told(clients, way, headers, user, kind, by, http):
    env = clients.ask("alice", f"/{way}/seen", headers, http).seen.env
    assert (env["REMOTE_USER"], env["AUTH_TYPE"], env["CLIENTCERT_AUTH"]) == (user, kind, by)
    assert (env["CLIENTCERT_USER"], env["CLIENTCERT_REASON"]) == ("alice", "none")
    assert "HTTP_AUTHORIZATION" not in env


def test_an_application_is_told_of_a_password_alone(clients):
    env = clients.ask("nobody", "/fallback/seen", BOB).seen.env
    assert (env["REMOTE_USER"], env["AUTH_TYPE"], env["CLIENTCERT_AUTH"]) == ("bob", "Basic", "basic")
    assert "CLIENTCERT_USER" not in env
