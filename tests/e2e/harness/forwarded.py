# SPDX-License-Identifier: Apache-2.0
"""How proxies write certificates into request headers, worked out from what openssl prints: no code of the module
has a part in it.

    fields("rfc9440", alice.der, issuing)      # [("Client-Cert", ":MII...:"), ("Client-Cert-Chain", ":MII...:")]"""
import base64
import functools
import hashlib
import textwrap
from urllib.parse import quote

from .pki import openssl

FORMATS = ("rfc9440", "xfcc", "nginx", "haproxy", "traefik", "aws")
CHAINED = ("rfc9440", "xfcc", "traefik", "aws")  # those that have a place for intermediates
FIELD = {"rfc9440": "Client-Cert", "xfcc": "X-Forwarded-Client-Cert", "nginx": "X-SSL-Client-Cert",
         "haproxy": "X-SSL-CERT", "traefik": "X-Forwarded-Tls-Client-Cert", "aws": "X-Amzn-Mtls-Clientcert-Leaf"}
CHAIN_FIELD, PASSED_THROUGH = "Client-Cert-Chain", "X-Amzn-Mtls-Clientcert"
NAMES = (*FIELD.values(), CHAIN_FIELD, PASSED_THROUGH)


@functools.cache
def der_of(path):
    return openssl("x509", "-in", path, "-outform", "DER")


def chain_of(credential):
    """The certificates of a client as it presents them, its own first."""
    text, end = credential.chain.read_text(), "-----END CERTIFICATE-----\n"
    return [openssl("x509", "-outform", "DER", data=(part + end).encode()) for part in text.split(end) if part]


def base64_of(data):
    return base64.b64encode(data).decode()


def armoured(data, label="CERTIFICATE"):
    """PEM, of whatever it is; a test says that for certificates it is what openssl prints."""
    lines = textwrap.wrap(base64_of(data), 64)
    return "".join(line + "\n" for line in (f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"))


def byte_sequence(data):
    return f":{base64_of(data)}:"


def escaped(text, kept=""):
    """Percent-encoded but for letters, digits, `-._~` and what is `kept`."""
    return quote(text, safe=kept)


def envoy(data, *chain):
    """An element of X-Forwarded-Client-Cert: with the chain where there is one."""
    element = f'Hash={hashlib.sha256(data).hexdigest()};Cert="{escaped(armoured(data))}"'
    if chain:
        element += f';Chain="{escaped("".join(map(armoured, (data, *chain))))}"'
    return element


def fields(kind, data, *chain):
    """The header fields for a certificate, and those behind it where the format has a place for them."""
    if kind == "rfc9440":
        pairs = [(FIELD[kind], byte_sequence(data))]
        return [*pairs, (CHAIN_FIELD, ", ".join(map(byte_sequence, chain)))] if chain else pairs
    if kind == "aws" and chain:
        return [(PASSED_THROUGH, escaped("".join(map(armoured, (data, *chain))), "+=/"))]
    return [(FIELD[kind], {
        "xfcc": lambda: envoy(data, *chain),
        "nginx": lambda: escaped(armoured(data)),
        "haproxy": lambda: base64_of(data),
        "traefik": lambda: ",".join(map(base64_of, (data, *chain))),
        "aws": lambda: escaped(armoured(data), "+=/"),
    }[kind]())]


def of(kind, credential):
    """The fields that a proxy sends for a client that presents this credential."""
    data, *chain = chain_of(credential)
    return fields(kind, data, *(chain if kind in CHAINED else ()))
