# SPDX-License-Identifier: Apache-2.0
"""A TLS connection under full control: many requests, resumption, chosen SNI, raw bytes."""
import socket
import ssl

from .message import MessageReader, octets, pairs_of
from .waiting import PATIENCE

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(cert=None, ca=None, version=None, alpn=None, tickets=True, pha=True, ciphers=None):
    """version: "1.2" or "1.3" and no other; pha: whether the client offers post-handshake
    authentication (TLS 1.3); tickets: whether it asks for session tickets (TLS 1.2); ciphers:
    "DEFAULT@SECLEVEL=0" lets it present a weak certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ciphers:
        made.set_ciphers(ciphers)
    made.load_verify_locations(ca)
    made.post_handshake_auth = pha
    if cert:
        made.load_cert_chain(cert.chain, cert.key)
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
    if alpn:
        made.set_alpn_protocols(alpn)
    if not tickets:
        made.options |= ssl.OP_NO_TICKET
    return made


def bare_context(credential, version=None, alpn=None):
    """Of a client that knows no CA: it sends what its file has, and completes no chain by itself."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode, made.post_handshake_auth = False, ssl.CERT_NONE, True
    made.load_cert_chain(credential.chain, credential.key)
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
    if alpn:
        made.set_alpn_protocols(alpn)
    return made


class Connection:
    """One connection: `with server.tls(cert=alice) as connection: connection.get("/")`."""

    def __init__(self, port, host, cert, ca, *, sni=None, session=None, made=None, **options):
        """`sni` is the name in the handshake when it is not `host`, "" for none; `session` and
        `made` are what resume() hands over."""
        self._arguments = (port, host, cert, ca)
        self.host = f"{host}:{port}"
        self._context = made or context(cert, ca, **options)
        name = host if sni is None else sni
        if not name or name != host:
            self._context.check_hostname = False
        raw = socket.create_connection(("127.0.0.1", port), timeout=30 * PATIENCE)
        try:
            self.socket = self._context.wrap_socket(raw, server_hostname=name or None, session=session)
        except BaseException:
            raw.close()
            raise
        self._reader = MessageReader(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    @property
    def resumed(self):
        return self.socket.session_reused

    @property
    def version(self):
        return self.socket.version()

    def send(self, data):
        """The very bytes."""
        self.socket.sendall(data)

    def response(self, to="GET"):
        return self._reader.response(to)

    def request(self, method="GET", path="/index.html", headers=(), body=b"", trailers=()):
        """Sends a request and returns its response. headers: (name, value) pairs or a dict; a body
        with trailers goes out chunked. Another `Host` replaces the connection's."""
        pairs = pairs_of(headers)
        if not any(name.lower() == "host" for name, _ in pairs):
            pairs.insert(0, ("Host", self.host))
        if trailers:
            pairs.append(("Transfer-Encoding", "chunked"))
            body = b"%x\r\n%s\r\n0\r\n" % (len(body), body) if body else b"0\r\n"
            body += _fields(trailers) + b"\r\n"
        elif body:
            pairs.append(("Content-Length", str(len(body))))
        self.send(f"{method} {path} HTTP/1.1\r\n".encode("latin-1") + _fields(pairs) + b"\r\n" + body)
        return self.response(method)

    def get(self, path="/index.html", headers=()):
        return self.request("GET", path, headers)

    def resume(self, host=None, sni=None, port=None):
        """A new connection that offers this one's session. Read a response before: with TLS 1.3
        the server sends tickets when the handshake is over."""
        session = self.socket.session
        assert session and session.id, "the server gave no session"
        own_port, own_host, cert, ca = self._arguments
        return Connection(port or own_port, host or own_host, cert, ca, sni=sni, session=session,
                          made=self._context)

    def closed_by_peer(self):
        """Whether the server has ended the connection; waits for it."""
        try:
            return self.socket.recv(1) == b""
        except (ssl.SSLError, ConnectionError):
            return True


def _fields(headers):
    return b"".join(octets(name) + b": " + octets(value) + b"\r\n" for name, value in pairs_of(headers))
