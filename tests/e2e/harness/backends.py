# SPDX-License-Identifier: Apache-2.0
"""The backends by protocol: HTTP/1.1, HTTP/2 in clear, FastCGI, AJP, and a CGI script."""
import sys
from functools import cached_property

import h2.config
import h2.connection
import h2.events

from .ajp import AjpBackend
from .backend import Backend
from .fastcgi import FastCgiBackend
from .message import MessageReader, Seen

# Prints what it received as the other backends do. Started by httpd: no module of ours.
CGI = f"""#!{sys.executable} -ISB
import json, os, sys
env = {{k.decode("latin-1"): v.decode("latin-1") for k, v in os.environb.items()}}
length = int(env.get("CONTENT_LENGTH") or 0)
seen = dict(method=env.get("REQUEST_METHOD", ""), target=env.get("REQUEST_URI", ""), env=env, trailers=[],
            headers=[(k, v) for k, v in env.items() if k.startswith("HTTP_")],
            body=sys.stdin.buffer.read(length).decode("latin-1"))
print("Content-Type: application/json\\n\\n" + json.dumps(seen))
"""


class HttpBackend(Backend):
    def serve(self, sock):
        reader = MessageReader(sock)
        while True:
            start, headers = reader.head()
            method, target, _ = start.split(" ")
            body, trailers = reader.body(headers)
            fields, answer = self.answer(Seen(method, target, headers, trailers,
                                              body=body.decode("latin-1")))
            head = "".join(f"{name}: {value}\r\n" for name, value in fields)
            sock.sendall(b"HTTP/1.1 200 OK\r\n" + head.encode("latin-1") + b"\r\n" + answer)


class H2cBackend(Backend):
    """HTTP/2 with prior knowledge, for mod_proxy_http2."""

    scheme = "h2c"
    config = h2.config.H2Configuration(client_side=False, header_encoding="latin-1",
                                       validate_inbound_headers=False, normalize_inbound_headers=False)

    def serve(self, sock):
        connection = h2.connection.H2Connection(self.config)
        connection.initiate_connection()
        sock.sendall(connection.data_to_send())
        streams = {}
        while data := sock.recv(65536):
            for event in connection.receive_data(data):
                self._take(connection, streams, event)
            sock.sendall(connection.data_to_send())

    def _take(self, connection, streams, event):
        if isinstance(event, h2.events.RequestReceived):
            pseudo = dict(event.headers)
            streams[event.stream_id] = Seen(pseudo[":method"], pseudo[":path"],
                                            [(n, v) for n, v in event.headers if n[0] != ":"])
        elif isinstance(event, h2.events.TrailersReceived):
            streams[event.stream_id].trailers = list(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            streams[event.stream_id].body += event.data.decode("latin-1")
            connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            fields, answer = self.answer(streams.pop(event.stream_id))
            connection.send_headers(event.stream_id,
                                    [(":status", "200"), *((n.lower(), v) for n, v in fields)])
            for at in range(0, len(answer), connection.max_outbound_frame_size):
                connection.send_data(event.stream_id, answer[at:at + connection.max_outbound_frame_size])
            connection.end_stream(event.stream_id)


class Backends:
    """Started when first named: `backends.http.url`, `backends.fcgi.port`, `backends.ajp.last`."""

    def __init__(self):
        self._started = []

    @cached_property
    def http(self):
        return self._start(HttpBackend)

    @cached_property
    def h2c(self):
        return self._start(H2cBackend)

    @cached_property
    def fcgi(self):
        return self._start(FastCgiBackend)

    @cached_property
    def ajp(self):
        return self._start(AjpBackend)

    def _start(self, kind):
        self._started.append(kind())
        return self._started[-1]

    def close(self):
        for backend in self._started:
            backend.close()
