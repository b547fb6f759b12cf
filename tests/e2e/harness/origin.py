# SPDX-License-Identifier: Apache-2.0
"""The web server of a CA, that CRLs are fetched from.

    origin = Origin()
    origin.put("/ca.crl", crl(pki.ca))         # with an ETag, and 304 for who has it
    origin.redirect("/old", "/ca.crl")
    origin.answer("/busy", 503, {"Retry-After": "60"})
    origin.asked("/ca.crl")                    # the requests for it, each a message.Seen"""
import hashlib
import ssl
from email.utils import formatdate
from http import HTTPStatus

from .backend import Backend
from .message import MessageReader, Seen


class Origin(Backend):
    def __init__(self, credential=None):
        """With a credential it speaks https."""
        self._answers = {}
        self._tls = None
        if credential:
            self.scheme = "https"
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(credential.chain, credential.key)
        super().__init__()

    def put(self, path, body):
        """Publishes a file; its URL."""
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        return self.answer(path, 200, {"ETag": tag, "Last-Modified": formatdate(usegmt=True)}, body)

    def redirect(self, path, target, status=302):
        return self.answer(path, status, {"Location": target})

    def answer(self, path, status, headers=(), body=b""):
        self._answers[path] = status, dict(headers), body
        return self.url + path

    def validators(self, path):
        """ETag and Last-Modified of what is there."""
        fields = self._answers[path][1]
        return fields["ETag"], fields["Last-Modified"]

    def asked(self, path):
        return [seen for seen in self.requests if seen.target == path]

    def serve(self, sock):
        if self._tls:
            sock = self._tls.wrap_socket(sock, server_side=True)
        reader = MessageReader(sock)
        while True:
            start, headers = reader.head()
            method, target, _ = start.split(" ")
            seen = Seen(method, target, headers)
            status, fields, body = self._answers.get(target, (404, {}, b"nothing here"))
            if status == 200 and fields.get("ETag") in seen.values("If-None-Match"):
                status, body = 304, b""
            self.requests.append(seen)
            lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{k}: {v}" for k, v in fields.items())]
            if status != 304:
                lines.append(f"Content-Length: {len(body)}")
            sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)
