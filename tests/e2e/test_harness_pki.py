# SPDX-License-Identifier: Apache-2.0
"""The harness itself: the certificates it makes."""
import re

import pytest
from harness import der
from harness.pki import openssl


def test_an_intermediate_signs(pki):
    issuing = pki.ca.intermediate("/CN=Issuing CA")
    leaf = issuing.client("/CN=Below")
    assert openssl("verify", "-CAfile", pki.ca.cert, "-untrusted", issuing.cert, leaf.cert)
    assert leaf.chain.read_text().count("BEGIN CERTIFICATE") == 2


def test_subjects_are_multi_valued_and_utf_8(pki):
    leaf = pki.ca.client("/C=DE/O=M\u00fcller \\/ S\u00f6hne\\+Co/CN=x+UID=y")
    assert leaf.show("-subject", "-nameopt", "RFC2253,-esc_msb,utf8") == \
        "subject=UID=y+CN=x,O=M\u00fcller / S\u00f6hne\\+Co,C=DE"


def test_a_subject_given_as_der_arrives_byte_by_byte(pki):
    name = der.name(("C", "DE", "PRINTABLE"), [("UID", "u"), ("CN", b"a\0b")], ("O", "M\u00fcller", "T61"),
                    ("OU", "\u03a9", "BMP"), ("OU", ""), *[("OU", f"n{i}") for i in range(300)])
    assert name in pki.ca.client(name).der


def test_subject_alternative_names_of_every_kind(pki):
    leaf = pki.ca.client(san=["email:a,b@example.org", "DNS:a.example.org", "URI:http://a/#b$c", "IP:::1",
                              "otherName:msUPN;UTF8:alice@corp", "dirName:boss"], sections="[boss]\nCN=Boss")
    shown = leaf.show("-ext", "subjectAltName")
    for part in ("email:a,b@example.org", "DNS:a.example.org", "URI:http://a/#b$c",
                 "IP Address:0:0:0:0:0:0:0:1", "UPN::alice@corp", "DirName:/CN=Boss"):
        assert part in shown


@pytest.mark.parametrize("valid, reason", [(("-2d", "-1d"), "has expired"),
                                           (("+1d", "+2d"), "is not yet valid")])
def test_certificates_outside_their_time(pki, valid, reason):
    leaf = pki.ca.client(valid=valid)
    with pytest.raises(RuntimeError, match=reason):
        openssl("verify", "-CAfile", pki.ca.cert, leaf.cert)


def test_serial_key_and_extensions_can_be_chosen(pki):
    leaf = pki.ca.client(serial="0A", key="rsa", extensions={"keyUsage": None, "certificatePolicies": "1.2.3"})
    text = leaf.show("-text")
    assert leaf.serial == "0A"
    assert "Policy: 1.2.3" in text and "rsaEncryption" in text and "X509v3 Key Usage" not in text


def test_a_certificate_can_be_its_own_issuer(pki):
    names = pki.self_signed("/CN=Self").show("-subject", "-issuer")
    assert re.fullmatch("subject=CN = Self\nissuer=CN = Self", names)


def test_a_crl_lists_who_was_revoked(pki):
    ca = pki.authority("/CN=Revoking CA")
    leaf = ca.client(serial="77")
    ca.revoke(leaf)
    assert "Serial Number: 77" in openssl("crl", "-in", ca.crl(), "-noout", "-text").decode()
