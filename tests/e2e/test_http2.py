# SPDX-License-Identifier: Apache-2.0
"""HTTP/2: a request runs in a thread of its own, and many on one connection at once."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import http2

MPMS = ["event", "worker"]
ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
SITE = """
    Protocols h2 http/1.1
    H2MaxSessionStreams 300
    H2MinWorkers 16
    H2MaxWorkers 32
    KeepAliveTimeout 60
    LogLevel http2:warn
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        Header always set X-Path "expr=%{REQUEST_URI}"
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
        Header always set X-Subject "expr=%{CLIENTCERT_SUBJECT}"
        CustomLog logs/access "%U %>s %{CLIENTCERT_SUBJECT}e"
        ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
        ClientCertHeader X-Client-Path "%{REQUEST_URI} for %{CLIENTCERT_SUBJECT}"
        ClientCertHeader X-Client-Verify "%{SSL_CLIENT_VERIFY}"
        ClientCertForward rfc9440
        <Location /seen>
            ProxyPass ${backend}/seen
        </Location>
        <Location /rule>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_VERIFY} eq "SUCCESS"
        </Location>
        <Location /uri>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{QUERY_STRING} =~ m/^[0-9]*[02468]$/
        </Location>
        <Location /line>
            Require clientcert
        </Location>
        <Location /san>
            Require clientcert-san email:alice@example.org
        </Location>
        <Location /later>
            SSLVerifyClient require
        </Location>
    </VirtualHost>
"""
PAGES = ("rule", "uri", "line", "san", "later")


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE, modules="headers proxy_http http2", ports="https", backend=backends.http.url)
    for page in PAGES:
        server.page(page)
    server.start()


@pytest.fixture(scope="module")
def people(pki):
    """Credential, subject, and whether /rule, /line and /san are for him."""
    return [(pki.alice, ALICE, (True, True, True)),
            (pki.mallory, "CN=Mallory,O=Evil", (False, True, False)),
            (pki.ca.client("/O=garex AG/CN=Bob"), "CN=Bob,O=garex AG", (True, True, False)),
            (None, None, (False, False, False))]


def statuses(connection, paths):
    return [response.status for response in connection.gather(paths)]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_hundred_streams_at_once_are_the_first_on_their_connection(server, pki, version):
    """Whichever comes first has the verdict made; all have the same."""
    paths = [f"/rule?{i}" for i in range(100)]
    for credential, status in (pki.alice, 200), (pki.mallory, 403), (None, 403):
        with server.h2(credential, version=version) as connection:
            assert statuses(connection, paths) == [status] * 100
    lines = server.expect_log("CC0101", times=200)
    assert sum("verify=SUCCESS" in line for line in lines) == sum("verify=NONE" in line for line in lines) == 100


def test_each_stream_gets_its_own_answer(server, people):
    for credential, subject, (rule, line, san) in people:
        with server.h2(credential) as connection:
            streams = [(path, expected, connection.send(path)) for _ in range(25) for path, expected in
                       [("/rule", rule), ("/line", line), ("/san", san), ("/index.html", True)]]
            for path, expected, stream in streams:
                response = connection.response(stream)
                assert (path, response.status) == (path, 200 if expected else 403)
                assert response.header("x-path") == path
                assert (response.header("x-subject") or None) == subject
    server.expect_log("CC0101", times=25 * (0 + 2 + 1 + 3))
    server.allow_log("AH01630")


def test_a_rule_about_the_request_is_asked_for_each_stream(server, pki):
    """What it finds is not remembered for the connection, as that of a rule about the certificate is."""
    with server.h2(pki.alice) as connection:
        found = statuses(connection, [f"/uri?{i}" for i in range(100)])
        assert found == [200 if i % 2 == 0 else 403 for i in range(100)]
    server.expect_log("CC0101", times=50)


def test_the_headers_of_each_stream_are_its_own(server, people):
    for credential, subject, _ in people:
        with server.h2(credential) as connection:
            streams = {path: connection.send(path, {"X-Own": path, "X-Client": "CN=Admin", "client_cert": ":AA==:"})
                       for path in (f"/seen/{i}" for i in range(100))}
            chains = set()
            for path, stream in streams.items():
                seen = connection.response(stream).seen
                assert (seen.value("X-Own"), seen.value("X-Client")) == (path, subject)
                assert seen.value("X-Client-Path") == (f"{path} for {subject}" if subject else None)
                assert seen.value("X-Client-Verify") == ("SUCCESS" if subject else "NONE")
                assert not any("_" in name for name in seen.names())
                chains.add(seen.value("Client-Cert"))
            assert len(chains) == 1
            assert (chains == {None}) == (subject is None)


def test_bodies_and_trailers_do_not_mix_the_streams(server, pki):
    with server.h2(pki.alice) as connection:
        streams = [(i, connection.send(f"/seen/{i}", method="POST", body=b"%d;" % i * 100,
                                       trailers=[("X-Client", "CN=Admin")])) for i in range(60)]
        for i, stream in streams:
            seen = connection.response(stream).seen
            assert (seen.body, seen.value("X-Client")) == (f"{i};" * 100, ALICE)


def test_connections_with_different_certificates_do_not_mix(server, people):
    """Several at once, so that their streams share the workers."""
    def use(person):
        credential, subject, (rule, line, _) = person
        wrong = []
        with server.h2(credential) as connection:
            for _ in range(3):
                streams = [(path, expected, connection.send(path)) for _ in range(20) for path, expected in
                           [("/rule", rule), ("/line", line), ("/seen", True)]]
                for path, expected, stream in streams:
                    response = connection.response(stream)
                    if response.status != (200 if expected else 403) \
                            or (response.header("x-subject") or None) != subject \
                            or path == "/seen" and response.seen.value("X-Client") != subject:
                        wrong.append((subject, path, response))
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, people * 2), []) == []
    server.expect_log("CC0101", times=2 * 60 * (0 + 1 + 0 + 2))
    server.allow_log("AH01630")


def test_a_session_resumed_for_streams_has_its_certificate(server, pki):
    with server.h2(pki.alice) as first:
        first.get("/rule")
        again = dict(session=first.transport.socket.session, made=first.transport.socket.context)
        with server.h2(pki.alice, **again) as second:
            assert second.transport.resumed
            assert statuses(second, ["/rule"] * 50) == [200] * 50
            seen = second.get("/seen").seen
            assert (seen.value("X-Client"), seen.value("Client-Cert") is None) == (ALICE, False)


def test_a_directory_cannot_ask_a_stream_for_a_certificate(server, pki):
    """mod_ssl demands HTTP/1.1 for that; the other streams go on as they were."""
    with server.h2() as connection:
        with pytest.raises(http2.Reset):
            connection.get("/later")
        assert connection.get("/index.html").header("x-verify") == "NONE none"
        assert connection.get("/rule").status == 403
    server.expect_log("CC0101", times=1)


@pytest.mark.parametrize("who,path,status", [("alice", "/rule", 200), ("mallory", "/rule", 403),
                                             ("alice", "/line", 200), ("nobody", "/line", 403),
                                             ("mallory", "/index.html", 200)])
def test_nghttp_gets_as_many_answers_as_it_asks_for(server, pki, who, path, status):
    credential = getattr(pki, who, None)
    certificate = [f"--cert={credential.chain}", f"--key={credential.key}"] if credential else []
    done = subprocess.run(["nghttp", "-nv", "--no-verify-peer", "-m300", *certificate, server.url(path)],
                          capture_output=True, text=True, timeout=60)
    answers = re.findall(r":status: (\d+)", done.stdout)
    assert answers == [str(status)] * 300
    if status == 403:
        server.expect_log("CC0101", times=300)
    server.allow_log("AH01630")


def test_h2load_gets_as_many_answers_as_it_asks_for(server):
    """It has no certificate to present; of many connections, none has one."""
    done = subprocess.run(["h2load", "-n1600", "-c16", "-m50", "-t2", server.url("/rule")],
                          capture_output=True, text=True, timeout=60)
    assert "1600 done, 0 succeeded, 1600 failed, 0 errored" in done.stdout, done.stdout
    assert "status codes: 0 2xx, 0 3xx, 1600 4xx, 0 5xx" in done.stdout
    assert all("reason=rule verify=NONE" in line for line in server.expect_log("CC0101", times=1600))
