# SPDX-License-Identifier: Apache-2.0
"""ClientCertVerify report: a bad certificate reaches the application with its reason, and counts for
nothing; no module of the server believes it."""
import ssl

import pytest
from harness import identity, tls
from harness.crls import crl
from harness.denial import denials
from harness.flawed import WAYS
from harness.verdicts import (HOWS, OURS, THEIRS, assert_bad, assert_good, assert_none, assert_refused, becomes,
                              believed, configure, connect, told)

HOST = """
    <VirtualHost *:${%s}>
        Include ${tls}
        SSLCACertificateFile ${cas}
        SSLCipherSuite DEFAULT@SECLEVEL=2
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
        %s
    </VirtualHost>
"""
CRL = "SSLCARevocationCheck leaf\nClientCertVerifyDepth 2\nSSLCARevocationFile "
HOSTS = {
    "https": "ClientCertVerifyDepth 2\nClientCertCRL ${crls}",
    "shallow": "",
    "lowest": "ClientCertVerifyDepth 0",
    "deep": "ClientCertVerifyDepth 3",
    "deep_here": "SSLVerifyDepth 1\nClientCertVerifyDepth 3",
    "shallow_here": "SSLVerifyDepth 9\nClientCertVerifyDepth 1",
    # The CRLs of mod_ssl.
    "crl": CRL + "${good_crl}",
    "crl_old": CRL + "${old_crl}",
    "crl_wrong": CRL + "${wrong_crl}",
}
every_way = pytest.mark.parametrize("way", WAYS)
every_how = pytest.mark.parametrize("how", HOWS)
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="module", autouse=True)
def site(server, flawed, backends):
    configure(server, HOST, HOSTS, flawed, backends, **crls_of_mod_ssl(server, flawed))
    server.allow_log("CC0005|CC0202.*late", always=True)  # StdEnvVars; a CRL that is overdue
    server.start()
    becomes(server, flawed["good"], "SUCCESS none")
    # These chains make known who has signed two more CRLs.
    becomes(server, flawed["below"], "SUCCESS none")
    becomes(server, flawed["revoked intermediate"], "FAILED revoked")


def crls_of_mod_ssl(server, flawed):
    good, old = crl(flawed.root, [flawed["revoked"]]), crl(flawed.root, since="-2h", until="-1h")
    wrong = bytearray(good)
    wrong[-1] ^= 1
    files = {}
    for name, der in ("good_crl", good), ("old_crl", old), ("wrong_crl", bytes(wrong)):
        text = ssl.DER_cert_to_PEM_cert(der).replace("CERTIFICATE", "X509 CRL")
        files[name] = server.page(f"../{name}.pem", text)
    return files


def told_once(server, credential, **options):
    with connect(server, credential, **options) as connection:
        return told(connection)


# -- every way ---------------------------------------------------------------------------------

@every_how
@every_way
def test_a_bad_certificate_is_reported_and_believed_by_nobody(server, flawed, way, how):
    """In the first request of a connection and in the second and third: mod_ssl forgets what it found."""
    with connect(server, flawed[way], how) as connection:
        for _ in range(3):
            assert_bad(connection, WAYS[way], flawed[way])
    for found in denials(server, 3 * len(OURS)):
        assert (found.verify, found.reason) == ("FAILED", WAYS[way])
        assert found.subject and found.serial


@every_way
@both_versions
def test_the_very_first_request_is_refused(server, flawed, way, version):
    for first in OURS + THEIRS:
        with connect(server, flawed[way], version) as connection:
            assert_refused(connection, WAYS[way], [first, first])
    server.allow_log("CC0101")


@both_versions
def test_a_certificate_that_openssl_cannot_read_is_malformed(server, flawed, version):
    """Not every one that OpenSSL finds no issuer for has none."""
    made = tls.context(None, server.pki.ca.cert, version)
    identity.present(made, flawed["unreadable key usage"])
    with server.tls(made=made) as connection:
        assert_bad(connection, "malformed", flawed["unreadable key usage"])
    server.expect_log("CC0101", times=len(OURS))


@every_how
@pytest.mark.parametrize("who", ["good", "below"])
def test_a_good_certificate_is_as_good_as_ever(server, flawed, who, how):
    credential = flawed[who]
    with connect(server, credential, how) as connection:
        for _ in range(3):
            assert_good(connection, credential)


@every_how
def test_no_certificate_is_no_certificate(server, how):
    with connect(server, None, how) as connection:
        for _ in range(3):
            assert_none(connection)
    assert {(found.verify, found.reason) for found in denials(server, 3 * len(OURS))} == {("NONE", "rule")}


@pytest.mark.parametrize("way", [way for way in WAYS if not WAYS[way].startswith("weak")])
def test_curl_gets_a_page(server, flawed, way):
    """And no TLS error, whatever the library at the other end."""
    response = server.curl("/line", cert=flawed[way])
    assert (response.status, response.text) == (403, f"refused: {WAYS[way]}")
    server.expect_log("CC0101", times=1)


@pytest.mark.parametrize("how", ["h2 1.2", "h2 1.3"])
def test_streams_at_once_are_told_the_same(server, flawed, how):
    """Whichever is first has the verdict made."""
    for way in "expired", "damaged signature", "revoked", "unknown issuer":
        with connect(server, flawed[way], how) as connection:
            assert {response.status for response in connection.gather(["/rule", "/line"] * 25)} == {403}
            assert {response.header("x-ours") for response in connection.gather(["/index.html"] * 50)} == \
                {f"FAILED {WAYS[way]}"}
    server.expect_log("CC0101", times=4 * 50)


# -- depth -------------------------------------------------------------------------------------

DEPTHS = {  # port -> the longest chain: intermediates, or None where a CA's own certificate alone will do
    "shallow": 0, "shallow_here": 0, "https": 1, "deep": 2, "deep_here": 2, "lowest": None,
}


@both_versions
@pytest.mark.parametrize("port", DEPTHS)
def test_the_depth_of_a_chain_counts_as_mod_ssl_counts_it(server, flawed, port, version):
    chains = [flawed["good"], flawed["below"], flawed["long chain"]]
    for intermediates, credential in enumerate(chains):
        if port == "https" and intermediates == 2:
            continue  # there it is one of the ways
        allowed = DEPTHS[port] is not None and intermediates <= DEPTHS[port]
        said = told_once(server, credential, how=version, port=port)
        assert (intermediates, said) == (intermediates, "SUCCESS none" if allowed else "FAILED chain-too-long")


@both_versions
def test_depth_0_is_for_certificates_that_are_trusted_themselves(server, flawed, version):
    """As httpd's documentation of SSLVerifyDepth says."""
    assert told_once(server, flawed["trusted itself"], how=version, port="lowest") == "SUCCESS none"
    assert told_once(server, flawed["self-signed"], how=version, port="lowest") == "FAILED self-signed"


# -- the CRLs of mod_ssl -----------------------------------------------------------------------

@both_versions
@pytest.mark.parametrize("port,way,reason", [
    ("crl", "good", "none"), ("crl", "revoked", "revoked"), ("crl", "no CRL", "crl-missing"),
    ("crl_old", "good", "crl-expired"), ("crl_wrong", "good", "crl-invalid"), ("crl_wrong", "revoked", "crl-invalid"),
])
def test_what_the_crls_of_mod_ssl_say_is_reported(server, flawed, port, way, reason, version):
    credential = flawed[way]
    with connect(server, credential, version, port=port) as connection:
        if reason == "none":
            assert_good(connection, credential)
        else:
            assert_bad(connection, reason, credential)
            server.expect_log("CC0101", times=len(OURS))


# -- what is no matter of the certificate --------------------------------------------------------

@both_versions
@pytest.mark.parametrize("who", ["good", "expired", "unknown issuer"])
def test_who_has_not_the_key_does_not_get_through_the_handshake(server, flawed, who, version):
    """That a certificate is reported does not make it anybody's."""
    made = tls.context(None, server.pki.ca.cert, version)
    identity.forge_context(made, flawed[who])
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with server.tls(made=made) as connection:
            connection.get("/index.html")
    server.expect_log("CC0212", times=1)


def test_nobody_was_ever_believed(server):
    """In any request of the tests above."""
    assert believed(server) == []
