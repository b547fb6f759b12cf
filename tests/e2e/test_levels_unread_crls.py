# SPDX-License-Identifier: Apache-2.0
"""Levels while the server has not yet read its CRLs for the first time: nobody is believed, and nobody is
blamed by an alert for what is the server's own trouble."""
import socket

import pytest
from harness.flawed import SUBJECT
from harness.verdicts import HOWS, connect, outcome

HOST = """
    <VirtualHost *:${{{port}}}>
        Include ${{tls}}
        SSLCACertificateFile ${{ca}}
        SSLVerifyClient {verify}
        ClientCertVerify {port}
        ClientCertCRL http://127.0.0.1:${{silent}}/ca.crl timeout=10min
        Header always set X-Ours "expr=%{{CLIENTCERT_VERIFY}} %{{CLIENTCERT_REASON}}"
        Header always set X-Theirs "%{{SSL_CLIENT_VERIFY}}s"
        <Location /line>
            Require clientcert
        </Location>
        <Location /theirs>
            Require expr %{{SSL_CLIENT_VERIFY}} == 'SUCCESS'
        </Location>
    </VirtualHost>
"""
HOSTS = {"report": "optional_no_ca", "require": "require", "off": "optional"}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    """The CA's web server accepts connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server.configure("Protocols h2 http/1.1\n" + "".join(HOST.format(port=port, verify=verify)
                                                             for port, verify in HOSTS.items()),
                         modules="http2 headers", ports=" ".join(HOSTS), silent=silent.getsockname()[1])
        for page in "line", "theirs":
            server.page(page)
        server.allow_log("AH01630", always=True)
        server.start()
        yield
        server.stop()


@pytest.fixture(scope="module")
def people(pki):
    return {"good": pki.ca.client(SUBJECT), "late": pki.ca.client(SUBJECT, valid=("-2d", "-1d"))}


@pytest.mark.parametrize("how", HOWS)
def test_report_goes_on_with_a_certificate_that_counts_for_nothing(server, people, how):
    with connect(server, people["good"], how, port="report") as connection:
        for _ in range(2):
            response = connection.get("/index.html")
            assert (response.status, response.header("X-Ours")) == (200, "FAILED crl-missing")
            assert response.header("X-Theirs") != "SUCCESS"
            assert connection.get("/line").status == connection.get("/theirs").status == 403
    server.expect_log("CC0101", times=2)


@pytest.mark.parametrize("how", HOWS)
def test_require_asks_to_come_again(server, people, how):
    for path in "/index.html", "/line", "/theirs":  # httpd closes a connection after 503
        with connect(server, people["good"], how, port="require") as connection:
            response = connection.get(path)
            assert (response.status, response.header("Retry-After")) == (503, "1")


@pytest.mark.parametrize("how", HOWS)
def test_what_is_bad_anyhow_is_told_as_that(server, people, how):
    assert outcome(server, people["late"], how, port="require") == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
    with connect(server, people["late"], how, port="report") as connection:
        assert connection.get("/index.html").header("X-Ours") == "FAILED expired"
    server.allow_log("CC0205|SSL Library Error")


@pytest.mark.parametrize("how", HOWS)
def test_off_waits_for_no_crl(server, people, how):
    with connect(server, people["good"], how, port="off") as connection:
        response = connection.get("/index.html")
        assert (response.status, response.header("X-Ours")) == (200, "NONE none")
