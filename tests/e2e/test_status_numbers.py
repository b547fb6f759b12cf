# SPDX-License-Identifier: Apache-2.0
"""What clientcert-status counts: handshakes, denials, verdicts, maps and lookups, in all children together."""
import ssl
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import logins, status
from harness.crls import crl, folder, pem, publish, ready
from harness.load import pipeline, prompt
from harness.waiting import wait_until

MPMS = ["event", "prefork"]
SITE = """
    Protocols h2 http/1.1
    KeepAliveTimeout 60
    MaxKeepAliveRequests 0
    AliasMatch "^/" "${htdocs}/index.html"
    ClientCertMap staff lookup=file:${users} key=subject:CN cache=1h
    ClientCertMap gone lookup=dbm:${missing} key=subject:CN
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_CN} eq "Alice"
    </Location>
    <Location /staff>
        AuthType ClientCert
        ClientCertUseMap staff
        Require valid-user
    </Location>
    <Location /gone>
        AuthType ClientCert
        ClientCertUseMap gone
        Require valid-user
    </Location>
    <Location /password>
        AuthType Basic
        AuthName x
        AuthBasicProvider file
        AuthUserFile "${root}/passwords"
        ClientCertBasicAuth fallback
        ClientCertUser subject:CN
        Require valid-user
    </Location>
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        ClientCertCRL ${crl}
    </VirtualHost>
    <VirtualHost *:${report}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
    </VirtualHost>
    <VirtualHost *:${strict}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient require
        ClientCertVerify require
        ClientCertMap own subject:CN "(.*)" "$1"
        <Location /own>
            AuthType ClientCert
            ClientCertUseMap own
            Require valid-user
        </Location>
    </VirtualHost>
""" + status.HANDLER


@pytest.fixture(scope="module")
def bob(pki):
    return pki.ca.client("/O=garex AG/CN=Bob")


@pytest.fixture(scope="module")
def mallory(pki):
    return pki.ca.client("/O=garex AG/CN=Mallory")


@pytest.fixture(scope="module")
def bad(pki, mallory):
    return {"mallory": mallory, "late": pki.ca.client("/CN=Late", valid=("-2d", "-1d")),
            "stranger": pki.authority("/CN=Another CA").client("/CN=Stranger")}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, mallory):
    users = server.root / "users"
    users.write_text("Alice alice\n")
    (server.root / "passwords").write_text(logins.entry("carol", "secret"))
    file = publish(folder(server) / "ca.crl", pem(crl(pki.ca, [mallory])))
    modules = "alias authz_user auth_basic authn_file" + ("" if server.mpm == "prefork" else " http2")
    server.configure(SITE, modules=modules, ports="http https report strict", crl=file, users=users,
                     missing=server.root / "missing.dbm")
    if server.mpm == "prefork":
        server.allow_log("AH10034", always=True)  # no HTTP/2 there
    server.start()
    ready(server, pki.alice)


@pytest.fixture
def counted(server):
    """What has been counted since the test began, at one place of the JSON."""
    server.settle()
    before = status.read(server)

    def difference(*path):
        server.settle()  # some things are counted when the answer has been sent
        return status.difference(before, status.read(server), *path)
    return difference


def refused(server, cert, **options):
    """A handshake that ends with an alert, now or with the first request."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with prompt(server.tls(cert, **options)) as connection:
            connection.get("/")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_handshakes_are_counted_once_each(server, pki, counted, version):
    for _ in range(2):
        with server.tls(pki.alice, version=version) as first:
            assert first.get("/rule").status == 200
            with first.resume() as second:
                assert second.get("/rule").status == 200
                assert second.resumed
    assert counted("handshakes") == {"full": 2, "resumed": 2}
    with server.tls(None, version=version) as nobody:
        assert nobody.get("/").status == 200
    assert counted("handshakes") == {"full": 3, "resumed": 2}


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("port, who, reason", [
    ("https", "mallory", "revoked"), ("https", "stranger", "unknown-issuer"), ("https", "late", "expired"),
    ("strict", "stranger", "unknown-issuer"), ("strict", "late", "expired"), ("strict", None, "none"),
])
def test_refused_handshakes_by_reason(server, bad, counted, port, who, reason, version):
    server.allow_log("AH0|CC0205|SSL Library")
    refused(server, bad.get(who), port=port, version=version)
    assert counted("handshakes", "refused") == {reason: 1}
    assert counted("handshakes") == {}


def test_handshakes_that_fail_for_other_reasons(server, pki, counted):
    server.allow_log("AH0|SSL Library")
    with pytest.raises(ssl.SSLError):  # a client that does not know the server's CA
        server.tls(pki.alice, made=ssl.create_default_context())
    wait_until(lambda: counted("handshakes") == {"failed": 1}, lambda: str(counted("handshakes")))
    assert counted("handshakes", "refused") == {}


def test_denials_by_reason(server, pki, bob, counted):
    server.allow_log("CC0101|CC0302|CC0304|AH01617|AH01618")
    assert server.status("/rule", cert=bob) == 403
    assert server.status("/rule", port="strict", cert=bob) == 403
    assert server.status("/rule") == 403
    assert server.status("/staff", cert=bob) == 403
    assert server.status("/staff") == 403
    assert counted("denials") == {"rule": 3, "no-map-match": 1, "none": 1}
    # Being asked for a password is no denial; a wrong one is.
    assert server.status("/password") == 401
    assert server.status("/password", headers=logins.basic("carol", "wrong")) == 401
    assert server.status("/password", headers=logins.basic("carol", "secret")) == 200
    assert counted("denials") == {"rule": 3, "no-map-match": 1, "none": 1, "password": 1}


@pytest.mark.parametrize("port", ["https", "report"])
def test_verdicts_are_judged_once_a_connection(server, pki, counted, port):
    with server.tls(pki.alice, port=port) as connection:
        assert [connection.get("/rule").status for _ in range(10)] == [200] * 10
    assert counted("verdicts") == {"judged": 1, "success": 1, "cached": 9}
    with server.tls(None, port=port) as connection:
        assert connection.get("/").status == 200
    assert counted("verdicts") == {"judged": 2, "success": 1, "none": 1, "cached": 9}


@pytest.mark.parametrize("port", ["https", "report"])
def test_streams_share_a_verdict(server, pki, counted, port):
    """Also those that begin together: whoever works the verdict out, each request is counted once."""
    if server.mpm == "prefork":
        return
    connections, streams = 8, 32

    def load(_):
        with server.h2(pki.alice, port=port) as connection:
            return [one.status for one in connection.gather(["/rule"] * streams)]
    with ThreadPoolExecutor(connections) as pool:
        assert list(pool.map(load, range(connections))) == [[200] * streams] * connections
    assert counted("verdicts") == {"judged": connections, "success": connections,
                                   "cached": connections * (streams - 1)}
    assert counted("handshakes") == {"full": connections}


def named(server, kind, name):
    return next(one for one in status.read(server)[kind] if one["name"].endswith(name))


def test_maps_and_lookups(server, pki, bob):
    server.allow_log("CC0101|CC0302")
    before = status.read(server)
    with server.tls(pki.alice) as connection:
        assert [connection.get("/staff").status for _ in range(3)] == [200] * 3
    assert server.status("/staff", cert=bob) == 403
    for _ in range(2):
        assert server.status("/gone", cert=pki.alice) == 500
    after = status.read(server)
    told = {(kind, one["name"].rpartition("/")[2]): status.difference(old, one)
            for kind in ("maps", "lookups") for old, one in zip(before[kind], after[kind], strict=True)}
    cached = told["maps", "staff"].pop("cached")
    assert cached >= 2
    assert told == {("maps", "staff"): {"hits": 1, "misses": 1}, ("maps", "gone"): {"errors": 2}, ("maps", "own"): {},
                    ("lookups", "users"): {"hits": 1, "misses": 1}, ("lookups", "missing.dbm"): {"errors": 2}}
    for kind, name in (("maps", "gone"), ("lookups", "missing.dbm")):
        error = named(server, kind, name)["last_error"]
        assert "missing.dbm" in error["text"] and "No such file" in error["text"]
        assert after["server"]["started"] <= error["time"] <= after["time"]
    assert named(server, "maps", "staff")["last_error"] is None
    # A map belongs to the virtual host that makes it.
    hosts = {one["name"]: one["host"] for one in after["maps"]}
    assert hosts["staff"] == hosts["gone"] != hosts["own"]


def test_nothing_is_lost_under_load(server, pki, bob):
    """Eight connections at once, in several children: the sum is exact."""
    server.allow_log("CC0101")
    connections, requests = 8, 250
    before = status.read(server)

    def load(number):
        with server.tls(pki.alice if number % 2 else bob) as connection:
            return pipeline(connection, "/rule", requests)
    with ThreadPoolExecutor(connections) as pool:
        answers = sum(pool.map(load, range(connections)), start=Counter())
    assert answers == {200: connections * requests // 2, 403: connections * requests // 2}
    server.settle()
    after = status.read(server)
    assert status.difference(before, after, "denials") == {"rule": connections * requests // 2}
    assert status.difference(before, after, "handshakes") == {"full": connections}
    assert status.difference(before, after, "verdicts") == {"judged": connections, "success": connections,
                                                            "cached": connections * (requests - 1)}


@pytest.mark.parametrize("how", ["graceful", "restart"])
def test_numbers_outlive_the_configuration(server, pki, bob, how):
    """Also where maps come and go; a child that drains counts into the same memory."""
    server.allow_log("CC0101|AH00045|AH00046")
    with server.tls(pki.alice) as connection:
        assert connection.get("/staff").status == 200
        before = status.read(server)
        if how == "graceful":  # a request that has begun keeps its child alive
            connection.send(b"GET /rule HTTP/1.1\r\n")
        text = server.site.read_text()
        server.write(text.replace("ClientCertMap own", "ClientCertMap aaa subject:CN a b\nClientCertMap own"))
        wait_until(lambda: status.read(server)["time"] > before["server"]["configured"], "the clock stands")
        getattr(server, how)()
        if how == "graceful":
            connection.send(f"Host: {connection.host}\r\n\r\n".encode())
            assert connection.response().status == 200
    server.settle()
    middle = status.read(server)
    assert [one["name"] for one in middle["maps"]] == ["gone", "staff", "aaa", "own"]
    assert middle["server"]["restarts"] == before["server"]["restarts"] + 1
    assert middle["server"]["started"] == before["server"]["started"] and middle["server"]["configured"] > before["server"]["configured"]
    # The request that had begun; CRLs may have been announced again meanwhile.
    verdicts = status.difference(before, middle, "verdicts")
    assert verdicts.get("cached", 0) + verdicts.get("judged", 0) == (1 if how == "graceful" else 0)
    for kind in ("denials", "handshakes"):
        assert status.difference(before, middle, kind) == {}
    assert server.status("/staff", cert=bob) == 403
    server.write(text)
    getattr(server, how)()
    after = status.read(server)
    numbers = [{one["name"]: (one["hits"], one["misses"]) for one in told["maps"]} for told in (before, after)]
    hits, misses = numbers[0]["staff"]
    assert numbers[1] == {**numbers[0], "staff": (hits, misses + 1)}
    assert status.difference(middle, after, "denials") == {"no-map-match": 1}
    ready(server, pki.alice)
