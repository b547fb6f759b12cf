# SPDX-License-Identifier: Apache-2.0
"""Many CRLs of one CA, as large CAs split theirs: each for one distribution point (RFC 5280, 5.2.5).

Signed here and not by openssl, which takes a hundred seconds for ten thousand."""
import hashlib
import re

from . import der
from .crls import crl
from .odd_names import contents
from .pki import openssl

# NIST P-256 (FIPS 186-4, D.1.2.3): the order of the group, and the x-coordinate of its generator.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GENERATOR_X = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
MARK = b"SHARD-000000"


def integer(number):
    return der.tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def sign(private, data):
    """ECDSA with SHA-256, for tests alone: the number that has to be secret is 1, which makes it fast and
    gives the key away."""
    digest = int.from_bytes(hashlib.sha256(data).digest(), "big")
    r = GENERATOR_X % ORDER
    return der.tlv(der.SEQUENCE, integer(r), integer((digest + r * private) % ORDER))


def private_key(authority):
    text = openssl("pkey", "-in", authority.key, "-noout", "-text").decode()
    return int(re.search(r"priv:\s+([0-9a-f:\s]+?)\s*pub:", text)[1].translate(str.maketrans("", "", ": \n")), 16)


def shards(authority, count):
    """That many CRLs without entries, for http://crl.example.org/SHARD-000000 and so on."""
    point = f"critical,@point\n[point]\nfullname = URI:http://crl.example.org/{MARK.decode()}"
    template, rest = contents(crl(authority, extensions={"issuingDistributionPoint": point}))
    body = template[:len(template) - len(contents(template)[1])]
    algorithm_and_signature = contents(template)[1]
    algorithm = algorithm_and_signature[:len(algorithm_and_signature) - len(contents(algorithm_and_signature)[1])]
    assert not rest and body.count(MARK) == 1
    private = private_key(authority)
    for number in range(count):
        signed = body.replace(MARK, b"SHARD-%06d" % number)
        yield der.tlv(der.SEQUENCE, signed, algorithm, der.tlv(0x03, b"\0", sign(private, signed)))
