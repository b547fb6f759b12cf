# SPDX-License-Identifier: Apache-2.0
"""Connections on which requests do not come to an end: WebSockets, and downloads."""
import base64
import hashlib
import ssl
import time

from .backend import Backend
from .message import MessageReader, Seen, values

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
KEY = base64.b64encode(b"sixteen bytes...").decode()


class StreamingBackend(Backend):
    """Opens WebSockets and sends back what comes; answers other requests with a body without end."""

    def serve(self, sock):
        reader = MessageReader(sock)
        start, headers = reader.head()
        method, target, _ = start.split(" ")
        self.requests.append(Seen(method, target, headers))
        key = values(headers, "Sec-WebSocket-Key")
        if key:
            accept = base64.b64encode(hashlib.sha1(key[0].encode() + MAGIC).digest()).decode()
            sock.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
            while data := sock.recv(65536):
                sock.sendall(data)
        else:
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                sock.sendall(b"6\r\nhello\n\r\n")
                time.sleep(0.02)


class WebSocket:
    """A client's WebSocket on a connection of harness.tls."""

    def __init__(self, connection, path):
        self.connection = connection
        connection.send((f"GET {path} HTTP/1.1\r\nHost: {connection.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n").encode())
        start, _ = connection._reader.head()
        assert " 101 " in start, start

    def echo(self, text=b"\x81\x05hello"):
        """A frame there and back."""
        self.connection.send(text)
        assert self.connection._reader.exactly(len(text)) == text


def download(connection, path, start=b"hello"):
    """Asks for a page without end; returns when its body has begun."""
    connection.send(f"GET {path} HTTP/1.1\r\nHost: {connection.host}\r\n\r\n".encode())
    head, _ = connection._reader.head()
    assert " 200 " in head, head
    connection._reader.until(start)


def ended(connection):
    """Reads and sends nothing until the server has closed the connection; the time it was found out."""
    try:
        while connection.socket.recv(65536):
            pass
    except (ssl.SSLError, ConnectionError):
        pass
    return time.monotonic()
