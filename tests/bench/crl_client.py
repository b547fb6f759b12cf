# SPDX-License-Identifier: Apache-2.0
"""The clients of the CRL bench: handshakes and requests, what became of them and how long they took."""

import collections
import multiprocessing
import socket
import ssl
import time

PATIENCE = 120  # seconds for one answer
REQUEST = b"GET /file.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
ACCEPTED, REFUSED, FAILED = "accepted", "refused", "failed"

Sample = collections.namedtuple("Sample", "start end outcome")


class Client:
    """One certificate and one port of a server. Never resumes a session."""

    def __init__(self, pki, certificate, port):
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self._tls.load_verify_locations(pki / "ca.pem")
        self._tls.load_cert_chain(pki / f"{certificate}.pem", pki / f"{certificate}.key")
        self._port = port

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return self._tls.wrap_socket(plain, server_hostname="localhost")
        except OSError:
            plain.close()
            raise

    def handshake(self):
        """A full handshake and one request: with TLS 1.3 only the answer to it says what became of the handshake."""
        start = time.monotonic()
        connection = None
        try:
            connection = self.connect()
            outcome = ask(connection)
        except OSError as error:
            outcome = outcome_of(error)
        finally:
            if connection:
                connection.close()
        return Sample(start, time.monotonic(), outcome)


def ask(connection):
    """A request on an open connection: nginx, for one, refuses a certificate by the status of an answer."""
    try:
        connection.sendall(REQUEST)
    except OSError:
        pass  # the alert that says why is still to be read
    try:
        answer = receive(connection)
    except OSError as error:
        return outcome_of(error)
    if not answer.startswith(b"HTTP/1.1 "):
        return FAILED
    return {b"2": ACCEPTED, b"4": REFUSED}.get(answer[9:10], FAILED)


def receive(connection):
    answer = b""
    while more := connection.recv(16384):
        answer += more
        head, found, body = answer.partition(b"\r\n\r\n")
        if found and len(body) >= content_length(head):
            break
    return answer


def content_length(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def outcome_of(error):
    is_alert = isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")
    return REFUSED if is_alert else FAILED


class Prober:
    """Asks again and again, in a process of its own, until it is stopped; keeps what it saw."""

    def __init__(self, probe, pause):
        fork = multiprocessing.get_context("fork")
        self._done = fork.Event()
        self._state = fork.Array("d", [0, 0, 0])  # the outcome, since when, how often
        self._receiver, sender = fork.Pipe(duplex=False)
        self._process = fork.Process(target=self._run, args=(probe, pause, sender), daemon=True)
        self._process.start()
        sender.close()

    def _run(self, probe, pause, sender):
        samples = []
        while not self._done.is_set():
            sample = probe()
            code = (ACCEPTED, REFUSED, FAILED).index(sample.outcome)
            with self._state.get_lock():
                if not samples or samples[-1].outcome != sample.outcome:
                    self._state[:] = [code, sample.end, 0]
                self._state[2] += 1
            samples.append(sample)
            time.sleep(pause)
        sender.send(samples)

    def steady(self, outcome, seconds, times):
        """Whether it has seen this outcome, and no other, for so long and so often."""
        if not self._process.is_alive():
            raise RuntimeError("a client died")
        with self._state.get_lock():
            code, since, count = self._state[:]
        if (ACCEPTED, REFUSED, FAILED)[int(code)] != outcome or count < times:
            return False
        return time.monotonic() - since >= seconds

    def stop(self):
        self._done.set()
        samples = self._receiver.recv()
        self._process.join()
        return samples


class Kept:
    """Requests on open connections, in turn; one that was refused or closed is left alone. For a Prober."""

    def __init__(self, connections):
        self._connections = connections
        self._open = collections.deque(connections)

    def __call__(self):
        start = time.monotonic()
        outcome = REFUSED
        if self._open:
            connection = self._open[0]
            self._open.rotate()
            if ask(connection) == ACCEPTED:
                outcome = ACCEPTED
            else:
                self._open.remove(connection)
        return Sample(start, time.monotonic(), outcome)

    def close(self):
        for connection in self._connections:
            connection.close()
