# SPDX-License-Identifier: Apache-2.0
"""curl as a client."""
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from .message import Response, parse_fields
from .waiting import PATIENCE

# httpd answers the protocol name http/1.0 with one that was not offered: offer none.
VERSIONS = {"1.0": ["--http1.0", "--no-alpn"], "1.1": ["--http1.1"], "2": ["--http2"]}


class CurlError(Exception):
    """curl has no response: `.code` is its exit status (35 and 56: the handshake failed)."""

    def __init__(self, code, text):
        super().__init__(f"curl: exit status {code}: {text}")
        self.code = code


def curl(url, *arguments, cert=None, ca=None, http="1.1", tls=None, headers=(), method=None, data=None):
    """One request; more curl options may follow the URL.

    http: "1.0", "1.1" or "2"; tls: "1.2" or "1.3" and no other; headers: a dict, or (name, value)
    pairs when one is sent twice."""
    parts = urlsplit(url)
    with tempfile.TemporaryDirectory(prefix="curl-") as scratch:
        head, body = Path(scratch, "head"), Path(scratch, "body")
        command = ["curl", "-q", "-sS", "--noproxy", "*", "-m", str(30 * PATIENCE), *VERSIONS[http],
                   "-D", head, "-o", body, "--resolve", f"{parts.hostname}:{parts.port}:127.0.0.1"]
        if ca:
            command += ["--cacert", ca]
        if cert:
            command += ["--cert", cert.chain, "--key", cert.key]
        if tls:
            command += [f"--tlsv{tls}", "--tls-max", tls]
        if method:
            command += ["-X", method]
        if data is not None:
            command += ["--data-binary", data]
        for name, value in headers.items() if isinstance(headers, dict) else headers:
            command += ["-H", f"{name}: {value}" if value else f"{name};"]
        done = subprocess.run([*map(str, command), *arguments, url], capture_output=True, text=True)
        if done.returncode != 0:
            raise CurlError(done.returncode, done.stderr.strip())
        # Interim responses come first; trailers make a last block without a status line.
        blocks = [block for block in head.read_bytes().split(b"\r\n\r\n") if block]
        final = max(i for i, block in enumerate(blocks) if block.startswith(b"HTTP/"))
        start, _, fields = blocks[final].partition(b"\r\n")
        version, status = start.decode("latin-1").split(" ")[:2]
        trailers = parse_fields(b"\r\n".join(blocks[final + 1:]))
        return Response(int(status), parse_fields(fields), body.read_bytes() if body.exists() else b"",
                        version.removeprefix("HTTP/"), trailers)
