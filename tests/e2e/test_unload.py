# SPDX-License-Identifier: Apache-2.0
"""The module is unloaded and loaded anew: between the two readings of the configuration at start,
and at each restart. (tests/guards/dso.sh looks at the file alone.)"""
import os

import pytest


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("""
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
        </VirtualHost>
    """)
    (server.root / "ld").mkdir()
    server.environment = {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(server.root / "ld" / "out")}
    server.start()


def loads(server):
    """How often the dynamic linker of httpd's first process has mapped the module."""
    text = (server.root / "ld" / f"out.{server.pid}").read_text()
    return sum("generating link map" in line and os.environ["MODULE"] in line for line in text.splitlines())


def test_it_is_loaded_anew_for_each_reading_of_the_configuration(server):
    assert loads(server) == 2
    for expected in (3, 4, 5):
        server.graceful()
        assert loads(server) == expected
    server.restart()
    assert loads(server) == 6


def test_it_is_unloaded_after_serving_requests(server, pki):
    before = loads(server)
    assert server.status(cert=pki.alice) == 200
    assert server.status(cert=pki.mallory) == 403
    server.expect_log("CC0101")
    server.graceful()
    assert server.status(cert=pki.alice) == 200
    assert loads(server) == before + 1
