# SPDX-License-Identifier: Apache-2.0
"""What the backends of a proxy have in common: a thread a connection, and a record of what came."""
import socket
import threading

from .message import Seen
from .waiting import PATIENCE


class Backend:
    """Answers every request with what it received, as JSON (Response.seen gives it back)."""

    scheme = "http"

    def __init__(self):
        self.requests = []          # a Seen for each request, in order
        self.response_headers = []  # (name, value) pairs to add to each response
        self._connections = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def close(self):
        for sock in (self._listener, *list(self._connections)):
            try:
                sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
            except OSError:
                pass
            sock.close()
        self._acceptor.join(10)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._connections.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            sock.settimeout(60 * PATIENCE)
            self.serve(sock)
        except OSError:
            pass  # the peer, or close(), has ended the connection
        finally:
            self._connections.discard(sock)
            sock.close()

    def serve(self, sock):
        """Requests on one connection, until OSError."""
        raise NotImplementedError

    def answer(self, seen: Seen):
        """Records a request; the (name, value) headers and the body of the answer."""
        self.requests.append(seen)
        body = seen.to_json()
        return [("Content-Type", "application/json"), ("Content-Length", str(len(body))),
                *self.response_headers], body

    @property
    def last(self):
        """What the last request brought."""
        return self.requests[-1]


def exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise ConnectionError("closed by the peer")
        data += more
    return data
