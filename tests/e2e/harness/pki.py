# SPDX-License-Identifier: Apache-2.0
"""Certificates for a test, made by the openssl command line.

    ca = pki.authority("/CN=Test CA")
    alice = ca.client("/O=garex AG/OU=Fun dept./CN=Alice", san=["email:alice@example.org"])
    late = ca.client("/CN=Late", valid=("-2d", "-1d"))
    soon = ca.client("/CN=Soon", valid=("-1d", "+3s"))
    odd = ca.client(der.name(("CN", b"a\\0b")))
"""
import itertools
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path

from . import der

OPENSSL = shutil.which("openssl") or "openssl"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}
NEW_KEY = {
    "p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "rsa": ["-newkey", "rsa:2048"],
    "rsa1024": ["-newkey", "rsa:1024"],
    "ed25519": ["-newkey", "ed25519"],
}
CONFIG = """
[req]
prompt = no
distinguished_name = empty
string_mask = utf8only
[empty]
[ca]
default_ca = this
[this]
new_certs_dir = {dir}
database = {dir}/index.txt
serial = {dir}/serial
crlnumber = {dir}/crlnumber
certificate = {certificate}
private_key = {key}
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
[any]
[crl]
authorityKeyIdentifier = keyid
"""
CA = {
    "basicConstraints": "critical,CA:TRUE",
    "keyUsage": "critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier": "hash",
}
LEAF = {
    "basicConstraints": "CA:FALSE",
    "keyUsage": "critical,digitalSignature",
    "subjectKeyIdentifier": "hash",
    "authorityKeyIdentifier": "keyid",
}


def openssl(*arguments, data=None):
    """Standard output of an openssl command; its complaint becomes the exception's text."""
    done = subprocess.run([OPENSSL, *map(str, arguments)], input=data, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode()}")
    return done.stdout


def moment(text):
    """`text` seconds, minutes, hours, days or years from now (`-1d`, `+3s`), as openssl writes times."""
    sign, number, unit = re.fullmatch(r"([-+])(\d+)([smhdy])", text).groups()
    delta = timedelta(seconds=int(sign + number) * UNITS[unit])
    return (datetime.now(timezone.utc) + delta).strftime("%Y%m%d%H%M%SZ")


def quoted(value):
    """A value that openssl's configuration syntax leaves alone."""
    return re.sub(r"([\\$#\"'`])", r"\\\1", value)


@dataclass(frozen=True)
class Credential:
    """A certificate with its key: `cert` is the leaf, `chain` adds the intermediates."""

    cert: Path
    key: Path
    chain: Path
    pem: Path  # key and chain in one file

    @cached_property
    def der(self):
        return openssl("x509", "-in", self.cert, "-outform", "DER")

    def show(self, *options):
        """What `openssl x509 -noout OPTIONS` prints."""
        return openssl("x509", "-in", self.cert, "-noout", *options).decode().strip()

    @cached_property
    def serial(self):
        return self.show("-serial").removeprefix("serial=")


class Authority:
    """A CA: it issues clients, servers and intermediate CAs."""

    def __init__(self, directory, subject, parent=None, key="p256", valid=("-1d", "+10y"),
                 extensions=None, serial=None):
        self.dir = directory
        self.dir.mkdir()
        self._parent = parent
        self._numbers = itertools.count(1)
        self.cert, self.key = self.dir / "ca.pem", self.dir / "ca.key"
        self.crl_file = self.dir / "crl.pem"
        self._config = CONFIG.format(dir=self.dir, certificate=self.cert, key=self.key)
        (self.dir / "index.txt").touch()
        (self.dir / "crlnumber").write_text("01\n")
        (self.dir / "serial").write_text("1001\n")
        request = self.request("ca", subject, key, key_file=self.key)
        extensions = {**CA, **(extensions or {})}
        if parent:
            extensions = {"authorityKeyIdentifier": "keyid", **extensions}
        (parent or self).sign(request, self.cert, valid, extensions, serial=serial, self_signed=not parent)

    def intermediates(self):
        """The certificates between a leaf of this CA and its root, nearest first."""
        return [self.cert, *self._parent.intermediates()] if self._parent else []

    def intermediate(self, subject="/CN=Issuing CA", **options):
        return Authority(self.dir / f"sub{next(self._numbers)}", subject, parent=self, **options)

    def client(self, subject="/CN=Alice", **options):
        """A client's credential; see `issue` for the options."""
        return self.issue(subject, {"extendedKeyUsage": "clientAuth"}, **options)

    def server(self, *names, **options):
        """A server's credential for these DNS names."""
        names = names or ("localhost",)
        san = [f"DNS:{name}" for name in names] + ["IP:127.0.0.1"]
        return self.issue(f"/CN={names[0]}", {"extendedKeyUsage": "serverAuth"}, san=san, **options)

    def issue(self, subject, purpose, *, san=(), valid=("-1d", "+1y"), key="p256", serial=None,
              extensions=None, sections="", digest=None):
        """`subject` in openssl's slash form, or the DER of a Name (see der.name).

        san: ["email:a@b", "DNS:a.b", "URI:u", "IP:::1", "otherName:msUPN;UTF8:a@b", "dirName:section"].
        extensions: {"keyUsage": None} leaves one out, other values replace or add.
        sections: text for openssl's configuration, that dirName and others refer to.
        serial: hexadecimal digits. digest: what is signed with, instead of sha256."""
        stem = f"leaf{next(self._numbers)}"
        cert, key_file = self.dir / f"{stem}.pem", self.dir / f"{stem}.key"
        request = self.request(stem, subject, key, key_file)
        wanted = {**LEAF, **purpose}
        if san:
            wanted["subjectAltName"] = "@san"
            lines = (f"{kind}.{i} = {quoted(value)}"
                     for i, (kind, _, value) in enumerate(entry.partition(":") for entry in san))
            sections += "\n[san]\n" + "\n".join(lines) + "\n"
        self.sign(request, cert, valid, {**wanted, **(extensions or {})}, sections, serial, digest=digest)
        chain, pem = self.dir / f"{stem}.chain.pem", self.dir / f"{stem}.all.pem"
        chain.write_text("".join(path.read_text() for path in [cert, *self.intermediates()]))
        pem.write_text(key_file.read_text() + chain.read_text())
        return Credential(cert, key_file, chain, pem)

    def request(self, stem, subject, key, key_file):
        """A certificate request, and its key in `key_file`."""
        config = self._write(stem, self._config)
        out = self.dir / f"{stem}.csr"
        text = "/CN=replaced" if isinstance(subject, bytes) else subject
        openssl("req", "-new", "-utf8", "-nodes", *NEW_KEY[key], "-config", config, "-subj", text,
                "-keyout", key_file, "-out", out)
        if isinstance(subject, bytes):
            # openssl copies the name of a request byte by byte, but cannot be told any name.
            assert key == "p256", "a name given as DER needs a P-256 key"
            info = der.request_info(subject, openssl("pkey", "-in", key_file, "-pubout", "-outform", "DER"))
            signature = openssl("dgst", "-sha256", "-sign", key_file, data=info)
            openssl("req", "-inform", "DER", "-out", out, data=der.signed_request(info, signature))
        return out

    def sign(self, request, out, valid, extensions, sections="", serial=None, self_signed=False, digest=None):
        numbers = self.dir / "serial"
        next_number = numbers.read_text()
        if serial:
            numbers.write_text(serial + "\n")
        lines = [f"{name} = {value}" for name, value in extensions.items() if value is not None]
        text = "\n".join([self._config, "[extensions]", *lines, sections])
        openssl("ca", "-batch", "-notext", "-preserveDN", "-config", self._write(out.stem, text), "-in", request,
                "-out", out, "-extensions", "extensions", "-startdate", moment(valid[0]),
                "-enddate", moment(valid[1]), *(["-selfsign"] if self_signed else []),
                *(["-md", digest] if digest else []))
        if serial:
            numbers.write_text(next_number)

    def revoke(self, credential, reason="keyCompromise"):
        openssl("ca", "-config", self._write("ca", self._config), "-revoke", credential.cert,
                "-crl_reason", reason)

    def crl(self, next_update="+30d"):
        """Issues a CRL of what is revoked so far; `crl_file` holds it."""
        openssl("ca", "-gencrl", "-config", self._write("ca", self._config), "-crlexts", "crl",
                "-crl_nextupdate", moment(next_update), "-out", self.crl_file)
        return self.crl_file

    def _write(self, stem, text):
        path = self.dir / f"{stem}.cnf"
        path.write_text(text)
        return path


class PKI:
    """The PKI of a test run, with what nearly every test needs ready made."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self._numbers = itertools.count(1)

    def authority(self, subject="/CN=Test CA", **options):
        """A new root CA."""
        return Authority(self.dir / f"ca{next(self._numbers)}", subject, **options)

    @cached_property
    def ca(self):
        """The CA of the server, and of the clients of most tests."""
        return self.authority("/O=Test/CN=Test CA")

    @cached_property
    def server(self):
        return self.ca.server("localhost", "*.example.org")

    @cached_property
    def alice(self):
        """Somebody of the Fun dept. of garex AG."""
        return self.ca.client("/O=garex AG/OU=Fun dept./CN=Alice", san=["email:alice@example.org"])

    @cached_property
    def mallory(self):
        """Somebody with a certificate of the same CA, of another organization."""
        return self.ca.client("/O=Evil/CN=Mallory")

    def self_signed(self, subject="/CN=Self", **options):
        """A client certificate that is its own issuer."""
        made = self.authority(subject, extensions={**LEAF, "extendedKeyUsage": "clientAuth"}, **options)
        pem = made.dir / "all.pem"
        pem.write_text(made.key.read_text() + made.cert.read_text())
        return Credential(made.cert, made.key, made.cert, pem)

    def bundle(self, *authorities):
        """One PEM file with the certificates of several CAs."""
        path = self.dir / f"bundle{next(self._numbers)}.pem"
        path.write_text("".join(authority.cert.read_text() for authority in authorities))
        return path
