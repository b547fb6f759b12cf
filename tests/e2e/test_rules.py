# SPDX-License-Identifier: Apache-2.0
"""ClientCertRequire: who is let in, where rules may stand, and how those of several places add up."""
import pytest
from harness.denial import denial, denials

SITE = """
    Protocols h2 http/1.1
    <VirtualHost *:${http}>
        <Location /garex>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </Location>
        <Location /verify>
            ClientCertRequire %{SSL_CLIENT_VERIFY} eq "NONE"
        </Location>
    </VirtualHost>
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLOptions +StdEnvVars
        ScriptAlias /cgi-bin/ ${root}/cgi-bin/
        RemoteIPHeader X-Real-IP
        RemoteIPInternalProxy 127.0.0.1
        <Location /garex>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </Location>
        <Location /garex/fun>
            ClientCertRequire %{SSL_CLIENT_S_DN_OU} eq "Fun dept."
        </Location>
        <Directory ${htdocs}/garex/fun/boss>
            ClientCertRequire "boss@example.org" in clientcert('san:email')
        </Directory>
        <Location /impossible>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </Location>
        <Location /impossible/never>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "nobody"
        </Location>
        <Location /impossible/never/again>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </Location>
        <Files "staff*">
            ClientCertRequire %{SSL_CLIENT_S_DN_OU} eq "Fun dept."
        </Files>
        <If "%{QUERY_STRING} == 'sure'">
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </If>
        <Location /from-home>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{REMOTE_ADDR} eq "192.0.2.7"
        </Location>
        <Location /by-header>
            ClientCertRequire %{HTTP:X-Pass} eq "open"
        </Location>
        <Location /by-clock>
            ClientCertRequire %{TIME} -ge %{HTTP:X-After}
        </Location>
        <Location /by-uri>
            ClientCertRequire %{REQUEST_URI} =~ m#/open$#
        </Location>
        <Location /by-date>
            ClientCertRequire %{SSL_CLIENT_V_REMAIN} -ge %{HTTP:X-Days}
        </Location>
        <Location /by-reason>
            ClientCertRequire %{CLIENTCERT_REASON} eq "none"
        </Location>
    </VirtualHost>
    <VirtualHost *:${https}>
        ServerName strict.example.org
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        ClientCertRequire %{SSL_CLIENT_S_DN_CN} eq "Alice"
        <Location /garex>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "Evil"
        </Location>
    </VirtualHost>
"""
GLOBAL = 'ClientCertRequire %{HTTP:X-Outlaw} ne "yes"\n'


@pytest.fixture(scope="module")
def boss(pki):
    return pki.ca.client("/O=garex AG/OU=Fun dept./CN=Boss", san=["email:b@example.org", "email:boss@example.org"])


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(GLOBAL + SITE, modules="http2 headers remoteip alias cgid")
    for path in ("garex/index.html", "garex/fun/index.html", "garex/fun/boss/index.html", "staff.html",
                 "impossible/never/again/index.html", "from-home", "by-header", "by-clock", "by-uri/open",
                 "by-uri/closed", "by-date", "by-reason", "verify", "open.html"):
        server.page(path)
    server.start()


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("http", ["1.0", "1.1", "2"])
def test_the_right_certificate_is_let_in_and_others_are_not(server, pki, http, tls):
    how = {"http": http, "tls": tls}
    assert server.status("/garex/index.html", cert=pki.alice, **how) == 200
    assert server.status("/garex/index.html", cert=pki.mallory, **how) == 403
    assert server.status("/garex/index.html", **how) == 403
    evil, nobody = denials(server, 2)
    assert (evil.reason, evil.verify, evil.rule.values) == ("rule", "SUCCESS", {"SSL_CLIENT_S_DN_O": "Evil"})
    assert (nobody.reason, nobody.verify, nobody.rule.values) == ("rule", "NONE", {"SSL_CLIENT_S_DN_O": ""})


def test_streams_of_one_connection_are_judged_each_by_its_own_rules(server, pki):
    paths = ["/garex/index.html", "/garex/fun/index.html", "/open.html", "/staff.html"] * 10
    with server.h2(pki.alice) as connection:
        assert [response.status for response in connection.gather(paths)] == [200] * 40
    with server.h2(pki.mallory) as connection:
        assert [response.status for response in connection.gather(paths)] == [403, 403, 200, 403] * 10
    denials(server, 30)


def test_a_rule_of_the_whole_server_counts_in_each_virtual_host(server, pki):
    outlaw = {"X-Outlaw": "yes"}
    assert server.status("/open.html", cert=pki.alice, headers=outlaw) == 403
    assert server.status("/open.html", port="http", headers=outlaw) == 403
    assert server.status("/index.html", cert=pki.alice, host="strict.example.org", headers=outlaw) == 403
    assert {found.rule.at for found in denials(server, 3)} == {server.line_of("X-Outlaw")}


def test_a_rule_of_a_virtual_host_counts_everywhere_in_it_and_only_there(server, pki):
    assert server.status("/open.html", cert=pki.mallory) == 200
    assert server.status("/open.html", cert=pki.mallory, host="strict.example.org") == 403
    assert server.status("/open.html", cert=pki.alice, host="strict.example.org") == 200
    assert denial(server).rule.at == server.line_of('eq "Alice"')


def test_the_rules_of_a_virtual_host_and_of_a_location_add_up(server, pki):
    for cert in (pki.alice, pki.mallory):
        assert server.status("/garex/index.html", cert=cert, host="strict.example.org") == 403
    denials(server, 2)


def test_nested_sections_add_up(server, pki, boss):
    clerk = pki.ca.client("/O=garex AG/OU=Accounts/CN=Clerk")
    expected = {"/garex/index.html": (200, 200, 200, 403), "/garex/fun/index.html": (200, 200, 403, 403),
                "/garex/fun/boss/index.html": (200, 403, 403, 403)}
    for path, statuses in expected.items():
        assert tuple(server.status(path, cert=cert) for cert in (boss, pki.alice, clerk, pki.mallory)) == statuses
    denials(server, 1 + 2 + 3)


def test_an_inner_rule_does_not_replace_an_outer_one(server, pki):
    assert server.status("/impossible/never/again/index.html", cert=pki.alice) == 403
    assert denial(server).rule.at == server.line_of('"nobody"')


def test_files_and_if_sections_have_rules_as_well(server, pki):
    assert server.status("/staff.html", cert=pki.alice) == 200
    assert server.status("/staff.html", cert=pki.mallory) == 403
    assert server.status("/open.html?sure", cert=pki.alice) == 200
    assert server.status("/open.html?sure", cert=pki.mallory) == 403
    denials(server, 2)


def test_a_place_without_a_rule_is_open(server, pki):
    for cert in (None, pki.alice, pki.mallory):
        assert server.status("/open.html", cert=cert) == 200


# -- plain http: there is no certificate --------------------------------------------------------

def test_a_rule_without_tls_denies(server):
    assert server.status("/garex/index.html", port="http") == 403
    found = denial(server)
    assert (found.reason, found.verify, found.serial) == ("rule", "NONE", None)


def test_without_tls_the_verdict_is_none(server):
    assert server.status("/verify", port="http") == 200
    assert server.status("/open.html", port="http") == 200


# -- what is cached, and what must not be -------------------------------------------------------

def statuses(connection, path, headers):
    return [connection.get(path, one).status for one in headers]


def test_an_address_is_looked_at_in_each_request_of_a_connection(server, pki):
    home, away = {"X-Real-IP": "192.0.2.7"}, {"X-Real-IP": "198.51.100.1"}
    with server.tls(pki.alice) as connection:
        assert statuses(connection, "/from-home", [home, away, home, {}, home]) == [200, 403, 200, 403, 200]
    with server.tls(pki.mallory) as connection:
        assert statuses(connection, "/from-home", [home, away]) == [403, 403]
    assert [one.rule.values.get("REMOTE_ADDR") for one in denials(server, 4)] == \
        ["198.51.100.1", "127.0.0.1", None, None]


def test_a_header_is_looked_at_in_each_request_of_a_connection(server, pki):
    right, wrong = {"X-Pass": "open"}, {"X-Pass": "shut"}
    with server.tls(pki.alice) as connection:
        assert statuses(connection, "/by-header", [wrong, right, wrong, right, {}]) == [403, 200, 403, 200, 403]
    with server.h2(pki.alice) as connection:
        streams = [connection.send("/by-header", one) for one in (right, wrong) * 10]
        assert [connection.response(stream).status for stream in streams] == [200, 403] * 10
    denials(server, 13)


def test_the_clock_is_looked_at_in_each_request_of_a_connection(server, pki):
    past, future = {"X-After": "20200101000000"}, {"X-After": "99990101000000"}
    with server.tls(pki.alice) as connection:
        assert statuses(connection, "/by-clock", [past, future, past]) == [200, 403, 200]
    denial(server)


def test_the_url_is_looked_at_in_each_request_of_a_connection(server, pki):
    with server.tls(pki.alice) as connection:
        found = [connection.get(path).status for path in ("/by-uri/open", "/by-uri/closed", "/by-uri/open")]
    assert found == [200, 403, 200]
    denial(server)


def test_the_days_that_remain_are_compared_in_each_request(server, pki):
    with server.tls(pki.alice) as connection:
        found = statuses(connection, "/by-date", [{"X-Days": "300"}, {"X-Days": "400"}, {"X-Days": "300"}])
    assert found == [200, 403, 200]
    denial(server)


def test_a_refusal_of_one_request_is_no_reason_in_the_next(server, pki):
    with server.tls(pki.alice) as connection:
        assert connection.get("/impossible/never/again/index.html").status == 403
        assert connection.get("/by-reason").status == 200
    denial(server)


def test_pure_rules_hold_for_every_request_of_a_connection(server, pki):
    for cert, status in ((pki.alice, 200), (pki.mallory, 403)):
        with server.tls(cert) as connection:
            assert statuses(connection, "/garex/index.html", [{}] * 5) == [status] * 5
    denials(server, 5)


# -- values of mod_ssl ---------------------------------------------------------------------------

def test_the_rules_do_not_change_what_mod_ssl_tells_others(server, pki):
    seen = server.curl("/cgi-bin/seen", cert=pki.mallory).seen
    assert (seen.env["SSL_CLIENT_S_DN_O"], seen.env["SSL_CLIENT_VERIFY"]) == ("Evil", "SUCCESS")
