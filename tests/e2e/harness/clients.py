# SPDX-License-Identifier: Apache-2.0
"""The clients of a server: curl, raw TLS, openssl s_client, HTTP/2."""
from . import http2, tls
from .curl import curl
from .s_client import SClient


class Clients:
    """Methods of Server. `cert` is a Credential of harness.pki or None, `host` the name for SNI and
    Host, `port` the name of a port given to configure()."""

    def url(self, path="/", host="localhost", port="https"):
        return f"{'http' if port == 'http' else 'https'}://{host}:{self.ports[port]}{path}"

    def curl(self, path="/index.html", *arguments, cert=None, host="localhost", port="https", **options):
        """One request by curl; see harness.curl for the options."""
        return curl(self.url(path, host, port), *arguments, cert=cert, ca=self.pki.ca.cert, **options)

    def status(self, path="/index.html", *arguments, **options):
        """The status of one request by curl."""
        return self.curl(path, *arguments, **options).status

    def tls(self, cert=None, host="localhost", port="https", **options):
        """A TLS connection for HTTP/1.1 by python's ssl; see harness.tls.Connection."""
        return tls.Connection(self.ports[port], host, cert, self.pki.ca.cert, **options)

    def h2(self, cert=None, host="localhost", port="https", **options):
        """An HTTP/2 connection; see harness.http2.Connection."""
        return http2.Connection(tls.Connection(self.ports[port], host, cert, self.pki.ca.cert,
                                               alpn=["h2"], **options), f"{host}:{self.ports[port]}")

    def s_client(self, *arguments, cert=None, host="localhost", port="https"):
        """An `openssl s_client` to talk through; see harness.s_client."""
        return SClient(self.ports[port], host, cert, self.pki.ca.cert, arguments)
