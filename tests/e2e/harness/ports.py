# SPDX-License-Identifier: Apache-2.0
"""Free loopback ports that nobody takes before the server does."""
import socket


class Ports:
    """Ports held by bound sockets that do not listen.

    The kernel gives a held port to nobody who asks for any free port, and still lets httpd
    bind it, since both set SO_REUSEADDR and only one of them listens."""

    def __init__(self):
        self._held = []

    def take(self):
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        self._held.append(holder)
        return holder.getsockname()[1]

    def release(self):
        for holder in self._held:
            holder.close()
        self._held.clear()


def accepts(port):
    """Whether a server answers there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
