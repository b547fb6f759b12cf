# SPDX-License-Identifier: Apache-2.0
"""mod_proxy_ajp hands on the certificate that mod_ssl has: it gets no request whose user that is not."""
import base64

import pytest
from harness.gateways import Gateways

SITE = """
    <Proxy balancer://containers>
        BalancerMember ${ajp}
    </Proxy>
    ProxyPass /ajp/ ${ajp}/
    ProxyPass /balanced/ balancer://containers/
    ProxyPass /http/ ${http_backend}/
    <Location /handler/>
        SetHandler "proxy:${ajp}/"
    </Location>
    <VirtualHost *:${report}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        ClientCertVerify report
        Protocols h2 http/1.1
    </VirtualHost>
    <VirtualHost *:${behind}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        ClientCertTrustedProxy 127.0.0.1
        ClientCertFrom rfc9440
    </VirtualHost>
"""
WAYS = ["/ajp/x", "/balanced/x", "/handler/x"]


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    server.configure(SITE, modules="http2 slotmem_shm proxy_balancer lbmethod_byrequests proxy_ajp proxy_http",
                     ports="report behind", ajp=gateways.ajp.url, http_backend=gateways.http.url)
    server.start()


@pytest.fixture(scope="module")
def expired(pki):
    return pki.ca.client("/CN=Old", valid=("-9d", "-1d"))


@pytest.mark.parametrize("way", WAYS)
def test_a_good_certificate_arrives(server, pki, way):
    with server.tls(pki.alice, port="report") as connection:
        assert connection.get(way).seen.env["ssl_cert"].strip() == pki.alice.cert.read_text().strip()


@pytest.mark.parametrize("way", WAYS)
def test_no_certificate_is_no_trouble(server, way):
    with server.tls(port="report") as connection:
        assert "ssl_cert" not in connection.get(way).seen.env


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("way", WAYS)
def test_a_bad_certificate_does_not_arrive(server, expired, gateways, way, version):
    before = gateways.count()
    with server.tls(expired, port="report", version=version) as connection:
        assert connection.get(way).status == 403
        assert "a certificate that is bad" in server.expect_log("CC0113")
        assert gateways.count() == before
        assert connection.get("/http/x").status == 200


def test_a_bad_certificate_does_not_arrive_over_http2(server, expired, gateways):
    before = gateways.count()
    with server.h2(expired, port="report") as connection:
        assert connection.get("/ajp/x").status == 403
    server.expect_log("CC0113")
    assert gateways.count() == before


def test_the_certificate_of_a_proxy_does_not_arrive(server, pki, gateways):
    proxy = pki.ca.client("/CN=Proxy")
    before = gateways.count()
    user = [("Client-Cert", f":{base64.b64encode(pki.alice.der).decode()}:")]
    for headers in ([], user):
        with server.tls(proxy, port="behind") as connection:
            assert connection.get("/ajp/x", headers=headers).status == 403
        assert "the certificate of the proxy" in server.expect_log("CC0113")
    assert gateways.count() == before
