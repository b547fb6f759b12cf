# SPDX-License-Identifier: Apache-2.0
"""The clients of the proxy bench: requests on one kept connection whose instructions are counted, and ab for time."""

import re
import socket
import subprocess

import client

CONCURRENT = 8


def connect(port, pki=None):
    if pki:
        return client.connect(port, client.context(pki, "alice"))
    plain = socket.create_connection(("127.0.0.1", port), timeout=client.PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain


def ask(connection, path="/file.txt", header=""):
    """The body of a good answer."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode())
    answer = b""
    while True:
        head, end, body = answer.partition(b"\r\n\r\n")
        if end and len(body) >= int(re.search(rb"(?i)content-length: (\d+)", head)[1]):
            break
        more = connection.recv(65536)
        if not more:
            raise RuntimeError(f"the server closed the connection after {answer[:200]!r}")
        answer += more
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"the server answered {head!r} instead of 200")
    return body.decode()


def load(server, count, pki=None, headers=("",)):
    """Speaks when the server sleeps, so that what it does is the same each time."""
    with connect(server.port, pki) as connection:
        for number in range(count):
            client.wait_until_asleep(server.pid)
            ask(connection, header=headers[number % len(headers)])
        client.wait_until_asleep(server.pid)


def rate(server, count, pki=None, header=""):
    """Requests per second, by ab."""
    scheme, certificate = ("https", ["-E", pki / "alice.all", "-f", "TLS1.3"]) if pki else ("http", [])
    lines = ["-H", header.strip()] if header else []
    command = ["ab", "-q", "-k", "-c", CONCURRENT, "-n", count, *certificate, *lines,
               f"{scheme}://localhost:{server.port}/file.txt"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout

    def told(label):
        return float(re.search(rf"^{label}:\s+([\d.]+)", done, re.M)[1])
    if told("Failed requests") or "Non-2xx" in done or told("Keep-Alive requests") != count:
        raise RuntimeError(f"ab did not get what it asked for:\n{done}")
    return told("Requests per second")
