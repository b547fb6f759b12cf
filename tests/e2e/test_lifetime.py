# SPDX-License-Identifier: Apache-2.0
"""From start to stop: reloads lose nothing, and nothing grows."""
import os
import re
import signal

import pytest
from harness import identity, tls
from harness.load import Http2Client, KeepAliveClient, pipeline, prompt, resident
from harness.processes import children
from harness.waiting import PATIENCE, wait_until

HOST = """
    Protocols h2 http/1.1
    KeepAliveTimeout 20
    MaxKeepAliveRequests 0
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient VERIFY
        %s
    </VirtualHost>
"""
RULES = """
        ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT} %{CLIENTCERT_SAN_EMAIL}"
        ClientCertForward rfc9440
        ClientCertEnv On
        <Location /rule>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{SSL_CLIENT_VERIFY} eq "SUCCESS"
            ClientCertRequire %{REQUEST_METHOD} in {"GET", "HEAD"}
        </Location>
        <Location /line>
            Require clientcert-san email:alice@example.org
        </Location>
        <Location /asked>
            SSLVerifyClient require
        </Location>
"""
SITE = HOST % RULES


def site_of(contents=SITE, verify="optional"):
    return contents.replace("SSLVerifyClient VERIFY", f"SSLVerifyClient {verify}")


def start(server, text, ports="https", **options):
    server.configure(text, modules="http2", ports=ports, **options)
    for page in "rule", "line", "asked":
        server.page(page)
    server.start()
    return server


# -- reloads under load ------------------------------------------------------------------------

@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_graceful_restarts_under_load_lose_no_request(make_server, pki, mpm):
    server = start(make_server(mpm), site_of())
    if mpm == "prefork":
        server.allow_log("AH10034")  # no HTTP/2 there
    clients = [KeepAliveClient(server, pki.alice, "/rule", 200), KeepAliveClient(server, pki.mallory, "/rule", 403),
               KeepAliveClient(server, pki.alice, "/line", 200), KeepAliveClient(server, None, "/rule", 403)]
    if mpm != "prefork":
        clients += [Http2Client(server, pki.alice, "/rule", 200), Http2Client(server, pki.mallory, "/rule", 403)]
    for client in clients:
        client.start()
    for generation in range(4):
        before = [sum(client.answers.values()) for client in clients]
        wait_until(lambda: all(sum(client.answers.values()) >= count + 20 or client.wrong
                               for client, count in zip(clients, before)),
                   lambda: f"generation {generation} answers {before}, then {[c.answers for c in clients]}")
        if generation < 3:
            server.graceful()
    for client in clients:
        client.end()
    assert [client.wrong for client in clients] == [[]] * len(clients)
    # Each denial once in the log: no request was done twice, or half. One that was cut may have one.
    denied = sum(client.answers[403] for client in clients)
    cut = sum(getattr(client, "cut", 0) for client in clients)
    server.allow_log("CC0101")
    wait_until(lambda: denied <= server.log().count("CC0101: ") <= denied + cut,
               lambda: f"{denied} denials and {cut} cut streams, but {server.log().count('CC0101: ')} lines")


# A child of prefork ends in its signal handler, wherever it was: in malloc, for which LeakSanitizer waits then for ever.
anywhere = pytest.mark.ordinary_build("prefork interrupts malloc")


@pytest.mark.parametrize("mpm", ["event", "worker", pytest.param("prefork", marks=anywhere)])
def test_restarts_and_stops_under_load_end_in_order(make_server, pki, mpm):
    """Connections break, as httpd means them to; every process ends by itself (Server.stop looks)."""
    # The MPM worker may overlook a connection that comes just then: that one is over when its client has said nothing for so long.
    server = start(make_server(mpm), site_of().replace("KeepAliveTimeout 20", "KeepAliveTimeout 3"))
    server.allow_log("AH10034|AH02008|SSL Library Error|CC0101|AH00045")
    clients = [KeepAliveClient(server, who, "/rule", status)
               for who, status in [(pki.alice, 200), (pki.mallory, 403)]]
    for client in clients:
        client.start()
    wait_until(lambda: all(client.answers for client in clients), "no answers")
    server.restart()
    assert server.status("/rule", cert=pki.alice) == 200
    assert server.status("/rule", cert=pki.mallory) == 403
    old = children(server.pid)
    server.stop()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in old)
    for client in clients:
        client.end()
        assert set(client.answers) == {client._status}
    server.start()
    assert server.status("/rule", cert=pki.alice) == 200
    server.stop("graceful-stop")


# -- memory ------------------------------------------------------------------------------------

ONE_CHILD = """
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 4
    MaxRequestWorkers 4
    MinSpareThreads 1
    MaxSpareThreads 4
    LogLevel ssl:warn
"""
NOISE = 1024  # KB
memory = pytest.mark.ordinary_build("AddressSanitizer keeps freed memory, and finds leaks itself")


@pytest.fixture(scope="module")
def child(make_server):
    """A server whose requests are all served by one process, the port `ask` with renegotiation; and that
    process, warm: a new one takes some 700 KB, without the module as well, until it has seen a
    thousand connections."""
    ask = SITE[SITE.index("    <VirtualHost"):].replace("${https}", "${ask}")
    server = start(make_server("worker"), ONE_CHILD + site_of() + site_of(ask, "none"), ports="https ask")
    with_each_client(server, 1000)
    server.allow_log("CC0101")
    pid, = children(server.pid)
    return server, pid


def with_each_client(server, count):
    """That many handshakes, half of them resumptions, with different certificates."""
    pki = server.pki
    clients = [(tls.context(credential, pki.ca.cert, version), status) for version in ("1.2", "1.3")
               for credential, status in [(pki.alice, 200), (pki.mallory, 403), (None, 403)]]
    for number in range(count // 2):
        made, status = clients[number % len(clients)]
        with prompt(server.tls(made=made)) as connection:
            assert connection.get("/rule").status == status
            with prompt(connection.resume()) as again:
                assert again.resumed
                assert again.get("/rule").status == status


def grows(pid, work, warm_up, count):
    """KB that `work(count)` leaves in a process that has done `work(warm_up)`."""
    work(warm_up)
    before = resident(pid)
    work(count)
    grown = resident(pid) - before
    print(f"{before} KB, then {grown} more")
    return grown


@memory
def test_handshakes_leave_nothing(child):
    server, pid = child
    assert grows(pid, lambda count: with_each_client(server, count), 0, int(2000 / PATIENCE)) < NOISE
    server.allow_log("CC0101")


@memory
def test_requests_of_one_connection_leave_nothing(child, pki):
    """20,000 of them; the connection is still open when its memory is looked at."""
    server, pid = child
    with server.tls(pki.alice) as connection:
        for path in "/rule", "/line", "/index.html":
            def work(count):
                assert pipeline(connection, path, count) == {200: count}
            assert grows(pid, work, 1000, 5000) < NOISE
    with server.tls() as connection:
        def denied(count):
            assert pipeline(connection, "/rule", count) == {403: count}
        assert grows(pid, denied, 500, 1500) < NOISE
    server.expect_log("CC0101", times=2000)


@memory
def test_certificates_that_come_and_go_leave_nothing(child, pki):
    """Renegotiated on one connection, which is still open when its memory is looked at."""
    server, pid = child
    with prompt(server.tls(pki.alice, port="ask", version="1.2")) as connection:
        def work(count):
            for number in range(count):
                credential, status = [(pki.alice, 200), (pki.mallory, 403)][number % 2]
                identity.change(connection, credential)
                assert connection.get("/asked").status == 200
                assert connection.get("/rule").status == status
        # mod_ssl and OpenSSL take some of the connection's memory for each, too.
        assert grows(pid, work, 50, 200) < NOISE
    server.expect_log("CC0101", times=125)


@memory
def test_post_handshake_authentications_leave_nothing(child, pki):
    """One on each connection: OpenSSL makes no second one for mod_ssl."""
    server, pid = child
    made = tls.context(pki.alice, pki.ca.cert, "1.3")

    def work(count):
        for _ in range(count):
            with prompt(server.tls(port="ask", made=made)) as connection:
                assert connection.get("/index.html").status == 200
                assert connection.get("/asked").status == 200
                assert connection.get("/rule").status == 200
    assert grows(pid, work, 50, 200) < NOISE


def reload(server, times):
    """Graceful restarts, one after the other, as fast as they go."""
    for _ in range(times):
        mark = server.mark()
        os.kill(server.pid, signal.SIGUSR1)
        server.errors.wait("resuming normal operations", since=mark)


def parents_growth(server):
    reload(server, 5)
    before = resident(server.pid)
    reload(server, 20)
    grown = resident(server.pid) - before
    print(f"{before} KB, then {grown} more")
    return grown


@memory
def test_reloads_leave_no_more_in_the_parent_than_without_the_module(make_server, pki):
    many = "".join(f"""
        <Location /many/{i}>
            ClientCertRequire %{{SSL_CLIENT_S_DN_CN}} eq "somebody {i}" and %{{SSL_CLIENT_VERIFY}} eq "SUCCESS"
            ClientCertHeader X-Many-{i} "%{{SSL_CLIENT_S_DN}} {i}"
            Require clientcert-san dns:host{i}.example.org
        </Location>
    """ for i in range(100))
    plain = start(make_server(), site_of(HOST % ""), clientcert=False)
    ours = start(make_server(), site_of(HOST % (RULES + many)))
    without, with_it = parents_growth(plain), parents_growth(ours)
    assert with_it < without + NOISE, f"{with_it} KB, {without} KB without the module"
    # Not one copy for each time the configuration was read.
    maps = open(f"/proc/{ours.pid}/maps").read()
    assert len(re.findall(r" r-xp .*/mod_clientcert\.so\n", maps)) == 1
    assert ours.status("/rule", cert=pki.alice) == 200


# -- valgrind ----------------------------------------------------------------------------------

MEMCHECK = ["valgrind", "--tool=memcheck", "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite", "--keep-debuginfo=yes", "--num-callers=40"]
OURS = re.compile(r"clientcert")


def findings(report):
    """The blocks of a report that are about us, or about memory that nobody may touch."""
    blocks = re.split(r"^==\d+== \n", report, flags=re.M)
    return [block for block in blocks
            if re.search(r"Invalid (read|write|free)|Mismatched free|Process terminating", block)
            or re.search(r"uninitialised|definitely lost in loss record", block) and OURS.search(block)]


@pytest.mark.ordinary_build("valgrind and AddressSanitizer cannot run together")
def test_valgrind_finds_nothing(make_server, pki):
    server = make_server("prefork")
    server.configure(site_of(verify="none"), modules="http2", ports="https")
    for page in "rule", "line", "asked":
        server.page(page)
    report = server.root / "logs" / "memcheck"
    server.start(wrapper=[*MEMCHECK, f"--log-file={report}"], one_process=True, timeout=60)
    server.allow_log("AH10034")
    for version in "1.2", "1.3":
        with server.tls(pki.alice, version=version) as connection:
            for path, status in ("/rule", 403), ("/asked", 200), ("/rule", 200), ("/line", 200):
                assert (path, connection.get(path).status) == (path, status)
            first = connection.socket.session, connection.socket.context
        with server.tls(session=first[0], made=first[1]) as connection:
            assert connection.get("/rule").status in (200, 403)
        with server.tls(pki.mallory, version=version) as connection:
            for path, status in ("/asked", 200), ("/rule", 403), ("/line", 403):
                assert (path, connection.get(path).status) == (path, status)
        with server.tls(version=version) as connection:
            identity.forge(connection, pki.alice)
            with pytest.raises(OSError):
                connection.get("/asked")
    server.allow_log(r"CC0101|CC0212|AH01630|AH0226\d|AH02225|SSL Library Error")
    server.stop()
    text = report.read_text()
    assert "LEAK SUMMARY" in text or "All heap blocks were freed" in text, text[-2000:]
    assert findings(text) == []
