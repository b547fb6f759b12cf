# SPDX-License-Identifier: Apache-2.0
"""DER by hand, for the names that openssl's command line cannot write: a NUL inside a value,
an empty value, a string type that does not suit its text, several hundred attributes."""

SEQUENCE, SET = 0x30, 0x31
TAGS = {"UTF8": 0x0C, "NUMERIC": 0x12, "PRINTABLE": 0x13, "T61": 0x14, "IA5": 0x16, "VISIBLE": 0x1A,
        "UNIVERSAL": 0x1C, "BMP": 0x1E}
ENCODINGS = {"T61": "latin-1", "BMP": "utf-16-be", "UNIVERSAL": "utf-32-be"}
ATTRIBUTES = {
    "CN": "2.5.4.3", "SN": "2.5.4.4", "serialNumber": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7",
    "ST": "2.5.4.8", "street": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "title": "2.5.4.12",
    "description": "2.5.4.13", "GN": "2.5.4.42", "initials": "2.5.4.43",
    "UID": "0.9.2342.19200300.100.1.1", "DC": "0.9.2342.19200300.100.1.25",
    "emailAddress": "1.2.840.113549.1.9.1",
}


def tlv(tag, *parts):
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def oid(dotted):
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    out = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        out += bytes(reversed(groups))
    return tlv(0x06, out)


def attribute(kind, value, string="UTF8"):
    """An AttributeTypeAndValue; `value` is text, or the very bytes; `string` a name of TAGS or a tag."""
    if isinstance(value, str):
        value = value.encode(ENCODINGS.get(string, "utf-8"))
    tag = TAGS[string] if isinstance(string, str) else string
    return tlv(SEQUENCE, oid(ATTRIBUTES.get(kind, kind)), tlv(tag, value))


def name(*rdns):
    """A Name: each RDN is (type, value[, string type]), or a list of those for a multi-valued one.

    name(("C", "DE", "PRINTABLE"), [("CN", "Alice"), ("UID", "alice")], ("OU", b"a\\0b"))"""
    sets = []
    for rdn in rdns:
        pairs = rdn if isinstance(rdn, list) else [rdn]
        sets.append(tlv(SET, *sorted(attribute(*pair) for pair in pairs)))  # DER: a SET OF is sorted
    return tlv(SEQUENCE, *sets)


def request_info(subject, public_key):
    """What is signed of a certificate request (RFC 2986, 4.1)."""
    return tlv(SEQUENCE, tlv(0x02, b"\0"), subject, public_key, tlv(0xA0))


def signed_request(info, signature):
    """The request itself, signed with ECDSA and SHA-256."""
    algorithm = tlv(SEQUENCE, oid("1.2.840.10045.4.3.2"))
    return tlv(SEQUENCE, info, algorithm, tlv(0x03, b"\0", signature))
