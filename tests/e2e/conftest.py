# SPDX-License-Identifier: Apache-2.0
"""A private httpd, a PKI and backends for each test file.

    @pytest.fixture(scope="module", autouse=True)
    def site(server, pki):
        server.configure('''
            <VirtualHost *:${https}>
                Include ${tls}
                SSLCACertificateFile ${ca}
                SSLVerifyClient optional
            </VirtualHost>
        ''', modules="headers")
        server.start()

    def test_lets_alice_in(server, pki):
        assert server.status("/", cert=pki.alice) == 200

A file that says MPMS = ["event", "worker", "prefork"] runs once for each. Every line of the error
log at warn or above fails the test that did not announce it by server.expect_log()."""
from harness.fixtures import *  # noqa: F403
