# SPDX-License-Identifier: Apache-2.0
"""Virtual hosts that take certificates out of headers, the connections of a proxy to them, and what they saw.

    server.configure(host("nginx", "http", "ClientCertFrom nginx\nClientCertTrustedProxy 127.0.0.1"), modules=MODULES)
    with connect(server, "http/1.1", "nginx") as connection:
        assert who(connection.get(headers=of("nginx", pki.alice))).subject == "CN=Alice,..."

An answer tells by a header whom the server took its client for."""
import socket
from collections import namedtuple

from . import http2, tls
from .message import MessageReader
from .waiting import PATIENCE

MODULES = "http2 headers"
WHO = ('Header always set X-Who "expr=%{CLIENTCERT_VERIFY}|%{CLIENTCERT_REASON}|%{CLIENTCERT_SOURCE}|'
       '%{CLIENTCERT_SUBJECT}"')
GLOBAL = f"""
    Protocols h2 h2c http/1.1
    LimitRequestFieldSize 200000
    KeepAliveTimeout 60
    MaxKeepAliveRequests 0
    {WHO}
"""
WAYS = ("http/1.1", "h2c", "https/1.1", "h2")
Who = namedtuple("Who", "verify reason source subject")


def who(response):
    return Who(*response.header("X-Who").split("|"))


def nobody(response):
    """Whether the server saw no certificate at all."""
    seen = who(response)
    return (seen.verify, seen.subject) == ("NONE", "")


def host(name, port, lines):
    """A virtual host NAME.example.org; with TLS unless `port` is the one called http."""
    return (f"<VirtualHost *:${{{port}}}>\nServerName {name}.example.org\n"
            + ("" if port == "http" else "Include ${tls}\n") + lines + "\n</VirtualHost>\n")


def both(name, lines):
    """The same without TLS and with it."""
    return host(name, "http", lines) + host(name, "https", lines)


class Plain(tls.Connection):
    """A connection without TLS, from any address of this machine."""

    def __init__(self, port, host="localhost", address="127.0.0.1", source=None):
        self.host = f"{host}:{port}"
        self.socket = socket.create_connection((address, port), timeout=30 * PATIENCE,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = MessageReader(self.socket)


def connect(server, way, name, port=None, cert=None, **options):
    """A proxy's connection to the virtual host NAME.example.org, by one of WAYS."""
    port, name = port or ("https" if way in ("https/1.1", "h2") else "http"), f"{name}.example.org"
    if way == "https/1.1":
        return server.tls(cert, name, port, **options)
    if way == "h2":
        return server.h2(cert, name, port, **options)
    plain = Plain(server.ports[port], name, **options)
    return http2.Connection(plain, plain.host, "http") if way == "h2c" else plain
