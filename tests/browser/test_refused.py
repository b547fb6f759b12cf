# SPDX-License-Identifier: Apache-2.0
"""Chromium at a server that ends the handshake (`ClientCertVerify require`): there is no page but the browser's own,
which says that the certificate was not accepted."""
from contextlib import ExitStack

import pytest
from chromium.distance import Distance
from harness import crls
from harness.crls import crl, publish

HOST = """
    <VirtualHost *:${{{port}}}>
        Include ${{tls}}
        Protocols {protocols}
        SSLProtocol {version}
        SSLCACertificateFile ${{ca}}
        SSLVerifyClient require
        ClientCertVerify require
    </VirtualHost>
"""
HOSTS = {"modern": ("h2 http/1.1", "TLSv1.3"), "older": ("h2 http/1.1", "TLSv1.2"), "old": ("http/1.1", "TLSv1.2")}
REFUSED = "ERR_BAD_SSL_CLIENT_AUTH_CERT"


@pytest.fixture(scope="module", autouse=True)
def site(server, pki):
    hosts = [HOST.format(port=port, protocols=protocols, version=version) for port, (protocols, version) in HOSTS.items()]
    server.configure("ClientCertCRL ${crls}" + "".join(hosts), modules="http2", ports=" ".join(HOSTS),
                     crls=crls.folder(server))
    publish(crls.folder(server) / "ca.crl", crl(pki.ca, [pki.mallory]))
    server.start()
    crls.ready(server, pki.alice, port="modern")


@pytest.fixture(scope="module")
def way(server):
    """To a server that is not on the machine of the browser. When it is, Chromium may find the connection closed before
    it has sent a request, and then does not say why. It remembers what it has shown to whom, so each way is a new one."""
    with ExitStack() as ways:
        yield lambda host: ways.enter_context(Distance(server.ports[host])).port


@pytest.fixture(scope="module")
def nobody(browser):
    return browser.start()


@pytest.fixture(scope="module")
def mallory(pki, nobody):
    nobody.hold(pki.mallory)
    return nobody


def assert_refused(browser, port):
    page = browser.get(f"https://localhost:{port}/")
    assert (page.error, page.status) == (REFUSED, 0)
    assert "accept your login certificate" in page.text


@pytest.mark.parametrize("host", HOSTS)
def test_who_has_none_is_told_by_the_browser(way, nobody, host):
    assert_refused(nobody, way(host))


@pytest.mark.parametrize("host", HOSTS)
def test_who_is_revoked_is_told_the_same(server, way, mallory, host):
    assert_refused(mallory, way(host))
    server.expect_log("CC0205: .*reason=revoked.*Mallory")
    server.allow_log("CC0205: .*reason=revoked.*Mallory")
