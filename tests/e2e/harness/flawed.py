# SPDX-License-Identifier: Apache-2.0
"""A certificate for every way in which one can be bad, and the word for it.

    flawed = Flawed(pki, folder(server))    # a directory that gets the CRLs
    flawed.bundle                           # what the server trusts; with ClientCertVerifyDepth 2
    flawed["good"], flawed["below"]         # valid ones: of the root, of an intermediate CA
    with server.tls(flawed["expired"], ciphers=WEAK) as connection: ...

Their names begin with SECRET, which must not show where a certificate counts for nothing."""
from pathlib import Path

from .crls import crl, publish
from .pki import LEAF, Credential, openssl

# With it, a client can present what is too weak for its own OpenSSL.
WEAK = "DEFAULT@SECLEVEL=0"
SECRET = "Secretive"
SUBJECT = f"/O=garex AG/OU=Fun dept./CN={SECRET}"
NAME = dict(san=[f"email:{SECRET}@example.org"])
# Valid ones, and one that OpenSSL's clients do not present (but see identity.present).
OTHERS = ("good", "below", "trusted itself", "unreadable key usage")
# Way -> reason.
WAYS = {
    "expired": "expired",
    "expired intermediate": "expired",
    "not yet valid": "not-yet-valid",
    "unknown issuer": "unknown-issuer",
    "unknown issuer of the same name": "unknown-issuer",
    "unknown root that comes along": "unknown-issuer",
    "self-signed": "self-signed",
    "damaged signature": "bad-signature",
    "altered name": "bad-signature",
    "damaged signature of an intermediate": "bad-signature",
    "for servers": "wrong-purpose",
    "issued by no CA": "wrong-purpose",
    "name not for its CA": "wrong-purpose",
    "long chain": "chain-too-long",
    "revoked": "revoked",
    "revoked intermediate": "revoked",
    "no CRL": "crl-missing",
    "old CRL": "crl-expired",
    "short key": "weak-key",
    "SHA-1": "weak-signature",
    "unknown critical extension": "malformed",
}


class Flawed(dict):
    """Way -> Credential."""

    def __init__(self, pki, crls):
        super().__init__()
        self._directory = pki.dir / f"flawed{id(self)}"
        self._directory.mkdir()
        self.root = root = pki.authority("/O=Test/CN=Root")
        bare, late = pki.authority("/O=Test/CN=Bare"), pki.authority("/O=Test/CN=Late")
        self["trusted itself"] = pki.self_signed(SUBJECT)
        self.bundle = pki.bundle(root, bare, late, self["trusted itself"])
        issuing = root.intermediate("/O=Test/CN=Issuing")
        gone = root.intermediate("/O=Test/CN=Gone")
        self["good"], self["below"] = root.client(SUBJECT, **NAME), issuing.client(SUBJECT, **NAME)
        self._add_dates_and_purposes(root)
        self._add_strangers(pki)
        self._add_damage(root, issuing)
        self["long chain"] = issuing.intermediate("/O=Test/CN=Deep").client(SUBJECT, **NAME)
        self["revoked"] = root.client(SUBJECT, **NAME)
        self["revoked intermediate"] = gone.client(SUBJECT, **NAME)
        self["no CRL"] = bare.client(SUBJECT, **NAME)
        self["old CRL"] = late.client(SUBJECT, **NAME)
        assert self.keys() == {*WAYS, *OTHERS}, self.keys() ^ {*WAYS, *OTHERS}
        self._issuing, self._gone, self._crls = issuing, gone, crls
        publish(crls / "late", crl(late, since="-2h", until="-1h"))
        self.publish()

    def publish(self, *revoked):
        """The CRLs, with more that are revoked."""
        publish(self._crls / "root", crl(self.root, [self["revoked"], self._gone, *revoked]))
        for authority in self._issuing, self._gone:
            publish(self._crls / authority.dir.name, crl(authority, revoked))

    def _add_dates_and_purposes(self, root):
        self["expired"] = root.client(SUBJECT, valid=("-2d", "-1d"), **NAME)
        self["expired intermediate"] = root.intermediate("/O=Test/CN=Was", valid=("-2d", "-1d")).client(SUBJECT, **NAME)
        self["not yet valid"] = root.client(SUBJECT, valid=("+1d", "+2d"), **NAME)
        self["for servers"] = root.issue(SUBJECT, {"extendedKeyUsage": "serverAuth"}, **NAME)
        self["issued by no CA"] = root.intermediate("/O=Test/CN=Nobody", extensions=LEAF).client(SUBJECT, **NAME)
        limits = {"nameConstraints": "critical,permitted;email:example.net"}
        limited = root.intermediate("/O=Test/CN=Limited", extensions=limits)
        self["name not for its CA"] = limited.client(SUBJECT, **NAME)
        self["short key"] = root.client(SUBJECT, key="rsa1024", **NAME)
        self["SHA-1"] = root.client(SUBJECT, digest="sha1", **NAME)
        self["unknown critical extension"] = root.client(SUBJECT, extensions={"1.2.3.4.5": "critical,DER:0500"}, **NAME)
        unreadable = {"keyUsage": None, "2.5.29.15": "critical,DER:0401ff"}
        self["unreadable key usage"] = root.client(SUBJECT, extensions=unreadable, **NAME)

    def _add_strangers(self, pki):
        self["unknown issuer"] = pki.authority("/CN=Stranger").client(SUBJECT, **NAME)
        fake = pki.authority("/O=Test/CN=Root")
        self["unknown issuer of the same name"] = fake.client(SUBJECT, **NAME)
        own = fake.client(SUBJECT, **NAME)
        self["unknown root that comes along"] = self._credential("own", own, [own.cert, fake.cert])
        self["self-signed"] = pki.self_signed(SUBJECT)

    def _add_damage(self, root, issuing):
        def wrong(kind, file, change):
            der = bytearray(openssl("x509", "-in", file, "-outform", "DER"))
            change(der)
            made = self._directory / f"{kind}.pem"
            made.write_bytes(openssl("x509", "-inform", "DER", data=bytes(der)))
            return made

        def end(der):
            der[-1] ^= 1

        def name(der):
            at = der.rindex(SECRET.encode(), 0, len(der) // 2)
            der[at + len(SECRET) - 1] ^= 1

        self["damaged signature"] = self._credential("end", self["good"], [wrong("end", self["good"].cert, end)])
        self["altered name"] = self._credential("name", self["good"], [wrong("name", self["good"].cert, name)])
        signer = wrong("signer", issuing.cert, end)
        below = self["below"]
        self["damaged signature of an intermediate"] = self._credential("below", below, [below.cert, signer])

    def _credential(self, stem, owner, chain):
        """The owner's key with other certificates, leaf first."""
        together, pem = (self._directory / f"{stem}.{kind}.pem" for kind in ("chain", "all"))
        together.write_text("".join(Path(cert).read_text() for cert in chain))
        pem.write_text(owner.key.read_text() + together.read_text())
        return Credential(chain[0], owner.key, together, pem)
