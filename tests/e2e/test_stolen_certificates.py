# SPDX-License-Identifier: Apache-2.0
"""Somebody has another one's certificate, and not the key to it: the handshake fails, and the log says whose it was."""
import dataclasses

import pytest
from harness.pki import openssl

HOSTS = {"ssl": "SSLVerifyClient optional", "require": "SSLVerifyClient require\nClientCertVerify require",
         "report": "SSLVerifyClient optional_no_ca\nClientCertVerify report"}


@pytest.fixture(scope="module")
def thief(pki):
    """Alice's certificate, and what programs take for her key: her public point, and Mallory's secret number (RFC 5915)."""
    alices, mallorys = (openssl("ec", "-in", one.key, "-outform", "der") for one in (pki.alice, pki.mallory))
    head = 7  # of the sequence, its version, and the secret's own
    forged = alices[:head] + mallorys[head:head + 32] + alices[head + 32:]
    key = pki.dir / "thief.key"
    key.write_bytes(openssl("ec", "-inform", "der", data=forged))
    return dataclasses.replace(pki.alice, key=key)


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("".join(f"""
        <VirtualHost *:${{https}}>
            ServerName {name}.example.org
            Include ${{tls}}
            SSLCACertificateFile ${{ca}}
            {lines}
        </VirtualHost>""" for name, lines in HOSTS.items()))
    server.start()


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_certificate_without_its_key_is_told(server, pki, thief, host, version):
    with server.s_client(version, cert=thief, host=f"{host}.example.org") as client:
        client.expect("alert decrypt error")
    line = server.expect_log("CC0212", times=1)[0]
    assert "[clientcert:error]" in line and "handshake refused: the client does not have the private key of the certificate" in line
    assert f"serial={pki.alice.serial}" in line and 'subject="CN=Alice,OU=Fun dept.,O=garex AG"' in line


def test_with_the_key_nothing_is_told(server, pki):
    for host in HOSTS:
        with server.s_client(cert=pki.alice, host=f"{host}.example.org") as client:
            assert client.get() == 200
