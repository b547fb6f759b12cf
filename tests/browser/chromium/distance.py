# SPDX-License-Identifier: Apache-2.0
"""A server that is not on the same machine: what is sent takes its time in each direction."""
import contextlib
import socket
import threading
import time

DELAY = 0.02


class Distance:
    """`with Distance(port) as far: browser.get(f"https://localhost:{far.port}/")`"""

    def __init__(self, port):
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends the connections too: a server that is to stop would wait for browsers that say nothing."""
        for one in self._listener, *self._connections:
            with contextlib.suppress(OSError):  # that one has ended itself
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        while True:
            try:
                near = self._listener.accept()[0]
            except OSError:
                return
            far = socket.create_connection(self._to)
            self._connections += near, far
            for one, other in (near, far), (far, near):
                threading.Thread(target=carry, args=(one, other), daemon=True).start()


def carry(one, other):
    """Until the one ends; its end takes as long as all that it sent."""
    try:
        while data := one.recv(65536):
            time.sleep(DELAY)
            other.sendall(data)
        time.sleep(DELAY)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other is gone, which its own thread tells
