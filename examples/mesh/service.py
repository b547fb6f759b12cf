#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A service of the mesh: tells who has called it, and may ask another service first.

    service.py ADDRESS:PORT CAS [PROXY URL]

It gets the certificate of its caller from the httpd beside it, in the header Client-Cert (RFC 9440),
and takes nothing on trust that it can check: who signed it, when it is valid, what its SPIFFE ID is."""
import base64
import datetime
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")
BYTE_SEQUENCE = re.compile(r":([A-Za-z0-9+/]+={0,2}):(;.*)?")  # an item of RFC 8941


def certificate_of(field):
    if field is None:
        raise ValueError("there is no Client-Cert")
    item = BYTE_SEQUENCE.fullmatch(field.strip())
    if not item:
        raise ValueError("Client-Cert is no Byte Sequence")
    return x509.load_der_x509_certificate(base64.b64decode(item[1], validate=True))


def has_signed(ca, cert):
    digest = cert.signature_hash_algorithm
    if cert.issuer != ca.subject or digest is None:
        return False
    key = ca.public_key()
    how = [padding.PKCS1v15(), digest] if isinstance(key, rsa.RSAPublicKey) else [ec.ECDSA(digest)]
    try:
        key.verify(cert.signature, cert.tbs_certificate_bytes, *how)
    except InvalidSignature:
        return False
    return True


def check(cert, cas):
    """That one of these CAs has signed it, and that it is valid now."""
    if not any(has_signed(ca, cert) for ca in cas):
        raise PermissionError("none of our CAs has signed it")
    if not cert.not_valid_before <= datetime.datetime.utcnow() <= cert.not_valid_after:
        raise PermissionError(f"it is valid until {cert.not_valid_after}")


def spiffe_id(cert):
    """The one URI of an X.509-SVID."""
    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise PermissionError("it has no alternative names") from None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1 or urllib.parse.urlsplit(uris[0]).scheme != "spiffe":
        raise PermissionError(f"its URIs are {uris}")
    return uris[0]


def asked(proxy, url):
    """The httpd beside this service makes the connection, with the certificate of this service."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy}))
    try:
        with opener.open(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return 502, f"{url} answered {error.code}\n"


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            cert = certificate_of(self.headers["Client-Cert"])
            check(cert, self.server.cas)
            serial = f"{cert.serial_number:X}"[:12]
            status, text = 200, f"{spiffe_id(cert)} asks for {self.path} (certificate {serial}...)\n"
        except PermissionError as error:
            status, text = 403, f"no: {error}\n"
        except ValueError as error:
            status, text = 400, f"no: {error}\n"
        if status == 200 and self.server.next and self.path.startswith("/cart/"):
            status, more = asked(*self.server.next)
            text += more
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "Client-Cert")  # another caller gets another answer
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(where, cas, *following):
    host, port = where.split(":")
    server = ThreadingHTTPServer((host, int(port)), Service)
    with open(cas, "rb") as file:
        server.cas = [x509.load_pem_x509_certificate(pem) for pem in PEM.findall(file.read())]
    server.next = following
    print(f"listening on {where}", flush=True)
    server.serve_forever()


main(*sys.argv[1:])
