# SPDX-License-Identifier: Apache-2.0
"""CRLs over the life of a server: reloads under load, nothing read twice, nothing that grows, and mod_ssl's
own CRLs beside them."""
import os
import re

import pytest
from harness.crls import becomes, crl, folder, hashed, many, outcome, pem, publish, ready
from harness.load import Client, Http2Client, KeepAliveClient, prompt, resident
from harness.processes import children
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
    def started(mpm="event", site=SITE % "", **options):
        server = make_server(mpm)
        server.file = publish(folder(server) / "ca.crl", pem(crl(pki.ca)))
        server.configure(site, modules="" if mpm == "prefork" else "http2", crls=folder(server), **options)
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


def reads(server, since):
    """What the log says was read, apart from what it says of other things."""
    return [line for line in server.errors.since(since) if "CC0202" in line and str(server.file) in line]


@pytest.mark.parametrize("how", ["graceful", "restart", "stop and start"])
def test_an_unchanged_crl_is_not_read_again(start, pki, bob, how):
    server = start()
    mark = server.mark()
    publish(server.file, crl(pki.ca, [bob, *many(1000)]))
    becomes(server, bob, "revoked")
    assert reads(server, mark), "the log does not say what was read"
    for _ in range(3):
        mark = server.mark()
        if how == "stop and start":
            server.stop()
            server.start()
        else:
            getattr(server, how)()
        assert (outcome(server, bob), outcome(server, pki.alice)) == ("revoked", 200)
    # A change tells that the keeper of this generation has looked at everything.
    other = publish(server.file.with_name("other.crl"), pem(crl(pki.authority("/CN=Other"))))
    server.errors.wait(f"CC0202.*{other}", since=mark)
    assert not reads(server, mark)
    assert not server.log_lines("CC0207")
    server.allow_log("CC0205")
    server.stop()


def test_both_generations_have_the_same_file_mapped(start, pki, bob):
    server = start()
    publish(server.file, crl(pki.ca, [bob, *many(1000)]))
    becomes(server, bob, "revoked")
    with server.tls(pki.alice) as kept:
        kept.send(f"POST /index.html HTTP/1.1\r\nHost: {kept.host}\r\nContent-Length: 10\r\n\r\n12345".encode())
        old = children(server.pid)
        server.graceful()
        new = [pid for pid in children(server.pid) if pid not in old]
        draining = [pid for pid in old if pid in children(server.pid)]
        assert new and draining
        outcome(server, pki.alice)
        index = (server.root / "run" / "clientcert" / "index").stat().st_ino
        mapped = {pid: inodes(pid) for pid in children(server.pid)}
        assert all(index in mapped[pid] for pid in draining), (index, mapped)
        assert any(index in mapped[pid] for pid in new), (index, mapped)
        kept.send(b"67890")
        assert kept.response().status in (200, 405)
    server.allow_log("CC0205")
    server.stop()


def inodes(pid):
    """Of the index files that a process has mapped."""
    lines = open(f"/proc/{pid}/maps").read().splitlines()
    return {int(line.split()[4]) for line in lines if "/clientcert/" in line or "/index" in line}


# -- memory ----------------------------------------------------------------------------------------------

@pytest.mark.ordinary_build("AddressSanitizer keeps freed memory, and finds leaks itself")
def test_many_new_crls_leave_nothing(start, pki, bob):
    server = start("worker", ONE_CHILD + SITE % "")
    pid, = children(server.pid)
    lists = [crl(pki.ca, [bob, *many(20_000)]), crl(pki.ca, [bob, *many(21_000)])]
    with server.tls(pki.alice) as kept:
        def work(count):
            for number in range(count):
                # The same number again and again is allowed; it is never lower.
                last = crl(pki.ca, [bob] if number % 2 else [pki.mallory])
                publish(server.file, pem(last))
                wait_until(lambda: (outcome(server, bob) == "revoked") == bool(number % 2), "the CRL does not act", 20)
                assert kept.get().status == 200
        large = publish(server.file.with_name("large.crl"), lists[0])
        work(10)
        before, mapped = resident(pid), maps_of(pid)
        work(40)
        grown = resident(pid) - before
        print(f"{before} KB, then {grown} more; {mapped} mapped index files, then {maps_of(pid)}")
        assert large.exists()
        assert grown < 512
        assert maps_of(pid) <= mapped + 1
    server.allow_log("CC0205|CC0202")
    server.stop()


def maps_of(pid):
    """How many index files the process has mapped, those that are deleted included."""
    return len({line.split()[4] for line in open(f"/proc/{pid}/maps") if re.search(r"/index\b", line)})


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
