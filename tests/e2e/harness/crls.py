# SPDX-License-Identifier: Apache-2.0
"""CRLs, made by the openssl command line, and how a CA's cron job publishes them.

    publish(file, crl(pki.ca, [mallory]))                       # DER; a higher number than any before
    publish(file, pem(crl(pki.ca, [(bob, "certificateHold")]), crl(other)))
    crl(old_ca, [mallory], minimal=True)                        # version 1"""
import base64
import itertools
import os
import ssl
import tempfile
import textwrap
from pathlib import Path

from .load import prompt
from .pki import Credential, moment, openssl
from .waiting import wait_until

CONFIG = """
[ca]
default_ca = this
[this]
database = {dir}/index.txt
default_md = sha256
unique_subject = no
{number}
[extensions]
{extensions}
"""
EXTENSIONS = {"authorityKeyIdentifier": "keyid"}
# What the server may say of a revoked client: at the handshake (mod_ssl at level info), or just behind it.
REFUSAL = "CC0205|CC0101: .*reason=revoked"
numbers = itertools.count(1)


def crl(authority, revoked=(), *, number=None, since="-0s", until="+30d", extensions=(), minimal=False):
    """A CRL in DER, signed by that authority.

    revoked: credentials, authorities or hexadecimal numbers, or (one of these, reason) pairs.
    number: one higher than any before unless told; `minimal`: version 1, as `openssl ca -gencrl` makes
    it where nobody has configured anything. extensions: a dict for openssl's configuration."""
    with tempfile.TemporaryDirectory(prefix="crl-") as scratch:
        scratch = Path(scratch)
        date = moment("-1m")[2:]
        (scratch / "index.txt").write_text("".join(entry(one, date) for one in revoked))
        (scratch / "number").write_text(f"{next(numbers) if number is None else number:08X}\n")
        wanted = {} if minimal else {**EXTENSIONS, **dict(extensions)}
        (scratch / "config").write_text(CONFIG.format(
            dir=scratch, number="" if minimal else f"crlnumber = {scratch}/number",
            extensions="\n".join(f"{name} = {value}" for name, value in wanted.items() if value is not None)))
        made = openssl("ca", "-gencrl", "-config", scratch / "config", "-cert", authority.cert, "-keyfile", authority.key,
                       "-crl_lastupdate", moment(since), "-crl_nextupdate", moment(until),
                       *([] if minimal else ["-crlexts", "extensions"]))
        return ssl.PEM_cert_to_DER_cert(made.decode().replace("X509 CRL", "CERTIFICATE"))


def entry(revoked, date):
    """A line of the database of `openssl ca`."""
    credential, reason = revoked if isinstance(revoked, tuple) else (revoked, None)
    number = credential if isinstance(credential, str) else getattr(credential, "serial", None) or serial(credential)
    return f"R\t491231235959Z\t{date}{',' + reason if reason else ''}\t{number}\tunknown\t/CN=x\n"


def serial(credential):
    return openssl("x509", "-in", credential.cert, "-noout", "-serial").decode().strip().removeprefix("serial=")


def many(count):
    """That many numbers that no test's certificate has."""
    return [f"7F{number:014X}" for number in range(count)]


def pem(*crls):
    """Several in one file, with text between them as `openssl crl -text` writes it."""
    return "".join(f"CRL {n} of {len(crls)}\n-----BEGIN X509 CRL-----\n"
                   + "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
                   + "\n-----END X509 CRL-----\n" for n, der in enumerate(crls, 1)).encode()


# -- publishing ------------------------------------------------------------------------------------

def folder(server, name="crls"):
    """A directory that the server's children can read (pytest's own they cannot)."""
    made = server.root / name
    made.mkdir(mode=0o755, exist_ok=True)
    return made


def publish(file, content):
    """Puts a complete new file into the place of the old one."""
    aside = file.parent.parent / f"{file.name}.aside"
    aside.write_bytes(content)
    aside.chmod(0o644)
    os.replace(aside, file)
    return file


def rewrite(file, content):
    """Writes into the file that is there."""
    with file.open("r+b") as there:
        there.write(content)
        there.truncate()
    return file


def hashed(file, number=0):
    """The link that `openssl rehash` makes for a CRL: ISSUERHASH.rN."""
    form = ["-inform", "PEM" if file.read_bytes()[:1] in b"C-" else "DER"]
    name = openssl("crl", *form, "-in", file, "-noout", "-hash").decode().strip()
    link = file.parent / f"{name}.r{number}"
    link.symlink_to(file.name)
    return link


# -- what becomes of a client ------------------------------------------------------------------------

def outcome(server, credential, path="/index.html", **options):
    """The status of a request on a new connection; "revoked" where the handshake ends with that alert."""
    try:
        with prompt(server.tls(credential, **options)) as connection:
            return connection.get(path).status
    except ssl.SSLError as error:
        if error.reason == "SSLV3_ALERT_CERTIFICATE_REVOKED":
            return "revoked"
        raise
    except ConnectionError:
        return "closed"  # the CRL came between the handshake and the request


def becomes(server, credential, wanted, timeout=10, **options):
    """Waits until every new connection of that client has this outcome."""
    if wanted == "revoked":
        server.allow_log(REFUSAL)
    last = []

    def there():
        last[:] = [outcome(server, credential, **options)]
        return last[0] == wanted
    wait_until(there, lambda: f"{last[0]}, not {wanted}:\n" + "\n".join(server.log_lines("CC0")[-20:]), timeout)
    # One process was asked; the others have the same CRLs.
    assert [outcome(server, credential, **options) for _ in range(3)] == [wanted] * 3


def ready(server, credential, **options):
    """Waits until the first decision about the CRLs is made: until then that client is answered 503."""
    wait_until(lambda: outcome(server, credential, **options) != 503, lambda: "still 503:\n" + server.log())
    return server


# -- old certificates --------------------------------------------------------------------------------

class OldAuthority:
    """A CA of version 1, as the guides that people follow make it: `openssl x509 -req -signkey`."""

    def __init__(self, directory, subject="/CN=Old CA"):
        self.dir = directory
        self.dir.mkdir()
        self._numbers = itertools.count(1)
        self.key, request, self.cert = self.dir / "ca.key", self.dir / "ca.csr", self.dir / "ca.pem"
        openssl("req", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", self.key, "-subj", subject, "-out", request)
        openssl("x509", "-req", "-in", request, "-signkey", self.key, "-days", "100", "-out", self.cert)

    def client(self, subject):
        """Of version 1 as well."""
        stem = self.dir / f"leaf{next(self._numbers)}"
        key, request, cert, both = (stem.with_suffix(kind) for kind in (".key", ".csr", ".pem", ".all"))
        openssl("req", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", key, "-subj", subject, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-CAcreateserial", "-days", "30",
                "-out", cert)
        both.write_text(key.read_text() + cert.read_text())
        return Credential(cert, key, cert, both)


def rolled_over(authority, directory):
    """A new key and certificate for the name of an authority, as (cert, key) of a Credential: both sign."""
    directory.mkdir()
    key, cert = directory / "ca.key", directory / "ca.pem"
    subject = openssl("x509", "-in", authority.cert, "-noout", "-subject", "-nameopt", "compat").decode()
    openssl("req", "-x509", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key,
            "-subj", subject.partition("=")[2].strip(), "-days", "100", "-out", cert,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    return Credential(cert, key, cert, cert)


def alert(server, credential, *arguments, **options):
    """The number of the TLS alert by which the server ends the handshake, as openssl s_client prints it."""
    with server.s_client(*arguments, cert=credential, **options) as client:
        client.send("GET / HTTP/1.0\n\n")
        return int(client.expect(r"SSL alert number (\d+)")[1])
