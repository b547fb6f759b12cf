# SPDX-License-Identifier: Apache-2.0
"""A certificate's user never comes from an Authorization header, nor a password's from a certificate; and
nothing that was sent to prove who one is stands in a log, at any level. mod_ssl's FakeBasicAuth, which
makes a password of a certificate, stands beside it: what fools that one does not fool ours."""
import pytest
from harness import der
from harness.logins import LOGIN_PAGES, WHO, Clients, Told, basic, password_file, told

LOGIN = "AuthType Basic\nAuthName here\nAuthUserFile ${root}/passwords\nRequire valid-user\n"
SITE = LOGIN_PAGES + """
LogLevel trace8
LogFormat "%U %u %{CLIENTCERT_USER}e %{CLIENTCERT_AUTH}e" users
CustomLog logs/access.log users
Protocols h2 http/1.1
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    ClientCertMap people dn "CN=admin,OU=svc\\5C" admin
    ClientCertMap people subject:OU "svc/CN=(.*)" deny
    ClientCertMap people subject:CN "(alice|bob)" "$1"
    ClientCertUseMap people
    ErrorDocument 401 /why.shtml
    ErrorDocument 403 /why.shtml
    <Location /certificate>
        AuthType ClientCert
        Require valid-user
    </Location>
    <Location /backend>
        ProxyPass ${backend}/seen
        AuthType ClientCert
        Require valid-user
    </Location>
    <LocationMatch "^/(fallback|both|same-user|fake)">
        LOGIN
    </LocationMatch>
    <Location /fallback>
        ClientCertBasicAuth fallback
    </Location>
    <LocationMatch "^/both">
        ClientCertBasicAuth both
    </LocationMatch>
    <LocationMatch "^/same-user">
        ClientCertBasicAuth same-user
    </LocationMatch>
    <LocationMatch "^/(fake|(both|same-user)-fake)">
        SSLOptions +FakeBasicAuth
    </LocationMatch>
    <Location /same-user-fake>
        ClientCertUser subject:CN
        ClientCertUserPattern ".*"
    </Location>
    <Location /rule>
        ClientCertRequire %{HTTP:Authorization} == "" and http('Authorization') == "" and \\
                          reqenv('HTTP_AUTHORIZATION') == ""
    </Location>
    <Location /rule/variable>
        ClientCertRequire %{HTTP:Authorization} == "x"
    </Location>
    <Location /rule/environment>
        SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1
        ClientCertRequire reqenv('HTTP_AUTHORIZATION') == "x"
    </Location>
    <Location /rule/line>
        Require clientcert-expr http('Authorization') == "x"
    </Location>
</VirtualHost>
""".replace("LOGIN", LOGIN)
# As which mod_ssl prints the names of two certificates. FakeBasicAuth's password is "password".
COLLISION = "/OU=svc\\/CN=admin"
PLACES = ("certificate", "fallback", "both", "same-user", "fake", "both-fake", "same-user-fake")


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE, modules="http2 mime include setenvif proxy_http auth_basic authn_file authz_user",
                     backend=backends.http.url)
    password_file(server, **{"alice": "wonderland", "bob": "builder", "/O=Lab/CN=alice": "password",
                             COLLISION: "password"})
    for page in ("why", *(f"{place}/who" for place in (*PLACES, "rule/variable", "rule/environment", "rule/line"))):
        server.page(f"{page}.shtml", WHO)
    server.start()
    server.allow_log("AH01614|AH01617|AH01618|AH01630", always=True)


@pytest.fixture(scope="module")
def clients(server, pki):
    with Clients(server, {
        "alice": pki.ca.client("/O=Lab/CN=alice"), "bob": pki.ca.client("/CN=bob"), "nobody": None,
        "admin": pki.ca.client(der.name(("OU", "svc\\"), ("CN", "admin"))),
        "imposter": pki.ca.client(der.name(("OU", "svc/CN=admin"))),
        "colon": pki.ca.client("/CN=alice:wonderland"),
    }) as made:
        yield made


@pytest.fixture
def ask(clients):
    """The status, and what the page tells."""
    def run(who, place, headers=(), http="1.1"):
        response = clients.ask(who, f"/{place}/who.shtml", headers, http)
        return response.status, told(response)
    return run


# -- who one is -----------------------------------------------------------------------------------

@pytest.mark.parametrize("headers", [basic("alice", "wonderland"), {"Authorization": "ClientCert alice"},
                                     {"Authorization": "ClientCert YWxpY2U="}])
def test_no_header_makes_a_user_of_a_certificate(server, ask, headers):
    for http in "1.1", "2":
        assert ask("nobody", "certificate", headers, http) == (403, Told(reason="none"))
        assert ask("bob", "certificate", headers, http) == (200, Told("bob", "ClientCert", "bob", "cert", "none"))
    server.expect_log("CC0101", times=2)


def test_no_printed_name_of_a_certificate_is_a_user(server, ask):
    """mod_ssl itself refuses it, everywhere."""
    server.allow_log("AH02035|CC0101")
    for who, place in ("nobody", "certificate"), ("bob", "certificate"), ("alice", "both"), ("nobody", "fallback"):
        assert ask(who, place, basic("/O=Lab/CN=alice", "password"))[0] == 403


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic"}, {"Authorization": "Basic YWxpY2U="},
                                     {"Authorization": "Basic !!!"}, {"Authorization": "ClientCert alice"},
                                     {"Authorization": "Bearer x"}, basic("alice", ""), basic("", "wonderland")])
def test_no_certificate_makes_a_password(ask, headers):
    for place in "both", "same-user":
        status, who = ask("alice", place, headers)
        assert (status, who) == (401, Told(certificate="alice", reason="password"))


def test_a_certificates_user_sends_no_authorization_to_a_backend(clients):
    assert clients.ask("alice", "/backend").seen.value("Authorization") is None


def test_a_name_with_a_colon_is_no_password(server, ask):
    assert ask("colon", "certificate")[0] == 403
    assert "reason=no-map-match" in server.expect_log("CC0101", times=1)[0]


# -- FakeBasicAuth --------------------------------------------------------------------------------

def test_fakebasicauth_takes_one_name_for_another(ask):
    """Otherwise the next test would show nothing."""
    for who in "admin", "imposter":
        status, found = ask(who, "fake")
        assert (status, found.user) == (200, COLLISION)


@pytest.mark.parametrize("http", ["1.1", "2"])
def test_ours_does_not(server, ask, http):
    assert ask("admin", "certificate", (), http) == (200, Told("admin", "ClientCert", "admin", "cert", "none"))
    assert ask("imposter", "certificate", (), http) == (403, Told(reason="no-map-match"))
    assert 'subject="OU=svc/CN=admin"' in server.expect_log("CC0101", times=1)[0]


@pytest.mark.parametrize("place", ["both-fake", "same-user-fake"])
@pytest.mark.parametrize("headers", [{}, basic("alice", "wonderland"), basic("alice", "guessed")])
def test_a_password_that_fakebasicauth_makes_of_a_certificate_is_none(server, clients, place, headers):
    server.allow_log("CC0308|CC0101")
    assert clients.ask("alice", f"/{place}/who.shtml", headers).status in (401, 403, 500)


def test_an_administrator_is_told_that_fakebasicauth_does_not_go_with_both(server, clients):
    assert clients.ask("alice", "/both-fake/who.shtml").status == 500
    assert "use no SSLOptions +FakeBasicAuth" in server.expect_log("CC0308", times=1)[0]


# -- what is logged -------------------------------------------------------------------------------

@pytest.mark.parametrize("http", ["1.1", "2"])
def test_nothing_that_proves_who_one_is_gets_into_a_log(server, clients, http):
    server.allow_log("CC0101")
    mark = server.mark()
    secrets = ["secret-of-alice", "secret-of-bob", "bearer-secret", "odd-secret"]
    sent = [basic("alice", secrets[0]), basic("bob", secrets[1]), basic("bob", "builder"), basic("alice", "wonderland"),
            {"Authorization": "Bearer " + secrets[2]}, {"Authorization": secrets[3]}]
    for headers in sent:
        for path in (*(f"/{place}/who.shtml" for place in PLACES[:4]), "/rule/variable/who.shtml",
                     "/rule/environment/who.shtml", "/rule/line/who.shtml"):
            for who in "alice", "nobody":
                clients.ask(who, path, headers, http)
    secrets += ["wonderland", "builder"] + [value.split()[-1] for one in sent for value in one.values()]
    server.settle()
    lines = server.log_lines(r"\[clientcert:", since=mark)
    assert len(lines) > 50
    assert [line for line in lines if any(secret in line for secret in secrets)] == []
    # Under what name they were looked at is told.
    assert any("uthorization" in line and "not told" in line for line in lines)
    access = (server.root / "logs" / "access.log").read_text()
    assert [secret for secret in secrets if secret in access] == []
    # Told by others, at their own highest level: they are what they have always been.
    theirs = {line.split("[")[2].partition(":")[0] for line in server.log_lines(".", since=mark)
              if any(secret in line for secret in secrets)}
    assert theirs <= {"http", "core", "http2", "proxy", "auth_basic", "setenvif"}
