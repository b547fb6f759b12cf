# SPDX-License-Identifier: Apache-2.0
"""CRLs over the life of a server: reloads under load, nothing read twice, nothing that grows, and mod_ssl's
own CRLs beside them."""
import os
import signal
import time

import pytest
from harness.crls import becomes, crl, folder, hashed, many, outcome, pem, publish, ready
from harness.file_watch import FileWatch
from harness.load import Client, Http2Client, KeepAliveClient, prompt, resident
from harness.processes import children, mapped
from harness.streaming import StreamingBackend, WebSocket
from harness.waiting import wait_until

SITE = """
    Protocols h2 http/1.1
    KeepAliveTimeout 20
    MaxKeepAliveRequests 0
    ClientCertCRL ${crls}
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLVerifyDepth 3
        %s
        <Location /rule>
            ClientCertRequire %%{SSL_CLIENT_VERIFY} eq "SUCCESS"
        </Location>
    </VirtualHost>
"""
ONE_CHILD = """
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 8
    MaxRequestWorkers 8
    MinSpareThreads 1
    MaxSpareThreads 8
"""


@pytest.fixture(scope="module")
def start(make_server, pki):
    def started(mpm="event", site=SITE % "", modules="", **options):
        server = make_server(mpm)
        server.file = publish(folder(server) / "ca.crl", pem(crl(pki.ca)))
        server.configure(site, modules=modules if mpm == "prefork" else f"http2 {modules}", crls=folder(server), **options)
        server.page("rule")
        if mpm == "prefork":
            server.allow_log("AH10034", always=True)
        server.start()
        return ready(server, pki.alice)
    return started


@pytest.fixture
def bob(pki):
    return pki.ca.client("/CN=Bob")


class RevokedClient(Client):
    """Comes again and again, with a new connection each time; is never served."""

    def __init__(self, server, credential):
        super().__init__()
        self._open = lambda: server.tls(credential)

    def some_requests(self):
        try:
            with prompt(self._open()) as connection:
                status = connection.get().status
        except OSError:
            status = "refused"
        self.answers[status] += 1
        if status == 200:
            self.wrong.append("a revoked client was served")


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_graceful_restarts_and_new_crls_under_load(start, pki, bob, mpm):
    """The good client gets 200 and nothing else, the revoked one never; no child crashes (conftest.py looks)."""
    server = start(mpm)
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked")
    clients = [KeepAliveClient(server, pki.alice, "/rule", 200), KeepAliveClient(server, pki.alice, "/index.html", 200),
               RevokedClient(server, bob)]
    if mpm != "prefork":
        clients.append(Http2Client(server, pki.alice, "/rule", 200))
    for client in clients:
        client.start()
    for number in range(12):
        before = [sum(client.answers.values()) for client in clients]
        publish(server.file, crl(pki.ca, [bob, *many(number * 100)]))
        if number % 3 == 2:
            server.graceful()
        wait_until(lambda: all(sum(client.answers.values()) >= count + 10 or client.wrong
                               for client, count in zip(clients, before)),
                   lambda: f"{number}: {before}, then {[client.answers for client in clients]}", timeout=20)
    for client in clients:
        client.end()
    assert [client.wrong for client in clients] == [[]] * len(clients)
    server.allow_log("CC0205|CC0101")
    server.stop()


def test_children_may_end_while_they_read_crls(start):
    """Each is told to end a little later in its life; libcrypto's own end must find no thread at work."""
    server = start()
    for number in range(120):
        mark = server.mark()
        os.kill(server.pid, signal.SIGUSR1)
        server.errors.wait("resuming normal operations", since=mark)
        time.sleep(number % 12 * 0.003)
    server.stop()


def test_the_log_says_which_crls_are_in_force(start, pki, bob):
    server = start()
    mark = server.mark()
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked")
    told = [line for line in server.errors.since(mark) if "CC0202" in line and str(server.file) in line]
    assert told and all(":notice]" in line or ":info]" in line for line in told), told
    server.stop()


@pytest.mark.parametrize("how", ["graceful", "restart", "stop and start"])
def test_an_unchanged_crl_is_not_read_again(start, pki, bob, how):
    server = start()
    publish(server.file, crl(pki.ca, [bob, *many(1000)]))
    becomes(server, bob, "revoked")
    mark = server.mark()
    other = server.file.with_name("other.crl")
    # A file is read once more when it was just written, and might have changed within a tick of the clock.
    with FileWatch(server.file) as watch:
        wait_until(lambda: time.time() - server.file.stat().st_mtime > 3 and not watch.was_read(), "it is read all the time")
        for _ in range(3):
            if how == "stop and start":
                server.stop()
                server.start()
            else:
                getattr(server, how)()
            assert (outcome(server, bob), outcome(server, pki.alice)) == ("revoked", 200)
        # What is new is read: the keeper of this generation has looked at everything.
        publish(other, crl(pki.authority("/CN=Unheard of")))
        server.errors.wait(f"CC0202.*{other}")
        assert not watch.was_read()
    assert not server.log_lines("CC0207", since=mark)
    server.stop()


def test_both_generations_have_the_same_file_mapped(start, pki, bob):
    backend = StreamingBackend()
    server = start(site=SITE % f"ProxyPass /upgraded {backend.url}/upgraded upgrade=websocket", modules="proxy_http")
    try:
        with server.tls(pki.alice) as kept:
            socket = WebSocket(kept, "/upgraded")
            old = children(server.pid)
            server.graceful()
            publish(server.file, crl(pki.ca, [bob, *many(1000)]))
            becomes(server, bob, "revoked")
            index = (server.root / "run" / "clientcert" / "index").stat().st_ino
            draining = wait_until(lambda: [pid for pid in old if index in mapped(pid, "index")], "none of the old children")
            assert any(index in mapped(pid, "index") for pid in children(server.pid) if pid not in draining)
            for pid in draining:
                assert len(mapped(pid, "index")) == 1, mapped(pid, "index")
            socket.echo()
    finally:
        backend.close()
    server.stop()


# -- memory ----------------------------------------------------------------------------------------------

@pytest.mark.ordinary_build("AddressSanitizer keeps freed memory, and finds leaks itself")
def test_many_new_crls_leave_nothing(start, pki, bob):
    server = start("worker", ONE_CHILD + SITE % "")
    pid, = children(server.pid)
    numbers = many(5_000)
    with server.tls(pki.alice) as kept:
        def work(count):
            for number in range(count):
                publish(server.file, crl(pki.ca, [bob if number % 2 else pki.mallory, *numbers[number % 7:]]))
                wait_until(lambda: (outcome(server, bob) == "revoked") == bool(number % 2), "the CRL does not act", 20)
                assert kept.get().status == 200
        work(10)
        before = resident(pid)
        work(40)
        grown = resident(pid) - before
        print(f"{before} KB, then {grown} more; {len(mapped(pid, 'index'))} mapped index files")
        assert grown < 1500  # malloc's arenas of further threads; each of these CRLs has more than 100 KB
        assert len(mapped(pid, "index")) <= 2
    server.allow_log("CC0205|CC0202|CC0101.*reason=revoked")
    server.stop()


def test_descriptors_do_not_grow(start, pki, bob):
    server = start("worker", ONE_CHILD + SITE % "")
    pid, = children(server.pid)

    def descriptors():
        return len(os.listdir(f"/proc/{pid}/fd"))
    for number in range(20):
        publish(server.file, crl(pki.ca, [bob] if number % 2 else []))
        becomes(server, bob, "revoked" if number % 2 else 200)
        if number == 5:
            before = descriptors()
    wait_until(lambda: descriptors() <= before, lambda: f"{before} descriptors, then {descriptors()}")
    server.stop()


# -- beside mod_ssl's own ------------------------------------------------------------------------------

@pytest.mark.parametrize("check", ["leaf", "chain", "leaf no_crl_for_cert_ok"])
@pytest.mark.parametrize("theirs", ["SSLCARevocationFile", "SSLCARevocationPath"])
def test_beside_the_revocation_of_mod_ssl(start, make_server, pki, bob, check, theirs):
    """Each refuses whom its own CRL revokes."""
    carol = pki.ca.client("/CN=Carol")
    scratch = make_server()  # for a place that httpd can read
    file = publish(folder(scratch) / "theirs.pem", pem(crl(pki.ca, [carol])))
    if theirs == "SSLCARevocationPath":
        hashed(file)
        file = file.parent
    server = start(site=SITE % f"SSLCARevocationCheck {check}\n{theirs} {file}")
    assert outcome(server, carol) == "revoked"
    assert not server.log_lines("CC0205")
    assert (outcome(server, bob), outcome(server, pki.alice)) == (200, 200)
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked")
    assert (outcome(server, carol), outcome(server, pki.alice)) == ("revoked", 200)
    publish(server.file, crl(pki.ca))
    becomes(server, bob, 200)
    assert outcome(server, carol) == "revoked"
    server.allow_log("AH02039|AH02040|AH02008|SSL Library Error")
    server.stop()
