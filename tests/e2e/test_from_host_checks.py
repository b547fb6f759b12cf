# SPDX-License-Identifier: Apache-2.0
"""What a virtual host asks of certificates over TLS it asks of those in headers as well, and in its
directories; and mod_ssl's own certificate, the proxy's, makes nobody a user."""
import ssl
import subprocess

import pytest
from harness.crls import crl
from harness.forwarded import of

SITE = """
    Header always set X-Found "expr=%%{CLIENTCERT_VERIFY} %%{CLIENTCERT_REASON}"
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCipherSuite DEFAULT@SECLEVEL=2
        SSLCACertificateFile ${staff}
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
        SSLCARevocationFile ${crls}/staff.pem
        SSLCARevocationCheck leaf
        ClientCertTrustedProxy 127.0.0.1
        ClientCertFrom nginx
        %s
        <Location /directory>
            ClientCertCA ${staff}
        </Location>
    </VirtualHost>
    <VirtualHost *:${hashed}>
        Include ${tls}
        SSLCACertificateFile ${staff}
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
        SSLCARevocationPath ${crls}
        SSLCARevocationCheck leaf
        <Location /directory>
            ClientCertCA ${staff}
        </Location>
    </VirtualHost>
"""
AUTHORITIES = ["", "ClientCertCACertificateFile ${staff}"]


@pytest.fixture(scope="module")
def staff(pki):
    return pki.authority("/O=Test/CN=Staff")


@pytest.fixture(scope="module")
def people(staff):
    return {"good": staff.client("/CN=Good"), "gone": staff.client("/CN=Gone"),
            "weak": staff.client("/CN=Weak", key="rsa1024")}


@pytest.fixture(scope="module", params=AUTHORITIES, ids=["its own CAs", "CAs for headers"], autouse=True)
def site(request, make_server, staff, people):
    server = make_server()
    crls = server.root / "crls"
    crls.mkdir(mode=0o755)
    pem = ssl.DER_cert_to_PEM_cert(crl(staff, [people["gone"]])).replace("CERTIFICATE", "X509 CRL")
    (crls / "staff.pem").write_text(pem)
    subprocess.run(["openssl", "rehash", crls], check=True, capture_output=True)
    server.configure(SITE % request.param, modules="headers", ports="https hashed", staff=staff, crls=crls)
    server.start()
    return server


def found(server, path, cert=None, header=None, port="https"):
    with server.tls(cert, port=port) as connection:
        return connection.get(path, headers=of("nginx", header) if header else []).header("X-Found")


EXPECTED = {"good": "SUCCESS none", "gone": "FAILED revoked", "weak": "FAILED weak-key"}


@pytest.mark.parametrize("who", EXPECTED)
@pytest.mark.parametrize("path", ["/", "/directory"])
def test_a_header_is_checked_as_tls_is(site, people, path, who):
    assert found(site, path, header=people[who]) == EXPECTED[who]


@pytest.mark.parametrize("who", ["good", "gone"])
@pytest.mark.parametrize("path", ["/", "/directory"])
def test_a_directory_finds_the_crls_of_its_host(site, people, path, who):
    assert found(site, path, cert=people[who], port="hashed") == EXPECTED[who]


HOST = """
    <VirtualHost *:1>
        SSLEngine on
        SSLCACertificateFile ${ca}
        SSLVerifyClient require
        ClientCertTrustedProxy 127.0.0.1
        ClientCertFrom nginx
        %s
    </VirtualHost>
"""


@pytest.mark.parametrize("line, words", [
    ("SSLUserName SSL_CLIENT_S_DN_CN", ["SSLUserName SSL_CLIENT_S_DN_CN", "the proxy"]),
    ("SSLOptions +FakeBasicAuth", ["+FakeBasicAuth", "the proxy"]),
    ("<Location /x>\nSSLOptions FakeBasicAuth\n</Location>", ["FakeBasicAuth", "the proxy"]),
    ("SSLOCSPEnable on", ["SSLOCSPEnable", "off"]),
])
def test_a_proxy_is_no_user(site, line, words):
    checked = site.check(HOST % line)
    assert checked.returncode == 1
    for word in ["ClientCertFrom", *words]:
        assert word in checked.stderr


def test_lines_of_the_main_server_may_be_for_some_hosts_alone(site):
    checked = site.check("ClientCertTrustedProxy 127.0.0.1\nClientCertCACertificateFile ${ca}\n<VirtualHost *:1>\n"
                         "ClientCertFrom rfc9440\n</VirtualHost>\n<VirtualHost *:2>\n</VirtualHost>")
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")
