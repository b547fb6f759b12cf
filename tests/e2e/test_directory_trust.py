# SPDX-License-Identifier: Apache-2.0
"""ClientCertCA: other CAs in each directory of a virtual host, judged at the request, with HTTP/2 and TLS 1.3
as well, and nothing is negotiated again."""
import ssl
from contextlib import ExitStack

import pytest
from harness import tls
from harness.crls import crl, folder, publish, ready
from harness.denial import denials
from harness.flawed import SUBJECT
from harness.verdicts import HOWS, connect
from harness.waiting import wait_until

HOST = """
    <VirtualHost *:${{{port}}}>
        Include ${{tls}}
        SSLCACertificateFile ${{{cas}}}
        {settings}
        ClientCertCRL ${{crls}}
        ClientCertRevokedConnections keep
        Header always set X-Ours "expr=%{{CLIENTCERT_VERIFY}} %{{CLIENTCERT_REASON}}"
        Header always set X-Issuer "expr=%{{CLIENTCERT_ISSUER}}"
        Header always set X-Resumed "expr=%{{SSL_SESSION_RESUMED}}"
        ErrorDocument 403 "refused: %{{CLIENTCERT_REASON}}"
        {directories}
    </VirtualHost>
"""
CAS = {"/staff": "${staff}", "/partners": "${partners}", "/both": "${both}", "/staff/partners": "${partners}",
       "/issuing": "${issuing}"}
DIRECTORY = """
    <Location {path}>
        ClientCertCA {ca}
    </Location>
    <Location {path}/line>
        Require clientcert
    </Location>
    <Location {path}/rule>
        ClientCertRequire %{{SSL_CLIENT_S_DN_CN}} ne ""
    </Location>
    <Location {path}/seen>
        ProxyPass ${{backend}}/seen
        ClientCertForward rfc9440
        ClientCertHeader X-Client-Verify "%{{SSL_CLIENT_VERIFY}}"
    </Location>
"""
DIRECTORIES = "".join(DIRECTORY.format(path=path, ca=ca) for path, ca in CAS.items())
# Port -> CAs of the virtual host, and its settings.
HOSTS = {
    "generous": ("host", "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 2"),
    "optional": ("all", "SSLVerifyClient optional\nSSLVerifyDepth 2"),
    "report": ("host", "SSLVerifyClient optional_no_ca\nClientCertVerify report\nClientCertVerifyDepth 2"),
    "require": ("all", "SSLVerifyClient require\nSSLVerifyDepth 2\nClientCertVerify require"),
    "off": ("all", "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 2\nClientCertVerify off"),
}
KNOWS_ALL = ("optional", "require")
# Who -> the directories whose CAs have issued his certificate, and why not where they are.
PEOPLE = {
    "staff": ({"/staff", "/both"}, None),
    "staff below": ({"/staff", "/both", "/issuing"}, None),
    "partner": ({"/partners", "/both", "/staff/partners"}, None),
    "old partner": ({"/partners", "/both", "/staff/partners"}, None),
    "of the host": ({"/"}, None),
    "stranger": (set(), None),
    "late staff": ({"/staff", "/both"}, "expired"),
    "revoked staff": ({"/staff", "/both"}, "revoked"),
    "revoked partner": ({"/partners", "/both", "/staff/partners"}, "revoked"),
    "of a revoked CA": ({"/partners", "/both", "/staff/partners"}, "revoked"),
    "deep": ({"/staff", "/both", "/issuing"}, "chain-too-long"),
    "server": ({"/staff", "/both"}, "wrong-purpose"),
    "nobody": (set(), None),
}
def handshakes(who, port):
    """Whether the virtual host lets somebody through the handshake."""
    directories, reason = PEOPLE[who]
    if who == "nobody":
        return port != "require"
    if port in KNOWS_ALL:
        return bool(directories) and not reason
    # mod_ssl tolerates an unknown issuer and no other error; revocation is not its affair here.
    return port == "report" or reason not in ("expired", "wrong-purpose", "chain-too-long" if port == "off" else None)


PAGES = ("page", "line", "rule", "seen")
every_how = pytest.mark.parametrize("how", HOWS)
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


class People(dict):
    """The credentials, the CA files and the CRLs."""

    def __init__(self, pki):
        super().__init__(nobody=None)
        staff, partners, old, self.host = (pki.authority(f"/O=Test/CN={name}") for name in ("Staff", "Partners", "Old", "Host"))
        issuing = staff.intermediate("/O=Test/CN=Issuing")
        gone = partners.intermediate("/O=Test/CN=Gone")
        self.staff, self.partners = staff, partners
        self["staff"], self["staff below"] = staff.client(SUBJECT), issuing.client(SUBJECT)
        self["partner"], self["old partner"] = partners.client(SUBJECT), old.client(SUBJECT)
        self["of the host"] = self.host.client(SUBJECT)
        self["stranger"] = pki.authority("/O=Test/CN=Staff").client(SUBJECT)
        self["late staff"] = staff.client(SUBJECT, valid=("-2d", "-1d"))
        self["revoked staff"], self["revoked partner"] = staff.client(SUBJECT), partners.client(SUBJECT)
        self["of a revoked CA"] = gone.client(SUBJECT)
        self["deep"] = issuing.intermediate("/O=Test/CN=Deep").client(SUBJECT)
        self["server"] = staff.issue(SUBJECT, {"extendedKeyUsage": "serverAuth"})
        assert self.keys() == PEOPLE.keys()
        self.files = {"staff": staff, "issuing": issuing, "both": pki.bundle(staff, partners, old), "host": self.host,
                      "all": pki.bundle(staff, partners, old, self.host)}
        self.folder = {"one.pem": partners, "two.crt": old}
        self.crls = {"staff": crl(staff, [self["revoked staff"]]), "partners": crl(partners, [self["revoked partner"], gone]),
                     "old": crl(old), "host": crl(self.host), "issuing": crl(issuing), "gone": crl(gone)}


@pytest.fixture(scope="module")
def people(pki):
    return People(pki)


@pytest.fixture(scope="module", autouse=True)
def site(server, people, backends):
    for name, content in people.crls.items():
        publish(folder(server) / name, content)
    directory = folder(server, "partners")
    for name, authority in people.folder.items():
        (directory / name).write_text(authority.cert.read_text())
    hosts = "".join(HOST.format(port=port, cas=cas, settings=settings, directories=DIRECTORIES)
                    for port, (cas, settings) in HOSTS.items())
    server.configure("Protocols h2 http/1.1\nKeepAliveTimeout 60\nMaxKeepAliveRequests 0\n" + hosts,
                     modules="http2 headers proxy_http", ports=" ".join(HOSTS), crls=folder(server), partners=directory,
                     backend=backends.http.url, **people.files)
    for path in ["", *CAS]:
        for page in PAGES[:3]:
            server.page(f"{path}/{page}")
    server.allow_log("AH01630|AH02039|AH02040|SSL Library Error", always=True)
    server.start()
    ready(server, people["of the host"], port="generous")
    # These chains make known who has signed two more CRLs.
    becomes(server, people["staff below"], "/staff", "SUCCESS none")
    becomes(server, people["of a revoked CA"], "/partners", "FAILED revoked")


def becomes(server, credential, path, wanted):
    def there():
        with connect(server, credential, port="report") as connection:
            return connection.get(f"{path}/page").header("X-Ours") == wanted
    wait_until(there, lambda: f"never {wanted}:\n" + "\n".join(server.log_lines("CC0")[-20:]))


def expected(who, path):
    """VERIFY and REASON in a directory."""
    if who == "nobody":
        return "NONE none"
    directories, reason = PEOPLE[who]
    return ("FAILED unknown-issuer" if path not in directories else f"FAILED {reason}" if reason else "SUCCESS none")


def look(connection, who, path, port):
    """The four pages of a directory; how many lines CC0101 that makes."""
    wanted, denied = expected(who, path), 0
    if port == "off":
        wanted = "NONE none"
    bad, good = wanted.startswith("FAILED"), wanted == "SUCCESS none"
    for page in PAGES:
        response = connection.get(f"{path}/{page}")
        refused = bad and port != "report" or not good and page in ("line", "rule")
        assert (path, page, response.status) == (path, page, 403 if refused else 200)
        said = wanted.replace("NONE none", "NONE rule") if refused else wanted
        assert (path, page, response.header("X-Ours")) == (path, page, said)
        if refused:
            denied += 1
            assert response.text == f"refused: {said.split()[1]}"
        elif page == "seen":
            assert (response.seen.value("Client-Cert") is not None) == good
            assert response.seen.value("X-Client-Verify") == wanted.removesuffix(" none").replace(" ", ":")
        else:
            assert bool(response.header("X-Issuer")) == good
    return denied


# -- each directory for itself -----------------------------------------------------------------

@every_how
@pytest.mark.parametrize("port,who", [(port, who) for port in HOSTS for who in PEOPLE if handshakes(who, port)])
def test_each_directory_trusts_its_own_authorities(server, people, who, port, how):
    """On one connection, from one to the next and back again."""
    paths = [path for path in CAS if path != "/issuing"]
    with connect(server, people[who], how, port=port) as connection:
        times = sum(look(connection, who, path, port) for path in [*paths, *reversed(paths)])
        said = {"off": "NONE none"}.get(port) or ("SUCCESS none" if port in KNOWS_ALL and who != "nobody" else None)
        if said:
            assert connection.get("/page").header("X-Ours") == said
    for found in denials(server, times):
        reason = expected(who, found.uri.rpartition("/")[0]).split()[1]
        unknown = port == "off" or who == "nobody"
        assert (found.verify, found.reason) == (("NONE", "rule") if unknown else ("FAILED", reason))


@both_versions
@pytest.mark.parametrize("port", KNOWS_ALL)
@pytest.mark.parametrize("who", [who for who in PEOPLE if PEOPLE[who][1] or who == "stranger"])
def test_whom_the_host_refuses_no_directory_lets_in(server, people, who, port, version):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with connect(server, people[who], version, port=port) as connection:
            connection.get("/staff/page")
    server.allow_log("CC0205")


@every_how
def test_the_authorities_of_the_host_are_those_of_no_directory(server, people, how):
    with connect(server, people["of the host"], how, port="generous") as connection:
        assert connection.get("/page").header("X-Ours") == "SUCCESS none"
        assert connection.get("/line").status == 200
        for path in CAS:
            response = connection.get(f"{path}/page")
            assert (response.status, response.header("X-Ours")) == (403, "FAILED unknown-issuer")
        assert connection.get("/page").header("X-Ours") == "SUCCESS none"
    for found in denials(server, len(CAS)):
        assert (found.verify, found.reason, found.rules) == ("FAILED", "unknown-issuer", [])
        assert found.serial == people["of the host"].serial


@both_versions
@pytest.mark.parametrize("port", ["generous", "report", "optional", "require"])
def test_an_issuing_ca_can_be_named_without_its_root(server, people, port, version):
    """/staff for one CA of the company, and another for another."""
    for who, good in ("staff below", True), ("staff", False), ("partner", False):
        with connect(server, people[who], version, port=port) as connection:
            response = connection.get("/issuing/page")
            assert (who, response.header("X-Ours")) == (who, "SUCCESS none" if good else "FAILED unknown-issuer")
            assert connection.get("/issuing/line").status == (200 if good else 403)
    server.allow_log("CC0101")


# -- many requests, many streams -------------------------------------------------------------------

@pytest.mark.parametrize("how", ["h2 1.2", "h2 1.3"])
@pytest.mark.parametrize("port", ["generous", "report", "optional"])
def test_streams_at_once_are_each_judged_in_their_own_directory(server, people, port, how):
    paths = [path for path in CAS if path != "/issuing"] * 15
    for who in "staff", "staff below", "partner":
        with connect(server, people[who], how, port=port) as connection:
            for path, response in zip(paths, connection.gather([f"{path}/line" for path in paths])):
                wanted = expected(who, path)
                assert (path, response.header("x-ours")) == (path, wanted)
                assert (path, response.status) == (path, 200 if wanted == "SUCCESS none" else 403)
    server.allow_log("CC0101")


HELLO_REQUEST, CLIENT_HELLO, CERTIFICATE_REQUEST, CERTIFICATE = 0, 1, 13, 11


@both_versions
@pytest.mark.parametrize("port", ["generous", "report", "optional", "require"])
def test_nothing_is_negotiated_again(server, people, port, version):
    """As the client sees it: no message of a handshake but new tickets."""
    made, seen = tls.context(people["staff below"], server.pki.ca.cert, version), []
    made._msg_callback = lambda _, direction, version, content, kind, data: seen.append((content.name, kind.value))
    with server.tls(made=made, port=port) as connection:
        connection.get("/page")
        seen.clear()
        for _ in range(20):
            for path in "/staff", "/both", "/partners", "/staff/partners":
                connection.get(f"{path}/page")
    kinds = {kind for content, kind in seen if content == "HANDSHAKE"}
    assert not kinds & {HELLO_REQUEST, CLIENT_HELLO, CERTIFICATE_REQUEST, CERTIFICATE}, kinds
    assert not server.log_lines("AH02221|AH02226|AH02261|AH10129")
    server.allow_log("CC0101")


# -- sessions, and what happens meanwhile -------------------------------------------------------------

@both_versions
@pytest.mark.parametrize("who,port", [("staff", "optional"), ("staff below", "optional"), ("staff below", "require"),
                                      ("of the host", "generous"), ("of the host", "report"), ("nobody", "generous")])
def test_a_resumed_session_is_judged_the_same(server, people, who, port, version):
    """Its chain has come along, or is not needed."""
    with connect(server, people[who], version, port=port) as first:
        first.get("/page")
        with first.resume() as second:
            assert second.resumed
            times = sum(look(second, who, path, port) for path in ("/staff", "/partners", "/both", "/staff"))
    server.expect_log("CC0101", times=times) if times else None


@both_versions
@pytest.mark.parametrize("port,who", [(port, who) for port in ("generous", "report")
                                      for who in ("staff", "staff below", "partner", "stranger", "late staff") if handshakes(who, port)])
def test_who_is_bad_to_the_host_comes_back_with_a_full_handshake(server, people, who, port, version):
    """And is judged in a directory as before."""
    with connect(server, people[who], version, port=port) as first:
        assert first.get("/page").header("X-Ours").startswith("FAILED")
        session = dict(session=first.socket.session, made=first.socket.context)
        with connect(server, None, version, port=port, **session) as second:
            assert not second.resumed
            for path in "/staff", "/partners":
                look(second, who, path, port)
    server.allow_log("CC0101")


@pytest.fixture
def connections():
    with ExitStack() as stack:
        yield stack


def all_become(connections, status):
    wait_until(lambda: {connection.get("/staff/line").status for connection in connections} == {status}, f"not {status}")


@pytest.mark.parametrize("port", ["generous", "report", "optional", "require"])
def test_who_is_revoked_meanwhile_is_revoked_here_too(server, people, connections, port):
    bob = people.staff.client(SUBJECT)
    opened = [connections.enter_context(connect(server, bob, how, port=port)) for how in HOWS]
    assert {connection.get("/staff/line").status for connection in opened} == {200}
    publish(folder(server) / "staff", crl(people.staff, [people["revoked staff"], bob]))
    all_become(opened, 403)
    for connection in opened:
        response = connection.get("/staff/page")
        assert (response.status, response.header("X-Ours")) == (200 if port == "report" else 403, "FAILED revoked")
    server.allow_log("CC0101")


def test_who_expires_meanwhile_is_expired_here_too(server, people, connections):
    soon = people.staff.client(SUBJECT, valid=("-1d", "+4s"))
    opened = [connections.enter_context(connect(server, soon, how, port=port))
              for how in HOWS for port in ("generous", "report", "optional")]
    assert {connection.get("/staff/line").status for connection in opened} == {200}
    all_become(opened, 403)
    for connection in opened:
        assert connection.get("/staff/page").header("X-Ours") == "FAILED expired"
    server.allow_log("CC0101")
