# SPDX-License-Identifier: Apache-2.0
"""HTTP/2: many requests at once on one connection, with any headers and trailers."""
import h2.config
import h2.connection
import h2.events

from .message import Response, octets, pairs_of

# Header names are sent as the test has them: checking them is the server's affair.
CONFIG = h2.config.H2Configuration(client_side=True, header_encoding="latin-1",
                                   validate_outbound_headers=False, normalize_outbound_headers=False)


class Reset(Exception):
    """The server reset a stream, or closed the connection."""


class Connection:
    """`with server.h2(cert=alice) as h2: responses = h2.gather(["/a", "/b"])`

    With the scheme "http" the transport is not TLS, and the server is known to speak HTTP/2."""

    def __init__(self, transport, authority, scheme="https"):
        self.transport, self._authority, self._scheme = transport, authority, scheme
        if scheme == "https":
            assert transport.socket.selected_alpn_protocol() == "h2", "the server did not choose h2"
        self._h2 = h2.connection.H2Connection(CONFIG)
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(1 << 24)
        self._responses, self._ended, self._reset = {}, set(), {}
        self._flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.transport.close()

    def send(self, path="/index.html", headers=(), method="GET", body=b"", trailers=(), authority=None):
        """Opens a stream; response() waits for its answer."""
        stream = self._h2.get_next_available_stream_id()
        pseudo = [(":method", method), (":scheme", self._scheme), (":path", path),
                  (":authority", authority or self._authority)]
        last = not body and not trailers
        self._h2.send_headers(stream, _fields(pseudo) + _fields(headers), end_stream=last)
        if body:
            self._h2.send_data(stream, body, end_stream=not trailers)
        if trailers:
            self._h2.send_headers(stream, _fields(trailers), end_stream=True)
        self._responses[stream] = Response(0, [], b"", "2")
        self._flush()
        return stream

    def response(self, stream):
        while stream not in self._ended and stream not in self._reset:
            data = self.transport.socket.recv(65536)
            if not data:
                raise Reset("the server closed the connection")
            for event in self._h2.receive_data(data):
                self._take(event)
            self._flush()
        if stream in self._reset:
            raise Reset(f"stream {stream} was reset with error code {self._reset[stream]}")
        return self._responses.pop(stream)

    def get(self, path="/index.html", headers=(), **options):
        return self.response(self.send(path, headers, **options))

    def gather(self, paths, headers=()):
        """Requests all paths at once; the responses in the same order."""
        streams = [self.send(path, headers) for path in paths]
        return [self.response(stream) for stream in streams]

    def _take(self, event):
        if isinstance(event, h2.events.ResponseReceived):
            response = self._responses[event.stream_id]
            response.headers = [(n, v) for n, v in event.headers if n != ":status"]
            response.status = int(dict(event.headers)[":status"])
        elif isinstance(event, h2.events.DataReceived):
            self._responses[event.stream_id].body += event.data
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            self._responses[event.stream_id].trailers = list(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            self._ended.add(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self._reset[event.stream_id] = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            raise Reset(f"the server ended the connection with error code {event.error_code}")

    def _flush(self):
        data = self._h2.data_to_send()
        if data:
            self.transport.socket.sendall(data)


def _fields(headers):
    return [(octets(name).lower(), octets(value)) for name, value in pairs_of(headers)]
