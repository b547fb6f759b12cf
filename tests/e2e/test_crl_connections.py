# SPDX-License-Identifier: Apache-2.0
"""Connections that make no further request are closed when their certificate is revoked: by no traffic, by
no time-out of httpd, within two seconds."""
import time
from contextlib import ExitStack

import pytest
from harness.crls import becomes, crl, folder, pem, publish, ready
from harness.streaming import StreamingBackend, WebSocket, download, ended
from harness.waiting import PATIENCE

MPMS = ["event", "worker", "prefork"]
HOST = """
    <VirtualHost *:${%s}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 3
        %s
        ProxyWebsocketFallbackToProxyHttp Off
        ProxyPass /ws ws://127.0.0.1:${backend}/ws
        ProxyPass /upgraded http://127.0.0.1:${backend}/upgraded upgrade=websocket
        ProxyPass /stream http://127.0.0.1:${backend}/stream flushpackets=on
    </VirtualHost>
"""
# None of these may be what closes a connection.
SITE = """
    Protocols h2 http/1.1
    Timeout 300
    ProxyTimeout 300
    KeepAliveTimeout 300
    RequestReadTimeout handshake=0 header=0 body=0
""" + "".join(HOST % host for host in [
    ("https", "ClientCertCRL ${crl}"), ("keep", "ClientCertCRL ${crl}\nClientCertRevokedConnections keep"),
    ("spelled", "ClientCertCRL ${crl}\nClientCertRevokedConnections close"), ("uncovered", "")])
SIZE = 30_000_000


@pytest.fixture(scope="module")
def backend():
    made = StreamingBackend()
    yield made
    made.close()


@pytest.fixture(scope="module")
def file(server, pki):
    return publish(folder(server) / "ca.crl", crl(pki.ca))


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, file, backend):
    server.configure(SITE, modules=f"{'' if server.mpm == 'prefork' else 'http2'} proxy_http proxy_wstunnel reqtimeout",
                     ports="https keep spelled uncovered", backend=backend.port, crl=file)
    server.page("large", "0123456789" * (SIZE // 10))
    server.allow_log("AH01110", always=True)  # a download that ends, told when its test is over
    if server.mpm == "prefork":
        server.allow_log("AH10034", always=True)
    server.start()
    ready(server, pki.alice)


@pytest.fixture
def bob(pki):
    return pki.ca.client("/CN=Bob")


def idle(connection):
    assert connection.get().status == 200


def silent(connection):
    """Not one request after the handshake (but that has to be over on the server's side, too)."""


KINDS = {
    "WebSocket": lambda connection: WebSocket(connection, "/ws").echo(),
    "WebSocket through mod_proxy_http": lambda connection: WebSocket(connection, "/upgraded").echo(),
    "download": lambda connection: download(connection, "/stream"),
    "keep-alive": idle,
    "handshake": silent,
}


def close_in_time(server, began, connections, times=None):
    for connection in connections:
        assert ended(connection) - began < 5 * PATIENCE  # two seconds, and some for this busy machine
    told = server.errors.wait("CC0206", len(connections))
    assert all(":notice]" in line for line in told), told
    assert len(told) == len(connections), told


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_without_requests_is_closed(server, pki, bob, file, kind, version):
    with ExitStack() as stack:
        def connect(who):
            connection = stack.enter_context(server.tls(who, version=version))
            KINDS[kind](connection)
            return connection
        revoked, good = [connect(bob) for _ in range(3)], connect(pki.alice)
        publish(file, crl(pki.ca, [bob]))
        close_in_time(server, time.monotonic(), revoked)
        assert alive(good, kind)
    server.allow_log("CC0101|AH0")


def alive(connection, kind):
    """Still served: it was somebody else who was revoked."""
    if kind.startswith("WebSocket"):
        connection.send(b"\x81\x05there")
        return connection._reader.exactly(7) == b"\x81\x05there"
    if kind == "download":
        return len(connection._reader.exactly(1000)) == 1000
    return connection.get().status == 200


def test_a_download_that_nobody_reads_is_closed(server, bob, file, pki):
    """Its thread, or its place in the queue, waits for room in the socket."""
    with server.tls(bob) as slow:
        download(slow, "/large", b"0123456789")
        publish(file, crl(pki.ca, [bob]))
        server.errors.wait("CC0206")
        rest = 0
        try:
            while data := slow.socket.recv(65536):
                rest += len(data)
        except OSError:
            pass
        assert rest < SIZE / 2
    server.allow_log("AH0")


def test_an_idle_http2_connection_is_closed(server, bob, file, pki):
    if server.mpm == "prefork":
        return  # has no HTTP/2
    with server.h2(bob) as revoked, server.h2(pki.alice) as good:
        assert revoked.get().status == good.get().status == 200
        publish(file, crl(pki.ca, [bob]))
        close_in_time(server, time.monotonic(), [revoked.transport])
        assert good.get().status == 200


def test_an_http2_download_is_closed(server, bob, file, pki):
    if server.mpm == "prefork":
        return
    with server.h2(bob) as revoked:
        revoked.send("/stream")
        seen = b""
        while b"hello" not in seen:
            seen += revoked.transport.socket.recv(65536)
        publish(file, crl(pki.ca, [bob]))
        close_in_time(server, time.monotonic(), [revoked.transport])
    server.allow_log("AH0|CC0101")


def test_a_connection_on_a_resumed_session_is_closed(server, bob, file, pki):
    with server.tls(bob) as first:
        idle(first)
        with first.resume() as second:
            WebSocket(second, "/ws").echo()
            publish(file, crl(pki.ca, [bob]))
            close_in_time(server, time.monotonic(), [second, first])
    server.allow_log("AH0")


def test_a_revoked_ca_closes_the_connections_of_its_leaves(server, file, pki):
    sub = pki.ca.intermediate("/CN=Sub")
    carol, dave = sub.client("/CN=Carol"), sub.client("/CN=Dave")
    publish(file, pem(crl(pki.ca), crl(sub)))
    becomes(server, carol, 200)
    with server.tls(carol) as one, server.tls(dave) as two:
        WebSocket(one, "/ws").echo()
        idle(two)
        publish(file, pem(crl(pki.ca, [sub]), crl(sub)))
        close_in_time(server, time.monotonic(), [one, two])
    server.allow_log("CC0101|AH0")


def test_keep_leaves_them_and_an_uncovered_host_has_none(server, bob, file, pki):
    with ExitStack() as stack:
        def sockets(port):
            return [WebSocket(stack.enter_context(server.tls(bob, port=port)), "/ws") for _ in range(3)]
        kept, uncovered, closed = sockets("keep"), sockets("uncovered"), sockets("spelled")
        waiting = stack.enter_context(server.tls(bob, port="keep"))
        idle(waiting)
        publish(file, crl(pki.ca, [bob]))
        close_in_time(server, time.monotonic(), [socket.connection for socket in closed])
        becomes(server, bob, "revoked", port="keep")
        for socket in kept + uncovered:
            socket.echo()
        assert waiting.get().status == 403
        for socket in kept + uncovered:
            socket.echo()
    server.allow_log("CC0101|AH0")


@pytest.mark.parametrize("kind", ["WebSocket", "WebSocket through mod_proxy_http", "download"])
def test_children_that_drain_after_a_graceful_restart_close_theirs(server, bob, file, pki, kind):
    publish(file, crl(pki.ca))
    becomes(server, bob, 200)
    with server.tls(bob) as revoked, server.tls(pki.alice) as good:
        KINDS[kind](revoked)
        KINDS[kind](good)
        server.graceful()
        assert alive(revoked, kind) and alive(good, kind)
        publish(file, crl(pki.ca, [bob]))
        close_in_time(server, time.monotonic(), [revoked])
        assert alive(good, kind)
        becomes(server, bob, "revoked")
    server.allow_log("CC0101|AH0")
