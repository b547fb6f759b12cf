# SPDX-License-Identifier: Apache-2.0
"""What the CLIENTCERT_* variables of a certificate should be, computed without the module."""
import hashlib
from datetime import datetime, timezone

from .pki import openssl


def moment(credential, option):
    text = credential.show(option).partition("=")[2]
    found = datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc4514(credential, option):
    return credential.show(option, "-nameopt", "RFC2253,-esc_msb,utf8").partition("=")[2]


def expected(credential, **names):
    """Of a valid certificate; names: SAN_EMAIL=["a", "b"] and so on, in their order."""
    spki = openssl("pkey", "-pubin", "-outform", "DER",
                   data=openssl("x509", "-in", credential.cert, "-noout", "-pubkey"))
    found = {
        "VERIFY": "SUCCESS", "REASON": "none", "SUBJECT": rfc4514(credential, "-subject"),
        "ISSUER": rfc4514(credential, "-issuer"), "SERIAL": credential.serial,
        "SHA256": hashlib.sha256(credential.der).hexdigest(), "SPKI_SHA256": hashlib.sha256(spki).hexdigest(),
        "NOT_BEFORE": moment(credential, "-startdate"), "NOT_AFTER": moment(credential, "-enddate"), "SOURCE": "tls",
    }
    for name, texts in names.items():
        found[name] = texts[0]
        found |= {f"{name}_{index}": text for index, text in enumerate(texts)}
    return found
