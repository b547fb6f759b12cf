# SPDX-License-Identifier: Apache-2.0
"""Clients that keep a server busy while something happens to it, and count what it answers."""
import socket
import subprocess
import threading
from collections import Counter
from pathlib import Path

from .waiting import PATIENCE

LIMIT = 20000  # requests a client makes at most, should nobody end it


class Client(threading.Thread):
    """Requests until told to end. `answers` counts statuses; `wrong` tells of requests without the
    right answer."""

    def __init__(self):
        super().__init__(daemon=True)
        self.answers, self.wrong, self._end = Counter(), [], threading.Event()

    def run(self):
        while not self._end.is_set() and sum(self.answers.values()) < LIMIT and len(self.wrong) < 10:
            try:
                self.some_requests()
            except Exception as error:  # whatever it is: the test has to show it
                self.wrong.append(repr(error))

    def end(self):
        self._end.set()
        self.join(60 * PATIENCE)
        assert not self.is_alive(), f"a client waits for an answer: {self.answers}"


class KeepAliveClient(Client):
    """HTTP/1.1, ten requests a connection. A connection may be closed between two requests, as httpd does
    at a graceful restart; then the request is sent again on a new one. A new connection has to be served."""

    def __init__(self, server, credential, path, status):
        super().__init__()
        self._open = lambda: server.tls(credential)
        self._path, self._status = path, status
        self.closed = 0

    def some_requests(self):
        with prompt(self._open()) as connection:
            for number in range(10):
                try:
                    response = connection.get(self._path)
                except OSError as error:
                    if number == 0 or connection._reader._buffer:
                        raise AssertionError(f"request {number} of a connection got {error!r}") from error
                    self.closed += 1
                    return
                self.answers[response.status] += 1
                if response.status != self._status:
                    self.wrong.append(f"request {number} of a connection got {response.status}")
                if (response.header("Connection") or "").lower() == "close":
                    return


class Http2Client(Client):
    """curl, forty streams at once; it knows what to do when the server says GOAWAY. Now and then
    mod_http2 cuts streams when a graceful restart begins, without a module of ours just so: those
    have no answer, and are counted."""

    def __init__(self, server, credential, path, status):
        super().__init__()
        self.cut = 0
        self._status = status
        certificate = ["--cert", credential.chain, "--key", credential.key] if credential else []
        self._command = ["curl", "-q", "-sS", "--noproxy", "*", "--http2", "-Z", "--parallel-max", "40", "-m", "30",
                         "--cacert", server.pki.ca.cert, *certificate, "-o", "/dev/null", "-w", "%{http_code}\n",
                         server.url(path) + "?[1-40]"]

    def some_requests(self):
        done = subprocess.run(list(map(str, self._command)), capture_output=True, text=True)
        statuses = Counter(map(int, done.stdout.split()))
        cut = statuses.pop(0, 0)
        self.cut += cut
        self.answers += statuses
        if sum(statuses.values()) + cut != 40 or set(statuses) - {self._status}:
            self.wrong.append(f"curl: exit status {done.returncode}, {dict(statuses)}, {done.stderr.strip()}")


def resident(pid):
    """KB of memory that a process has for itself: without files, and without the session cache, which
    all processes share."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no RssAnon")


def prompt(connection):
    """The connection, with no waiting for the acknowledgement of a handshake's last flight (Nagle)."""
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def pipeline(connection, path, count, at_once=50):
    """The statuses of that many requests, counted; sent fifty at a time."""
    one = f"GET {path} HTTP/1.1\r\nHost: {connection.host}\r\n\r\n".encode()
    statuses = Counter()
    while count > 0:
        some = min(count, at_once)
        connection.send(one * some)
        statuses.update(connection.response().status for _ in range(some))
        count -= some
    return statuses
