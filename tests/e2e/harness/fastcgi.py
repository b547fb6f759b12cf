# SPDX-License-Identifier: Apache-2.0
"""A FastCGI responder, as much of it as mod_proxy_fcgi needs."""
import struct

from .backend import Backend, exactly
from .message import Seen

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
KEEP_CONNECTION = 1


def record(kind, request, content):
    return struct.pack(">BBHHBB", 1, kind, request, len(content), 0, 0) + content


def name_value_pairs(data):
    """The pairs of a PARAMS stream (FastCGI specification, 3.4)."""
    pairs, at = [], 0
    while at < len(data):
        sizes = []
        for _ in range(2):
            size = data[at]
            if size & 0x80:
                size = struct.unpack_from(">I", data, at)[0] & 0x7FFFFFFF
                at += 3
            at += 1
            sizes.append(size)
        name, value = data[at:at + sizes[0]], data[at + sizes[0]:at + sum(sizes)]
        pairs.append((name.decode("latin-1"), value.decode("latin-1")))
        at += sum(sizes)
    return pairs


class FastCgiBackend(Backend):
    """`env` holds the parameters; `headers` those that begin with HTTP_, each time one was sent."""

    scheme = "fcgi"

    def serve(self, sock):
        streams, flags = {PARAMS: b"", STDIN: b""}, 0
        while True:
            _, kind, request, length, padding, _ = struct.unpack(">BBHHBB", exactly(sock, 8))
            content = exactly(sock, length)
            exactly(sock, padding)
            if kind == BEGIN_REQUEST:
                flags = content[2]
                streams = {PARAMS: b"", STDIN: b""}
            elif kind in streams:
                streams[kind] += content
                if kind == STDIN and not content:
                    self._respond(sock, request, streams)
                    if not flags & KEEP_CONNECTION:
                        return

    def _respond(self, sock, request, streams):
        pairs = name_value_pairs(streams[PARAMS])
        env = dict(pairs)
        seen = Seen(env.get("REQUEST_METHOD", ""), env.get("REQUEST_URI", ""),
                    [pair for pair in pairs if pair[0].startswith("HTTP_")], env=env,
                    body=streams[STDIN].decode("latin-1"))
        fields, body = self.answer(seen)
        head = "Status: 200 OK\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
        out = head.encode("latin-1") + b"\r\n" + body
        for at in range(0, len(out), 0xFFF8):
            sock.sendall(record(STDOUT, request, out[at:at + 0xFFF8]))
        sock.sendall(record(STDOUT, request, b"") + record(END_REQUEST, request, bytes(8)))
