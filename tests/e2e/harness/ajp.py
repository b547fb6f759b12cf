# SPDX-License-Identifier: Apache-2.0
"""An AJP13 container, as much of it as mod_proxy_ajp needs (Apache Tomcat's AJPv13 reference)."""
import struct

from .backend import Backend, exactly
from .message import Seen, values

FORWARD_REQUEST, SEND_BODY_CHUNK, SEND_HEADERS, END_RESPONSE, GET_BODY_CHUNK = 2, 3, 4, 5, 6
CPONG, CPING = 9, 10
METHODS = (None, "OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL",
           "COPY", "MOVE", "LOCK", "UNLOCK", "ACL")
HEADERS = (None, "accept", "accept-charset", "accept-encoding", "accept-language", "authorization",
           "connection", "content-type", "content-length", "cookie", "cookie2", "host", "pragma", "referer",
           "user-agent")
ATTRIBUTES = {1: "context", 2: "servlet_path", 3: "remote_user", 4: "auth_type", 5: "query_string",
              6: "jvm_route", 7: "ssl_cert", 8: "ssl_cipher", 9: "ssl_session", 12: "secret",
              13: "stored_method"}
REQUEST_ATTRIBUTE, SSL_KEY_SIZE, END = 10, 11, 0xFF


class Packet:
    """Reads the fields of a message in order."""

    def __init__(self, data):
        self._data, self._at = data, 0

    def byte(self):
        self._at += 1
        return self._data[self._at - 1]

    def integer(self):
        self._at += 2
        return struct.unpack_from(">H", self._data, self._at - 2)[0]

    def string(self, size=None):
        size = self.integer() if size is None else size
        if size == 0xFFFF:
            return ""
        self._at += size + 1  # a NUL ends it
        return self._data[self._at - size - 1:self._at - 1].decode("latin-1")

    def header_name(self):
        code = self.integer()
        return HEADERS[code & 0xFF] if code & 0xFF00 == 0xA000 else self.string(code)


def string(text):
    data = text.encode("latin-1")
    return struct.pack(">H", len(data)) + data + b"\0"


def parse(packet):
    """A forward request; attributes (SSL_*, AJP_*, REMOTE_USER) become `env`."""
    method = METHODS[packet.byte()]
    packet.string()  # protocol
    target = packet.string()
    for _ in range(3):  # remote address, remote host, server name
        packet.string()
    packet.integer()    # port
    packet.byte()       # is TLS
    headers = [(packet.header_name(), packet.string()) for _ in range(packet.integer())]
    env = {}
    while (code := packet.byte()) != END:
        if code == REQUEST_ATTRIBUTE:
            name = packet.string()
            env[name] = packet.string()
        elif code == SSL_KEY_SIZE:
            env["ssl_key_size"] = str(packet.integer())
        else:
            env[ATTRIBUTES[code]] = packet.string()
    return Seen(method, target, headers, env=env)


class AjpBackend(Backend):
    scheme = "ajp"

    def serve(self, sock):
        while True:
            packet = Packet(self._receive(sock))
            code = packet.byte()
            if code == CPING:
                self._send(sock, bytes([CPONG]))
            elif code == FORWARD_REQUEST:
                self._respond(sock, parse(packet))

    def _respond(self, sock, seen):
        expected = int((values(seen.headers, "content-length") or ["0"])[0])
        while len(seen.body) < expected:
            if seen.body:  # the first part comes unasked
                self._send(sock, struct.pack(">BH", GET_BODY_CHUNK, 8186))
            part = self._receive(sock)
            seen.body += part[2:].decode("latin-1")
        fields, body = self.answer(seen)
        self._send(sock, struct.pack(">BH", SEND_HEADERS, 200) + string("OK") + struct.pack(">H", len(fields))
                   + b"".join(string(name) + string(value) for name, value in fields))
        for at in range(0, len(body), 8000):
            part = body[at:at + 8000]
            self._send(sock, struct.pack(">BH", SEND_BODY_CHUNK, len(part)) + part + b"\0")
        self._send(sock, bytes([END_RESPONSE, 1]))

    @staticmethod
    def _receive(sock):
        magic, length = struct.unpack(">HH", exactly(sock, 4))
        assert magic == 0x1234, f"not an AJP packet: {magic:04x}"
        return exactly(sock, length)

    @staticmethod
    def _send(sock, message):
        sock.sendall(b"AB" + struct.pack(">H", len(message)) + message)
