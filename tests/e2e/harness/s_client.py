# SPDX-License-Identifier: Apache-2.0
"""openssl s_client as a client: renegotiation, sessions in files, what the server asks for."""
import re
import subprocess
import threading

from .pki import OPENSSL
from .waiting import wait_until


class SClient:
    """`with server.s_client("-tls1_2", cert=alice) as client: client.get("/"); client.renegotiate()`"""

    def __init__(self, port, host, cert, ca, arguments=()):
        self._host = f"{host}:{port}"
        command = [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", host, "-CAfile", ca,
                   "-crlf"]
        if cert:
            command += ["-cert", cert.cert, "-key", cert.key, "-cert_chain", cert.chain]
        self._process = subprocess.Popen([*map(str, command), *map(str, arguments)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self._output = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        while data := self._process.stdout.read(4096):
            self._output += data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def output(self):
        return self._output.decode("utf-8", "replace")

    def expect(self, pattern, since=0):
        """Waits until s_client has printed what matches, after position `since` of its output."""
        def found():
            return re.search(pattern, self.output[since:], re.S)
        return wait_until(found, lambda: f"openssl s_client did not print {pattern!r}:\n{self.output}")

    def send(self, text):
        try:
            self._process.stdin.write(text.encode())
        except BrokenPipeError:
            pass  # s_client has ended: its output tells why

    def get(self, path="/index.html", status=None):
        """Asks for a page and waits for the status line; returns the status."""
        position = len(self.output)
        self.send(f"GET {path} HTTP/1.1\nHost: {self._host}\n\n")
        return int(self.expect(r"HTTP/1\.1 (%s)" % (status or r"\d+"), position)[1])

    def renegotiate(self):
        """The client asks for a new handshake (TLS 1.2), which httpd refuses."""
        self.send("R\n")

    def ended(self):
        """Waits until s_client has ended: the server closed the connection. Its exit status."""
        wait_until(lambda: self._process.poll() is not None, lambda: f"s_client goes on:\n{self.output}")
        return self._process.returncode

    def close(self):
        """Ends the connection; returns all that was printed."""
        try:
            self._process.stdin.close()
            self._process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        return self.output
