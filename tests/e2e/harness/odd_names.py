# SPDX-License-Identifier: Apache-2.0
"""Names of certificates as nobody should make them, as DER, and the numbers that go with them."""
from . import der
from .pki import Credential, openssl

T61, BMP, UNIVERSAL, IA5, PRINTABLE, NUMERIC = "T61", "BMP", "UNIVERSAL", "IA5", "PRINTABLE", "NUMERIC"
BIT_STRING, SEQUENCE = 0x03, 0x30
EVERY = ("C", "ST", "L", "O", "OU", "CN", "title", "initials", "GN", "SN", "description", "UID", "emailAddress")
MUELLER, OMEGA = "M\u00fcller & S\u00f6hne", "\u03a9 \u6f22\u5b57 \U0001f600"

NAMES = {
    "every attribute": der.name(*[(kind, f"{kind} {i}") for i in range(3) for kind in EVERY]),
    "UTF-8": der.name(("O", MUELLER), ("OU", OMEGA), ("CN", "e\u0301 \u00e9 \u200f\u202e\u2028\ufeff\u0085")),
    "T61String": der.name(("O", MUELLER, T61), ("CN", bytes(range(0x20, 0x100)), T61)),
    "BMPString": der.name(("O", MUELLER, BMP), ("OU", "\u03a9 \u6f22\u5b57", BMP), ("CN", "plain", BMP)),
    "UniversalString": der.name(("O", MUELLER, UNIVERSAL), ("OU", OMEGA, UNIVERSAL), ("CN", "a", UNIVERSAL)),
    "IA5String beyond ASCII": der.name(("emailAddress", b"\xe9t\xe9@example.org", IA5), ("CN", b"\x80\xff", IA5)),
    "PrintableString with what it cannot have": der.name(("O", b"a@b*_\xe9", PRINTABLE), ("CN", "&", PRINTABLE)),
    "NumericString": der.name(("O", "12 34", NUMERIC), ("CN", "letters", NUMERIC)),
    "no strings": der.name(("O", b"\0bits", BIT_STRING), ("CN", der.tlv(0x0C, b"in it"), SEQUENCE)),
    "multi-valued RDNs": der.name(("O", "O"), [("OU", "b"), ("OU", "a"), ("CN", "Alice")], [("UID", "u"), ("C", "DE")]),
    "several OUs": der.name(("OU", "first"), ("O", "between"), ("OU", "second"), [("OU", "third"), ("OU", "fourth")]),
    "the same OU thrice": der.name(("OU", "x"), ("OU", "x"), ("OU", "x"), ("CN", "x")),
    "separators": der.name(("O", 'a,b"c"/d+e;f<g>h=i'), ("OU", "OU=svc/CN=admin"), ("OU", "x,CN=admin"),
                           ("CN", "svc+OU=admin\\,O=x")),
    "leading characters": der.name(("O", "#hash"), ("OU", " space"), ("OU", "##"), ("OU", " #"), ("CN", "=x")),
    "trailing spaces": der.name(("O", "a "), ("OU", "b  "), ("OU", " "), ("OU", "   "), ("CN", "c\\ ")),
    "empty values": der.name(("O", ""), ("OU", "", T61), ("OU", "", BMP), ("OU", "", UNIVERSAL), ("CN", "", IA5)),
    "NUL": der.name(("O", b"a\0b"), ("OU", b"\0"), ("OU", b"a\0b", T61), ("OU", b"\0", PRINTABLE),
                    ("CN", "alice\0.evil", BMP)),
    "control characters": der.name(("O", b"a\r\nX-Evil: 1\r\n\r\nb"), ("OU", bytes(range(1, 0x20)) + b"\x7f"),
                                   ("OU", b"\t\x1b[31m", T61), ("CN", "\x01\n\x80\x9f", BMP)),
    "backslashes": der.name(("O", "a\\b"), ("OU", "\\"), ("OU", "\\\\"), ("OU", "\\0A\\n\\x0a"), ("CN", "c\\")),
    "percent signs": der.name(("O", "%{SSL_CLIENT_I_DN}"), ("OU", "$1 %1 %s %n"), ("CN", "(null)")),
    "300 attributes": der.name(("O", "many"), *[("OU", f"unit {i}") for i in range(300)], ("CN", "last")),
    "unknown attributes": der.name(("1.2.3.4.5.6", "known to nobody"), ("2.999.1", b"\0\1", T61), ("CN", "x"),
                                   ("2.5.4.65", "pseudonym"), ("1.3.6.1.4.1.311.60.2.1.3", "DE", PRINTABLE)),
    "uncommon attributes": der.name(("DC", "org", IA5), ("DC", "example", IA5), ("serialNumber", "1"), ("street", "S"),
                                    ("2.5.4.17", "D-1"), ("2.5.4.46", "q"), ("CN", "x")),
    "very long values": der.name(("O", "o" * 9000), ("OU", "\u03a9" * 600), ("CN", "c" * 300)),
    "nothing at all": der.name(),
    "nothing known": der.name(("1.2.3.4.5.6", "x")),
}

# For an issuer: something of each, for the server may trust a few CAs only.
ISSUER = der.name(("C", "DE", PRINTABLE), ("O", MUELLER), ("O", MUELLER, T61), ("OU", "\u03a9 \u6f22", BMP),
                  ("OU", OMEGA, UNIVERSAL), [("OU", "a+b"), ("CN", 'x,y"z"')], ("CN", b"a\0b\nc"), ("L", ""),
                  ("ST", "#st "), ("ST", " "), ("title", "a\\b"), ("UID", "u"), ("1.2.3.4.5.6", "x"),
                  ("emailAddress", "a@b", IA5), ("description", b"\xe9", T61))


# Of a subjectAltName extension: not every value is one of its kind.
SAN = ("subjectAltName = DER:" + der.tlv(
    0x30, der.tlv(0x81, b"nul\0@example.org"), der.tlv(0x81, b"\xe9\r\n@example.org"),
    der.tlv(0x82, b"a\0.example.org"), der.tlv(0x82, b""), der.tlv(0x82, b"\\x\x7f"),
    *[der.tlv(0xA0, der.oid("1.3.6.1.4.1.311.20.2.3"), der.tlv(
        0xA0, der.tlv(tag, text))) for tag, text in
        [(0x0C, b"a\0b"), (0x16, b"ia5, so not one"), (0x0C, b"\xff\xfe not UTF-8"), (0x0C, "\u03a9".encode())]],
).hex())

LEAF = "basicConstraints = CA:FALSE\nextendedKeyUsage = clientAuth"
CA = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign"


def issue(pki, stem, subject, signer=None, number=1, extensions=LEAF, key="p256"):
    """A certificate of any name and any number, also a negative one: `openssl ca` is particular about
    both. Without a signer (an authority, or what `issue` made) it signs itself."""
    directory = pki.ca.dir
    key_file, cert, pem, config = (directory / f"{stem}.{kind}" for kind in ("key", "pem", "all.pem", "ext"))
    request = pki.ca.request(stem, subject, key, key_file)
    config.write_text(extensions + "\n")
    by = ["-CA", signer.cert, "-CAkey", signer.key] if signer else ["-signkey", key_file]
    openssl("x509", "-req", "-in", request, *by, "-set_serial", hex(number), "-days", "100", "-extfile", config,
            "-out", cert)
    pem.write_text(key_file.read_text() + cert.read_text())
    return Credential(cert, key_file, cert, pem)


def with_bytes(credential, authority, old, new):
    """The credential with other octets of the same number in its certificate, signed anew by a CA with an
    EC key: what no tool makes, such as two extensions of one kind."""
    content, _ = contents(credential.der)
    _, rest = contents(content)
    body = content[:len(content) - len(rest)]
    assert body.count(old) == 1 and len(old) == len(new)
    algorithm = rest[:len(rest) - len(contents(rest)[1])]
    body = body.replace(old, new)
    signature = openssl("dgst", "-sha256", "-sign", authority.key, data=body)
    changed = credential.cert.with_suffix(".changed.pem")
    openssl("x509", "-inform", "DER", "-out", changed,
            data=der.tlv(SEQUENCE, body, algorithm, der.tlv(BIT_STRING, b"\0", signature)))
    return Credential(changed, credential.key, changed, credential.pem)


def contents(data):
    """What is inside of the first element, and what follows it."""
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start], "big")
    return data[start:start + size], data[start + size:]
