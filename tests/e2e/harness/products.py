# SPDX-License-Identifier: Apache-2.0
"""All fields that each product sends of a client, worked out from what openssl prints of its certificate.

    expected("nginx", alice)     # {"X-SSL-Client-Cert": "-----BEGIN%20...", "X-SSL-Client-Verify": "SUCCESS", ...}"""
import functools
import hashlib
from datetime import datetime, timezone
from urllib.parse import quote_plus

from .forwarded import armoured, base64_of, chain_of, escaped, fields
from .pki import openssl

RFC3339 = "%Y-%m-%dT%H:%M:%SZ"
KINDS_OF_KEYS = {"rsaEncryption": "RSA", "id-ecPublicKey": "EC", "ED25519": "ED25519"}


@functools.cache
def show(data, *options):
    return openssl("x509", "-inform", "DER", "-noout", *options, data=data).decode().strip()


class Shown:
    """A certificate, and those that its client presents behind it."""

    def __init__(self, data, *chain):
        self.data, self.chain = data, chain
        self.pem = armoured(data)
        self.subject, self.issuer = self.name("subject"), self.name("issuer")
        self.serial = self.value("-serial")
        self.sha1 = hashlib.sha1(data).hexdigest()

    def value(self, option, *more):
        """What stands behind the equals sign."""
        return show(self.data, option, *more).partition("=")[2]

    def name(self, who, form="RFC2253"):
        return self.value(f"-{who}", "-nameopt", form)

    def attributes(self, who="subject"):
        """(type, value) pairs in the order of the certificate, for plain values."""
        lines = self.name(who, "sep_multiline,sname").splitlines()
        return [tuple(line.strip().split("=", 1)) for line in lines if line.strip()]

    def dates(self):
        return [self.value(option) for option in ("-startdate", "-enddate")]

    def times(self):
        return [datetime.strptime(text, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=timezone.utc) for text in self.dates()]

    def times_as(self, form):
        return [time.strftime(form) for time in self.times()]

    def text(self, label):
        """The line behind the label in openssl's text."""
        return show(self.data, "-text").partition(label)[2].splitlines()[0].strip()

    def alternatives(self):
        """(kind, value) pairs in the order of the certificate."""
        line = show(self.data, "-text").partition("Alternative Name:")[2].split("\n")[1:2]
        return [tuple(one.strip().split(":", 1)) for one in line[0].split(",")] if line else []

    def alternatives_of(self, *kinds):
        return [value for wanted in kinds for kind, value in self.alternatives() if kind == wanted]


def colons(text):
    return ":".join(text[i:i + 2] for i in range(0, len(text), 2)).lower()


def rfc9440(one):
    return dict(fields("rfc9440", one.data, *one.chain))


def xfcc(one):
    (name, element), = fields("xfcc", one.data, *one.chain)
    names = [f'URI="{value}"' for value in one.alternatives_of("URI")]
    names += [f"DNS={value}" for value in one.alternatives_of("DNS")]
    return {name: ";".join([element, f'Subject="{one.subject}"', *names])}


def nginx(one):
    return {"X-SSL-Client-Cert": escaped(one.pem), "X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-S-DN": one.subject,
            "X-SSL-Client-I-DN": one.issuer, "X-SSL-Client-Serial": one.serial, "X-SSL-Client-Fingerprint": one.sha1}


def haproxy(one):
    start, end = one.times_as("%y%m%d%H%M%SZ")
    return {"X-SSL": "1", "X-SSL-Client-Verify": "0", "X-SSL-Client-SHA1": one.sha1.upper(),
            "X-SSL-Client-DN": one.name("subject", "compat"), "X-SSL-Issuer": one.name("issuer", "compat"),
            "X-SSL-Client-CN": dict(one.attributes())["CN"], "X-SSL-Client-NotBefore": start,
            "X-SSL-Client-NotAfter": end, "X-SSL-CERT": base64_of(one.data)}


def traefik_value(text):
    """Traefik itself leaves it as it is, so that a value can pass for more fields; we do not."""
    return "".join(escaped(char) if char in '%",;=\\' else char for char in text)


def traefik_name(one, who):
    kinds = ("DC", "C", "ST", "L", "O", *(["OU"] if who == "subject" else []), "CN")
    return ",".join(f"{kind}={traefik_value(value)}"
                    for wanted in kinds for kind, value in one.attributes(who) if kind == wanted)


def traefik_info(one):
    start, end = (str(int(time.timestamp())) for time in one.times())
    parts = {"Subject": traefik_name(one, "subject"), "Issuer": traefik_name(one, "issuer"),
             "SerialNumber": str(int(one.serial, 16)), "NB": start, "NA": end,
             "SAN": ",".join(map(traefik_value, one.alternatives_of("DNS", "email", "IP Address", "URI")))}
    return ";".join(f'{key}="{value}"' for key, value in parts.items() if value)


def traefik(one):
    everybody = [one, *map(Shown, one.chain)]
    return {"X-Forwarded-Tls-Client-Cert": ",".join(base64_of(shown.data) for shown in everybody),
            "X-Forwarded-Tls-Client-Cert-Info": quote_plus(",".join(map(traefik_info, everybody)), safe="")}


def aws(one):
    start, end = one.times_as(RFC3339)
    own = {"Serial-Number": one.serial, "Issuer": one.issuer, "Subject": one.subject,
           "Validity": f"NotBefore={start};NotAfter={end}", "Leaf": escaped(one.pem, "+=/")}
    return {f"X-Amzn-Mtls-Clientcert-{name}": value for name, value in own.items()}


def f5(one):
    start, end = one.dates()
    kind = KINDS_OF_KEYS[one.text("Public Key Algorithm:")]
    bits = "256" if kind == "ED25519" else one.text("Public-Key: (").split()[0]
    own = {"Status": "OK", "Hash": colons(hashlib.md5(one.data).hexdigest()), "SerialNumber": colons(one.serial),
           "Issuer": ", ".join(map("=".join, one.attributes("issuer"))),
           "Subject": ", ".join(map("=".join, one.attributes())), "SubjectPublicKey": f"{kind} {bits}",
           "SignatureAlgorithm": one.text("Signature Algorithm:"), "Version": one.text("Version:").split()[0],
           "NotValidBefore": start, "NotValidAfter": end, "": one.pem.strip().replace("\n", "   ")}
    return {f"SSLClientCert{name}": value for name, value in own.items()}


def elb(one):
    own = {"": escaped(one.pem), "-subjectdn": one.subject, "-issuerdn": one.issuer, "-fingerprint": one.sha1,
           "-clientverify": "SUCCESS", "-serialnumber": one.serial, "-end": one.dates()[1]}
    return {f"X-Forwarded-Clientcert{name}": value for name, value in own.items()}


def webmux(one):
    start, end = one.times_as(RFC3339)
    names = {"email": "san-email", "DNS": "san-dns", "URI": "san-uri", "IP Address": "san-ip"}
    pairs = [("subject", one.subject), ("issuer", one.issuer), ("serial", one.serial),
             ("notBefore", start), ("notAfter", end),
             *((names[kind], value) for kind, value in one.alternatives()), ("certificate", base64_of(one.data))]
    return {"X-WebMux-SSL-termination": "true", "X-WebMux-SSL-Client-Verify": "SUCCESS",
            "X-WebMux-SSL-Client": "; ".join(f'{key}="{value}"' for key, value in pairs)}


PRODUCTS = {product.__name__: product for product in (rfc9440, xfcc, nginx, haproxy, traefik, aws, f5, elb, webmux)}


@functools.cache
def expected(kind, credential):
    """Of a client that presents this credential, and is good."""
    return PRODUCTS[kind](Shown(*chain_of(credential)))
