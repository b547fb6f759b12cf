# SPDX-License-Identifier: Apache-2.0
"""The application servers of mod_proxy_scgi and mod_proxy_uwsgi, and what all backends have in
common for a test of request headers."""
import socket
import struct

from .backend import Backend, exactly
from .backends import Backends
from .message import MessageReader, Seen
from .waiting import PATIENCE


def pairs_of_cgi(env):
    return [(name, value) for name, value in env if name.startswith("HTTP_")]


class ScgiBackend(Backend):
    """A netstring of NUL-terminated names and values, then the body (the SCGI specification)."""

    scheme = "scgi"
    status_line = "Status: 200 OK"

    def serve(self, sock):
        size = b""
        while (octet := exactly(sock, 1)) != b":":
            size += octet
        fields = exactly(sock, int(size)).decode("latin-1").split("\0")[:-1]
        assert exactly(sock, 1) == b","
        respond(self, sock, list(zip(fields[::2], fields[1::2])))


class UwsgiBackend(Backend):
    """Four octets, then names and values behind their lengths (the uwsgi protocol)."""

    scheme = "uwsgi"
    status_line = "HTTP/1.1 200 OK"

    def serve(self, sock):
        _, size, _ = struct.unpack("<BHB", exactly(sock, 4))
        data, fields, at = exactly(sock, size), [], 0
        while at < size:
            length = struct.unpack_from("<H", data, at)[0]
            fields.append(data[at + 2:at + 2 + length].decode("latin-1"))
            at += 2 + length
        respond(self, sock, list(zip(fields[::2], fields[1::2])))


def respond(backend, sock, pairs):
    env = dict(pairs)
    length = int(env.get("CONTENT_LENGTH") or 0)
    seen = Seen(env["REQUEST_METHOD"], env.get("REQUEST_URI", ""), pairs_of_cgi(pairs), env=env,
                body=exactly(sock, length).decode("latin-1"))
    fields, body = backend.answer(seen)
    lines = [backend.status_line, *(f"{name}: {value}" for name, value in fields), "", ""]
    sock.sendall("\r\n".join(lines).encode("latin-1") + body)
    sock.close()


class Gateways(Backends):
    """Backends of every protocol that httpd forwards to, by the name of their location."""

    KINDS = ("http", "h2c", "fcgi", "ajp", "scgi", "uwsgi")
    MODULES = "proxy_http proxy_http2 proxy_fcgi proxy_ajp proxy_scgi proxy_uwsgi cgid alias"

    def __init__(self):
        super().__init__()
        self.scgi = self._start(ScgiBackend)
        self.uwsgi = self._start(UwsgiBackend)

    def configuration(self, prefix=""):
        """/http/, /h2c/, ... lead to the backends, /cgi-bin/ to the scripts."""
        lines = [f"ProxyPass {prefix}/{kind}/ {getattr(self, kind).url}/" for kind in self.KINDS]
        return "\n".join([*lines, f"ScriptAlias {prefix}/cgi-bin/ ${{root}}/cgi-bin/"])

    def count(self):
        """How many requests have reached a backend."""
        return sum(len(backend.requests) for backend in self._started)


PATHS = ("/http/x", "/h2c/x", "/fcgi/x", "/ajp/x", "/scgi/x", "/uwsgi/x", "/cgi-bin/seen")


def arrived(seen, name):
    """Every value that the application got under this header's name, whatever its protocol."""
    return seen.values(name) + seen.values("HTTP_" + name.upper().replace("-", "_"))


class PlainConnection:
    """Raw HTTP/1.1 without TLS: send() and response() as harness.tls.Connection has them."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30 * PATIENCE)
        self._reader = MessageReader(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def response(self, to="GET"):
        return self._reader.response(to)
