# SPDX-License-Identifier: Apache-2.0
"""NIST's PKITS over TLS: every CRL of the suite on one server, and each end entity a client.

The certificates end with 2030."""
import os
import ssl
from collections import namedtuple
from pathlib import Path

import pytest
from harness.pki import Credential, openssl
from harness.waiting import wait_until

DATA = Path(os.environ["PKITS_DATA"])  # of Debian's python3-cryptography-vectors
TABLE = Path(os.environ["top_srcdir"]) / "tests" / "data" / "pkits.txt"
DSA = {"4.1.4", "4.1.5", "4.1.6"}  # no key for TLS
Row = namedtuple("Row", "test outcome anchor others leaf crls")

SITE = """
    ClientCertCRL ${crls}
    ClientCertCRLIssuer ${signers}
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${anchor}
        SSLVerifyClient require
        SSLVerifyDepth 10
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    </VirtualHost>
"""
OUTCOMES = {
    "valid": [(200, "SUCCESS none")],
    "undetermined": [(403, "FAILED crl-missing"), (403, "FAILED crl-expired")],
    "revoked": ["SSLV3_ALERT_CERTIFICATE_REVOKED"],
    "path-invalid": ["SSLV3_ALERT_CERTIFICATE_EXPIRED", "TLSV1_ALERT_DECRYPT_ERROR", "TLSV1_ALERT_UNKNOWN_CA",
                     "SSLV3_ALERT_BAD_CERTIFICATE", "TLSV1_ALERT_INTERNAL_ERROR",
                     "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_UNKNOWN"],
}


def rows():
    lines = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    table = [Row(*line.split("\t")) for line in lines]
    return [row._replace(others=row.others.split(), crls=row.crls.split()) for row in table]


def pem(name):
    return openssl("x509", "-inform", "DER", "-in", DATA / "certs" / f"{name}.crt").decode()


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """Makes the credential of a row."""
    directory = tmp_path_factory.mktemp("pkits")

    def credential(row):
        leaf, key, chain, both = (directory / f"{row.test}.{kind}" for kind in ("pem", "key", "chain", "both"))
        leaf.write_text(pem(row.leaf))
        key.write_bytes(openssl("pkcs12", "-in", DATA / "pkcs12" / f"{row.leaf}.p12", "-passin", "pass:password",
                                "-nodes", "-nocerts"))
        chain.write_text(leaf.read_text() + "".join(map(pem, row.others)))
        both.write_text(key.read_text() + chain.read_text())
        return Credential(leaf, key, chain, both)
    return credential


@pytest.fixture(scope="module", autouse=True)
def site(server, suite):
    table = rows()
    crls = server.root / "crls"
    crls.mkdir(mode=0o755)
    for name in {name for row in table for name in row.crls}:
        (crls / f"{name}.crl").write_bytes((DATA / "crls" / f"{name}.crl").read_bytes())
    anchor, signers = server.root / "anchor.pem", server.root / "signers.pem"
    anchor.write_text(pem(table[0].anchor))
    signers.write_text("".join(map(pem, sorted({name for row in table for name in row.others}))))
    server.configure(SITE, modules="headers", crls=crls, anchor=anchor, signers=signers)
    server.allow_log("CC0202", always=True)  # CRLs that are made to be refused
    server.start()
    first = suite(table[0])
    wait_until(lambda: told(server, first, "1.2") == (200, "SUCCESS none"), lambda: server.log())


def told(server, credential, version):
    """The status and the verdict; the alert where there is no answer."""
    try:
        with server.tls(cert=credential, version=version) as connection:
            response = connection.get()
            return response.status, response.header("X-Verify")
    except ssl.SSLError as error:
        return error.reason


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("row", [row for row in rows() if row.test not in DSA], ids=lambda row: row.test)
def test_has_the_official_outcome(server, suite, row, version):
    assert told(server, suite(row), version) in OUTCOMES[row.outcome]
    if row.outcome == "undetermined":
        server.expect_log("CC0101")
    if row.outcome == "revoked":
        server.expect_log("CC0205")


def test_has_all_rows():
    assert len(rows()) == 104
