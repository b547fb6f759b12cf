# SPDX-License-Identifier: Apache-2.0
"""An HTTP message as clients get it and backends saw it: raw, in order, nothing joined."""
import json
from dataclasses import dataclass, field


def values(pairs, name):
    """Every value of the header `name`, in order, whatever its case."""
    return [value for key, value in pairs if key.lower() == name.lower()]


def octets(text):
    """The bytes to send: text stands for Latin-1."""
    return text if isinstance(text, bytes) else text.encode("latin-1")


def pairs_of(headers):
    """(name, value) pairs of a dict or of pairs."""
    return list(headers.items() if isinstance(headers, dict) else headers)


def parse_fields(block):
    """The (name, value) pairs of a header block; bytes are kept as Latin-1 text."""
    pairs = []
    for line in block.split(b"\r\n"):
        if line:
            name, _, value = line.partition(b":")
            pairs.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    return pairs


@dataclass
class Seen:
    """What a backend received. `env` is what CGI, FastCGI and AJP have beside headers."""

    method: str
    target: str
    headers: list = field(default_factory=list)
    trailers: list = field(default_factory=list)
    env: dict = field(default_factory=dict)
    body: str = ""

    def values(self, name):
        return values(self.headers, name)

    def value(self, name):
        """The value of a header that was sent once; None when it was not."""
        found = self.values(name)
        assert len(found) < 2, f"{name} was sent {len(found)} times: {found}"
        return found[0] if found else None

    def names(self):
        return [name.lower() for name, _ in self.headers]

    def to_json(self):
        return json.dumps(self.__dict__).encode()


@dataclass
class Response:
    status: int
    headers: list
    body: bytes
    version: str = "1.1"
    trailers: list = field(default_factory=list)

    @property
    def text(self):
        return self.body.decode("utf-8", "surrogateescape")

    def values(self, name):
        return values(self.headers, name)

    def header(self, name):
        found = self.values(name)
        return found[0] if found else None

    @property
    def seen(self):
        """What the backend behind received, when it was one of harness.backends."""
        assert self.status == 200, f"no backend answered: {self.status} {self.text}"
        fields = json.loads(self.body)
        for name in ("headers", "trailers"):
            fields[name] = [tuple(pair) for pair in fields[name]]
        return Seen(**fields)


class MessageReader:
    """Reads HTTP/1.1 messages from a blocking socket-like object with recv()."""

    def __init__(self, sock):
        self._sock = sock
        self._buffer = b""

    def _more(self):
        data = self._sock.recv(65536)
        if not data:
            raise ConnectionError(f"closed by the peer after {self._buffer[:200]!r}")
        self._buffer += data

    def until(self, mark):
        while mark not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(mark)
        return head

    def exactly(self, count):
        while len(self._buffer) < count:
            self._more()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def rest(self):
        try:
            while True:
                self._more()
        except ConnectionError:
            data, self._buffer = self._buffer, b""
            return data

    def head(self):
        """The start line, and the header pairs."""
        start, _, block = self.until(b"\r\n\r\n").partition(b"\r\n")
        return start.decode("latin-1"), parse_fields(block)

    def chunked(self):
        """A chunked body and its trailers."""
        body = b""
        while True:
            size = int(self.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            body += self.exactly(size)
            self.exactly(2)
        block = b""
        while line := self.until(b"\r\n"):
            block += line + b"\r\n"
        return body, parse_fields(block)

    def body(self, headers, otherwise=b""):
        """Body and trailers; `otherwise` stands when neither length nor chunks are announced."""
        if "chunked" in ",".join(values(headers, "Transfer-Encoding")).lower():
            return self.chunked()
        length = values(headers, "Content-Length")
        if length:
            return self.exactly(int(length[0])), []
        return (otherwise() if callable(otherwise) else otherwise), []

    def response(self, to="GET"):
        """The final response; interim ones are passed over."""
        while True:
            start, headers = self.head()
            version, status = start.split(" ")[:2]
            if not status.startswith("1"):
                break
        if to == "HEAD" or status in ("204", "304"):
            return Response(int(status), headers, b"", version.removeprefix("HTTP/"))
        body, trailers = self.body(headers, otherwise=self.rest)
        return Response(int(status), headers, body, version.removeprefix("HTTP/"), trailers)
