# SPDX-License-Identifier: Apache-2.0
"""CRLs out of an LDAP directory: OpenLDAP's slapd, asked by clientcert-check."""
import os
import subprocess

import pytest
from harness.crls import crl, many
from harness.ldap import Directory
from harness.pki import openssl


@pytest.fixture(scope="module")
def web_ca(pki):
    return pki.authority("/CN=CA of the directory")


@pytest.fixture(scope="module")
def directory(web_ca):
    made = Directory(web_ca.server("localhost"))
    yield made
    made.close()


@pytest.fixture
def check(pki, web_ca):
    def run(url, *arguments, ca=web_ca):
        done = subprocess.run([os.environ["CLIENTCERT_CHECK"], "crl", url, "--ca", pki.ca.cert, *arguments],
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, "CURL_CA_BUNDLE": str(ca.cert)})
        return done.returncode, done.stdout, done.stderr.removeprefix(f"clientcert-check crl: {url}: ")
    return run


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("attribute", ["certificateRevocationList;binary", "certificateRevocationList"])
def test_the_attribute_of_an_entry(pki, directory, check, attribute, secure):
    directory.publish("ca", crl(pki.ca, ["1002"], number=77))
    status, out, err = check(directory.url("ca", attribute, secure), "--serial", "1002")
    assert (status, err) == (3, "")
    assert "\n  number        77\n" in out and "ecdsa-with-SHA256, good" in out


def test_a_large_one(pki, directory, check):
    made = crl(pki.ca, many(50000))
    directory.publish("large", made)
    status, out, _ = check(directory.url("large"))
    assert (status, len(made) > 10 ** 6) == (0, True)
    assert f"  entries       50000\n  size          {len(made)} octets of DER\n" in out


def test_several_attributes(pki, directory, check):
    directory.publish("both", crl(pki.ca), openssl("x509", "-in", pki.ca.cert, "-outform", "DER"))
    assert check(directory.url("both", None)) == (
        1, "", "the LDAP answer has several binary values: the URL should name one entry and one attribute, as in "
               "ldap://HOST/DN?certificateRevocationList;binary\n")
    assert check(directory.url("both"))[0] == 0


@pytest.mark.parametrize("attribute", ["cn", "authorityRevocationList;binary"])
def test_no_value(pki, directory, check, attribute):
    directory.publish("ca", crl(pki.ca))
    assert check(directory.url("ca", attribute)) == (
        1, "", "the LDAP answer has no binary value: the URL should name an entry and an attribute, as in "
               "ldap://HOST/DN?certificateRevocationList;binary\n")


def test_no_entry(directory, check):
    status, out, err = check(directory.url("nobody"))
    assert (status, out) == (1, "")
    assert "No such object" in err and err.count("\n") == 1


def test_ldaps_wants_a_known_ca(pki, directory, check):
    directory.publish("ca", crl(pki.ca))
    status, out, err = check(directory.url("ca", secure=True), ca=pki.ca)
    assert (status, out) == (1, "")
    assert "certificate" in err
