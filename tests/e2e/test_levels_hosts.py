# SPDX-License-Identifier: Apache-2.0
"""Different levels and CAs on the virtual hosts of one port: each judges its own handshakes and its own
requests, whatever connection or session they come by."""
import pytest
from harness.crls import crl, folder, publish, ready
from harness.flawed import SUBJECT
from harness.verdicts import connect, outcome, statuses, told

HOST = """
    <VirtualHost *:${{https}}>
        ServerName {name}.example.org
        Include ${{tls}}
        SSLVerifyDepth 2
        {settings}
        Header always set X-Host {name}
        Header always set X-Ours "expr=%{{CLIENTCERT_VERIFY}} %{{CLIENTCERT_REASON}}"
        Header always set X-Theirs "%{{SSL_CLIENT_VERIFY}}s"
        ErrorDocument 403 "refused: %{{CLIENTCERT_REASON}}"
        ProxyPass /seen ${{backend}}/seen
        <Location /seen>
            ClientCertForward rfc9440
            ClientCertHeader X-Client-Verify "%{{SSL_CLIENT_VERIFY}}"
        </Location>
        <Location /line>
            Require clientcert
        </Location>
        <Location /rule>
            ClientCertRequire %{{SSL_CLIENT_VERIFY}} eq "SUCCESS"
        </Location>
        <Location /theirs>
            Require expr %{{SSL_CLIENT_VERIFY}} == 'SUCCESS'
        </Location>
    </VirtualHost>
"""
FIRST, OTHER = "SSLCACertificateFile ${ca}\n", "SSLCACertificateFile ${other}\n"
# Name -> settings, SSLVerifyClient, ClientCertVerify, and the level.
HOSTS = {
    "ssl": (FIRST, "optional", None, "ssl"),
    "spelled": (FIRST, "optional", "ssl", "ssl"),
    "report": (FIRST, "optional_no_ca", "report", "report"),
    "one": (FIRST, "optional_no_ca", "1", "report"),
    "require": (FIRST, "require", "require", "require"),
    "two": (FIRST, "require", "2", "require"),
    "off": (FIRST, "optional", "off", "off"),
    "zero": (FIRST, "require", "0", "off"),
    "off-generous": (FIRST, "optional_no_ca", "off", "off"),
    "off-none": (FIRST, "none", "off", "off"),
    "other-report": (OTHER, "optional_no_ca", "report", "report"),
    "other-require": (OTHER, "require", "require", "require"),
    "other-ssl": (OTHER, "optional", "ssl", "ssl"),
    # The same as mod_ssl sees it; it lets these share connections with "report".
    "generous": (FIRST, "optional_no_ca", "ssl", "ssl"),
}
OF_OTHER = ("other-report", "other-require", "other-ssl")
ALERTS = {"alice": "TLSV1_ALERT_UNKNOWN_CA", "olga": "TLSV1_ALERT_UNKNOWN_CA", "late": "SSLV3_ALERT_CERTIFICATE_EXPIRED",
          "gone": "SSLV3_ALERT_CERTIFICATE_REVOKED"}
NOBODY = {"1.2": "SSLV3_ALERT_HANDSHAKE_FAILURE", "1.3": "TLSV13_ALERT_CERTIFICATE_REQUIRED"}
GOOD, NONE = "SUCCESS none", "NONE none"
WHO = ("alice", "olga", "late", "gone", "nobody")
every_host = pytest.mark.parametrize("name", HOSTS)
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


def reason_of(who, name):
    """Why somebody is refused by the CAs and CRLs of a host; None where he is good."""
    own = (who == "olga") == (name in OF_OTHER)
    return "unknown-issuer" if not own else {"late": "expired", "gone": "revoked"}.get(who)


def expected(who, name, version):
    """What a page of the host tells of him on a connection of its own, or the alert."""
    _, verify, _, level = HOSTS[name]
    if who == "nobody":
        return NOBODY[version] if verify == "require" else NONE
    reason = reason_of(who, name)
    if level == "off":
        # mod_ssl goes on to do what SSLVerifyClient says; revocation is ours, and off.
        bad = reason not in (None, "revoked")
        tolerated = reason == "unknown-issuer" and verify == "optional_no_ca"
        return ALERTS[who] if bad and not tolerated and verify != "none" else NONE
    if reason is None:
        return GOOD
    if level == "report" or name == "generous" and reason == "unknown-issuer":
        return f"FAILED {reason}"
    return "TLSV1_ALERT_UNKNOWN_CA" if reason == "unknown-issuer" else ALERTS[who]


def site_of(policy=""):
    hosts = "".join(HOST.format(
        name=name, settings=f"{cas}SSLVerifyClient {verify}\n" + (f"ClientCertVerify {line}" if line else "")
        + ("" if name in OF_OTHER else "\nClientCertCRL ${crl}")) for name, (cas, verify, line, _) in HOSTS.items())
    return f"Protocols h2 http/1.1\nKeepAliveTimeout 60\nMaxKeepAliveRequests 0\n{policy}\n{hosts}" + """
    <VirtualHost *:${http}>
        ServerName report.example.org
        ClientCertVerify report
        Header always set X-Ours "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
        <Location /line>
            Require clientcert
        </Location>
    </VirtualHost>
    <VirtualHost *:${http}>
        ServerName require.example.org
        ClientCertVerify require
        Header always set X-Ours "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    </VirtualHost>
    """


@pytest.fixture(scope="module")
def authority(pki):
    return pki.authority("/O=Test/CN=Test CA")  # the same name as that of the first, another key


@pytest.fixture(scope="module")
def people(pki, authority):
    return {"alice": pki.ca.client(SUBJECT), "olga": authority.client(SUBJECT), "nobody": None,
            "late": pki.ca.client(SUBJECT, valid=("-2d", "-1d")), "gone": pki.ca.client(SUBJECT)}


@pytest.fixture(scope="module")
def start(make_server, pki, authority, people, backends):
    def started(policy):
        server = make_server()
        file = publish(folder(server) / "ca.crl", crl(pki.ca, [people["gone"]]))
        server.configure(site_of(policy), modules="headers proxy_http http2", ports="https http",
                         backend=backends.http.url, other=authority, crl=file)
        for page in "rule", "line", "theirs":
            server.page(page)
        # mod_ssl, of handshakes and hosts that it refuses; mod_authz_core, of each refused Require line.
        server.allow_log("AH02039|AH02040|AH02032|AH01630|SSL Library Error", always=True)
        server.allow_log("CC0101|CC0205", always=True)
        server.start()
        return ready(server, people["alice"], host=domain("ssl"))
    return started


@pytest.fixture(scope="module")
def careful(start):
    return start("")


@pytest.fixture(scope="module")
def insecure(start):
    return start("SSLVHostSNIPolicy insecure")


def domain(name):
    return f"{name}.example.org"


def authority_of(server, name):
    return f"{domain(name)}:{server.ports['https']}"


def told_by(server, credential, name, version, **options):
    """VERIFY and REASON as a host tells them, or its alert."""
    said = outcome(server, credential, version, host=domain(name), **options)
    if said != 200:
        return said
    with connect(server, credential, version, host=domain(name), **options) as connection:
        return told(connection)


# -- each for itself ---------------------------------------------------------------------------

@both_versions
@every_host
@pytest.mark.parametrize("who", WHO)
def test_each_host_has_its_own_level_and_its_own_authorities(careful, people, who, name, version):
    wanted = expected(who, name, version)
    assert told_by(careful, people[who], name, version) == wanted
    if " " not in wanted:
        return
    for how in version, f"h2 {version}":
        with connect(careful, people[who], how, host=domain(name)) as connection:
            response = connection.get("/index.html")
            assert (response.header("X-Host"), response.header("X-Ours")) == (name, wanted)
            assert wanted == GOOD or HOSTS[name][3] == "off" or response.header("X-Theirs") != "SUCCESS"
            status = 200 if wanted == GOOD else 403
            assert statuses(connection, ["/line", "/rule"]) == {"/line": status, "/rule": status}
            seen = connection.get("/seen").seen
            assert (seen.value("Client-Cert") is not None) == (wanted == GOOD)
            assert seen.value("X-Client-Verify") == wanted.removesuffix(" none").replace(" ", ":")


@both_versions
@pytest.mark.parametrize("name", [name for name in HOSTS if HOSTS[name][3] == "off"])
def test_off_does_not_close_connections_of_the_revoked(careful, people, name, version):
    """Their certificates are nobody's business there."""
    with connect(careful, people["gone"], version, host=domain(name)) as connection:
        for _ in range(3):
            assert told(connection) == NONE
    assert not careful.log_lines("CC0205|CC0206")


@both_versions
def test_a_denial_on_a_host_that_is_off_names_nobody(careful, people, version):
    with connect(careful, people["alice"], version, host=domain("off")) as connection:
        assert connection.get("/line").text == "refused: rule"
    line, = careful.expect_log("CC0101", times=1)
    assert "reason=rule verify=NONE" in line and "subject=" not in line


@pytest.mark.parametrize("name", ["report", "require"])
def test_a_level_is_nothing_to_a_host_in_clear(careful, name):
    response = careful.curl(port="http", host=domain(name))
    assert (response.status, response.header("X-Ours")) == (200, NONE)
    assert careful.status("/line", port="http", host=domain("report")) == 403


# -- sessions ----------------------------------------------------------------------------------

PAIRS = [("report", "require"), ("report", "ssl"), ("report", "generous"), ("report", "off"), ("off", "report"),
         ("off", "require"), ("zero", "require"), ("off-generous", "report"), ("generous", "report"), ("require", "report"),
         ("require", "off"), ("ssl", "report"), ("ssl", "require"), ("report", "other-report"), ("other-report", "report"),
         ("other-require", "require"), ("one", "report"), ("two", "require"), ("report", "report"), ("off-none", "report")]


@both_versions
@pytest.mark.parametrize("first,second", PAIRS)
def test_a_session_of_one_host_makes_nobody_better_at_another(careful, people, first, second, version):
    for who in WHO:
        begun = told_by(careful, people[who], first, version)
        if " " not in begun:
            continue  # no session to try
        with connect(careful, people[who], version, host=domain(first)) as connection:
            told(connection)
            session = dict(session=connection.socket.session, made=connection.socket.context)
        said = told_by(careful, None, second, version, **session)
        wanted = {expected(who, second, version)}
        if HOSTS[first][1] == "none":  # the session is that of one who was not asked
            wanted |= {NONE, NOBODY[version]}
        assert said in wanted, (who, begun, said)


@both_versions
@pytest.mark.parametrize("name", ["ssl", "report", "require", "off", "generous"])
def test_a_good_session_is_resumed_where_it_was_made(careful, people, name, version):
    for who in "alice", "nobody":
        if who == "nobody" and name == "require":
            continue
        with connect(careful, people[who], version, host=domain(name)) as first:
            wanted = told(first)
            with first.resume() as second:
                assert second.resumed
                assert told(second) == wanted == expected(who, name, version)


# -- one connection, several hosts ---------------------------------------------------------------

# mod_ssl lets connections be shared where its own settings are the same.
ALIKE = ["report", "one", "off-generous", "generous"]


@both_versions
@pytest.mark.parametrize("sni", ALIKE)
@pytest.mark.parametrize("who", WHO)
def test_hosts_alike_to_mod_ssl_share_a_connection_and_no_verdict(careful, people, sni, who, version):
    """RFC 9113, 9.1.1: a browser uses a connection for each host that its certificate names."""
    begun = expected(who, sni, version)
    if " " not in begun:
        return
    for how in version, f"h2 {version}":
        with connect(careful, people[who], how, host=domain(sni)) as connection:
            for name in [*ALIKE, *reversed(ALIKE)]:
                if (who, name) != ("gone", "generous"):  # see below
                    check_shared(careful, connection, who, name, how)


def check_shared(server, connection, who, name, how):
    ask = (dict(authority=authority_of(server, name)) if how.startswith("h2")
           else dict(headers={"Host": authority_of(server, name)}))
    wanted = shared(who, name)
    response = connection.get("/index.html", **ask)
    assert (response.header("X-Host"), response.header("X-Ours")) == (name, wanted)
    assert response.status == 200
    for path in "/line", "/rule":
        assert (name, path, connection.get(path, **ask).status) == (name, path, 200 if wanted == GOOD else 403)
    if wanted.startswith("FAILED"):
        assert connection.get("/theirs", **ask).status == 403


def shared(who, name):
    """What a host tells of a request on the connection of another one; there is no alert any more."""
    if who == "nobody" or HOSTS[name][3] == "off":
        return NONE
    reason = reason_of(who, name)
    return f"FAILED {reason}" if reason else GOOD


@both_versions
@pytest.mark.parametrize("sni", ["report", "off-generous"])
def test_a_level_that_lets_no_revoked_one_in_ends_the_connection(careful, people, sni, version):
    with connect(careful, people["gone"], version, host=domain(sni)) as connection:
        assert told(connection) == shared("gone", sni)
        response = connection.get("/index.html", {"Host": authority_of(careful, "generous")})
        assert (response.status, response.header("X-Ours")) == (403, "FAILED revoked")
        assert connection.closed_by_peer()


# Where it lets all of them: mod_ssl does not ask for what it has.
@both_versions
@pytest.mark.parametrize("sni", ["report", "generous", "off-generous", "ssl", "require", "other-report"])
@pytest.mark.parametrize("who", WHO)
def test_a_request_is_judged_by_its_own_host(insecure, people, sni, who, version):
    if " " not in expected(who, sni, version):
        return
    names = [name for name in HOSTS if HOSTS[name][1] != "require" and name != "off-none"]
    if HOSTS[sni][1] == "require":
        names += ["require", "two", "zero"]
    with connect(insecure, people[who], version, host=domain(sni)) as connection:
        for name in [*names, *reversed(names)]:
            if who == "gone" and HOSTS[name][3] == "ssl" and name not in OF_OTHER:
                continue  # ends the connection
            response = connection.get("/index.html", {"Host": authority_of(insecure, name)})
            assert response.header("X-Host") == name
            assert (name, response.header("X-Ours")) == (name, shared(who, name))
            level, good = HOSTS[name][3], shared(who, name) == GOOD
            if level == "require":
                assert (name, response.status) == (name, 200 if good else 403)
            elif level in ("report", "off"):
                assert (name, response.status) == (name, 200)
            status = connection.get("/line", {"Host": authority_of(insecure, name)}).status
            assert (name, status) == (name, 200 if good else 403)


@pytest.mark.parametrize("sni", ["report", "other-report", "ssl"])
@pytest.mark.parametrize("who", WHO)
def test_streams_of_one_connection_are_judged_by_their_own_hosts(insecure, people, sni, who):
    if " " not in expected(who, sni, "1.3"):
        return
    names = [name for name in HOSTS if HOSTS[name][1] != "require" and name != "off-none"]
    if who == "gone":
        names = [name for name in names if HOSTS[name][3] != "ssl" or name in OF_OTHER]  # they end the connection
    with connect(insecure, people[who], "h2 1.3", host=domain(sni)) as connection:
        streams = [(name, connection.send("/index.html", authority=authority_of(insecure, name)),
                    connection.send("/rule", authority=authority_of(insecure, name))) for _ in range(3) for name in names]
        for name, page, rule in streams:
            assert (name, connection.response(page).header("x-ours")) == (name, shared(who, name))
            assert (name, connection.response(rule).status) == (name, 200 if shared(who, name) == GOOD else 403)


@both_versions
@pytest.mark.parametrize("sni", ["report", "off-generous", "generous", "ssl"])
@pytest.mark.parametrize("who", ["olga", "late", "nobody"])
def test_nobody_gets_into_a_host_that_requires_by_the_door_of_another(insecure, people, sni, who, version):
    """mod_ssl may ask again, or not; whatever it does, a bad certificate, or none, gets nothing."""
    if " " not in expected(who, sni, version):
        return
    for name in "require", "two":
        with connect(insecure, people[who], version, host=domain(sni)) as connection:
            try:
                for path in "/index.html", "/line", "/rule", "/theirs", "/seen":
                    assert connection.get(path, {"Host": authority_of(insecure, name)}).status == 403
            except OSError:
                pass  # refused by the end of the connection
    insecure.allow_log(r"AH10158|AH0226\d|AH02225")
