# SPDX-License-Identifier: Apache-2.0
"""The client of the bench: a number of TLS 1.3 connections with a number of requests each, or one request and its answer.

Nothing of it is measured, but what the server does depends on when the client speaks: a server that finds the next
request already there does not poll for it. So the client waits, before each word, until the server sleeps.
"""

import argparse
import http.client
import pathlib
import socket
import ssl
import sys
import time

PATIENCE = 60  # seconds until a server that neither answers nor sleeps is given up
BODY = 1024


def wait_until_asleep(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
        if state == "S":
            return
        time.sleep(0.0002)
    sys.exit(f"client.py: the server (process {pid}) did not come to rest within {PATIENCE} seconds")


def context(pki, certificate):
    tls = ssl.create_default_context(cafile=pki / "ca.pem")
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    if certificate:
        tls.load_cert_chain(pki / f"{certificate}.pem", pki / f"{certificate}.key")
    return tls


def connect(port, tls):
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return tls.wrap_socket(plain, server_hostname="localhost")


def receive_tickets(connection, pid):
    """The server's session ticket is the proof that it has finished its side of a TLS 1.3 handshake."""
    connection.setblocking(False)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        drain(connection)
        if connection.session is not None and connection.session.has_ticket:
            wait_until_asleep(pid)
            drain(connection)  # what is left unread would make close() a reset
            return
        time.sleep(0.0002)
    sys.exit(f"client.py: no session ticket within {PATIENCE} seconds")


def drain(connection):
    try:
        connection.recv(1)
    except ssl.SSLWantReadError:
        pass


def request(connection):
    connection.sendall(b"GET /file.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while (end := answer.find(b"\r\n\r\n") + 4) < 4 or len(answer) < end + BODY:
        more = connection.recv(16384)
        if not more:
            sys.exit(f"client.py: the server closed the connection after {answer!r}")
        answer += more
        if not answer.startswith(b"HTTP/1.1 200 "[:len(answer)]):
            sys.exit(f"client.py: the server answered {answer!r} instead of 200")


def load(arguments):
    tls = context(arguments.pki, "alice")
    for _ in range(arguments.connections):
        wait_until_asleep(arguments.pid)
        with connect(arguments.port, tls) as connection:
            if not arguments.requests:
                receive_tickets(connection, arguments.pid)
            for _ in range(arguments.requests):
                wait_until_asleep(arguments.pid)
                request(connection)
            wait_until_asleep(arguments.pid)
    wait_until_asleep(arguments.pid)


def get(arguments):
    tls = context(arguments.pki, arguments.certificate)
    connection = http.client.HTTPSConnection("localhost", arguments.port, context=tls, timeout=PATIENCE)
    try:
        connection.request("GET", arguments.path)
        response = connection.getresponse()
    except ssl.SSLError as error:
        if "ALERT" not in (error.reason or ""):
            raise
        print("refused")
        return
    print(response.status)
    sys.stdout.write(response.read().decode("utf-8", "replace"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pki", type=pathlib.Path, required=True, help="directory of ca.pem, alice.pem, alice.key")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("load")
    command.add_argument("--pid", type=int, required=True)
    command.add_argument("--connections", type=int, required=True)
    command.add_argument("--requests", type=int, required=True)
    command.set_defaults(run=load)
    command = commands.add_parser("get")
    command.add_argument("--certificate", help="alice, stranger; none without it")
    command.add_argument("path")
    command.set_defaults(run=get)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
