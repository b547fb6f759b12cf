# SPDX-License-Identifier: Apache-2.0
"""Behind a proxy that passes certificates on (RFC 9440) users and passwords are what they are behind TLS:
the table of test_passwords.py, with every certificate in a header; and headers of anybody else make nobody
a user."""
import base64
import itertools
import re

import pytest
from harness import crls
from harness.gateways import PlainConnection
from harness.logins import WHO, Told, basic, password_file, told
from harness.waiting import wait_until
from test_passwords import EXPECTED, MODES, PASSWORDS, REASONS, SITE, differences, issue

FROM = """
    ClientCertFrom rfc9440
    ClientCertTrustedProxy {}
    ClientCertCACertificateFile ${{ca}}
"""
TLS = SITE[SITE.index("    # What is bad"):SITE.index("    ClientCertVerify")]
BEHIND = SITE[SITE.index("<VirtualHost"):].replace("    Include ${tls}\n    SSLCACertificateFile ${ca}\n", "").replace(TLS, "")


def behind(proxy, text):
    return text.replace("    ClientCertVerify", FROM.format(proxy) + "    ClientCertVerify")


@pytest.fixture(scope="module")
def certificates(pki):
    return issue(pki)


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, certificates):
    crl = crls.publish(crls.folder(server) / "crl.der", crls.crl(pki.ca, [certificates["revoked"]]))
    hosts = [behind(proxy, BEHIND.replace("${https}", f"${{{port}}}"))
             for port, proxy in [("http", "127.0.0.1"), ("elsewhere", "192.0.2.1")]]
    server.configure(behind("127.0.0.1", SITE) + "\n".join(hosts), modules="mime include auth_basic authn_file authz_user", crl=crl,
                     ports="http https elsewhere")
    password_file(server, alice="wonderland", bob="builder")
    for page in ("why", *(f"{path}/who" for path in MODES.values())):
        server.page(f"{page}.shtml", WHO)
    server.start()
    server.allow_log("AH01617", always=True)
    server.allow_log("CC0101")
    wait_until(lambda: ask(server, "/both/who.shtml", certificates["revoked"])[1].reason == "revoked",
               "the CRL has not been read")


def header_of(certificate):
    return {"Client-Cert": ":" + base64.b64encode(certificate.der).decode() + ":"} if certificate else {}


def request(connection, path, certificate, headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**header_of(certificate), **headers}.items())
    connection.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
    return connection.response()


def ask(server, path, certificate=None, headers=(), port="http"):
    with PlainConnection(server.ports[port]) as connection:
        response = request(connection, path, certificate, dict(headers))
    return response.status, told(response)


@pytest.mark.parametrize("mode", MODES)
def test_the_table(server, certificates, mode):
    """One connection, as of a proxy, for all these people."""
    wrong, denied = [], []
    with PlainConnection(server.ports["http"]) as connection:
        for who, password in itertools.product(REASONS, PASSWORDS):
            cell = EXPECTED[mode][who][password]
            response = request(connection, f"{MODES[mode]}/who.shtml", certificates[who], PASSWORDS[password])
            wrong += [f"{who}, {password}: {found}" for found in differences(response, cell, who, mode)]
            denied += [cell.replace("403 ", "reason=")] * cell.startswith("403")
    assert not wrong, "\n".join(wrong)
    lines = server.expect_log("CC0101", times=len(denied)) if denied else []
    assert [re.search(r"reason=\S+", line)[0] for line in lines] == denied


def test_a_certificate_that_no_trusted_proxy_sent_makes_nobody_a_user(server, certificates):
    for path in "/clientcert", "/both", "/same-user":
        found = ask(server, f"{path}/who.shtml", certificates["good"], basic("alice", "wonderland"), "elsewhere")
        assert found == (403, Told(reason="none"))
    server.expect_log("CC0101", times=3)
    assert ask(server, "/fallback/who.shtml", certificates["good"], port="elsewhere")[0] == 401
    server.expect_log("CC0211.*Client-Cert is not believed")


def test_the_proxys_own_certificate_is_nobodys(server, certificates):
    with server.tls(certificates["good"]) as proxy:
        for path in "/clientcert", "/both", "/same-user":
            response = proxy.get(f"{path}/who.shtml", basic("alice", "wonderland"))
            assert (response.status, told(response)) == (403, Told(reason="none"))
        assert proxy.get("/fallback/who.shtml").status == 401
        # And the one it passes on is the user's.
        response = proxy.get("/clientcert/who.shtml", header_of(certificates["good"]))
        assert told(response) == Told("alice", "ClientCert", "alice", "cert", "none")
    server.expect_log("CC0101", times=3)
