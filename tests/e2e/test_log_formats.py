# SPDX-License-Identifier: Apache-2.0
"""The log formats of docs/operations.md, as they stand there."""
import os
import re
import shlex
from pathlib import Path

import pytest
from harness import logins
from harness.waiting import wait_until


def documented():
    text = Path(os.environ["top_srcdir"], "docs", "operations.md").read_text()
    return re.search(r"^## Logging$.*?```apache\n(.*?)```", text, re.M | re.S)[1]


@pytest.fixture(scope="module")
def site(server):
    server.configure("""
        ClientCertRequire %{REQUEST_URI} ne "/secret" or %{SSL_CLIENT_S_DN_CN} eq "Alice"
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional
            ClientCertUser subject:CN
        </VirtualHost>
        <VirtualHost *:${report}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional_no_ca
            ClientCertVerify report
            <Location /password>
                AuthType Basic
                AuthName x
                AuthBasicProvider file
                AuthUserFile "${root}/passwords"
                ClientCertBasicAuth fallback
                ClientCertUser subject:CN
                Require valid-user
            </Location>
        </VirtualHost>
    """ + documented(), modules="auth_basic authn_file authz_user", ports="http https report")
    (server.root / "passwords").write_text(logins.entry("carol", "secret"))
    server.start()


@pytest.fixture
def logged(server, site):
    """What one request leaves in a log."""
    logs = server.root / "logs"

    def of(name, cert, path="/index.html", **options):
        everything, before = len((logs / "access.log").read_text()), len((logs / name).read_text())
        status = server.status(path, cert=cert, **options)
        wait_until(lambda: len((logs / "access.log").read_text()) > everything, "the request is not logged")
        server.settle()  # it is logged elsewhere, too
        return status, (logs / name).read_text()[before:].splitlines()
    return of


def fields(line):
    return dict(word.split("=", 1) for word in shlex.split(line))


def test_a_line_for_people(server, pki, logged):
    status, (line,) = logged("access.log", pki.alice)
    assert status == 200 and re.fullmatch(
        r'127\.0\.0\.1 - - \[.*\] "GET /index\.html HTTP/1\.1" 200 \d+ "-" "curl/[^"]*" "CN=Alice[^"]*" SUCCESS:none', line), line
    _, (line,) = logged("access.log", None)
    assert line.endswith('"-" NONE:none'), line


def test_a_line_of_fields(server, pki, logged):
    _, (line,) = logged("clientcert.log", pki.alice)
    told = fields(line)
    assert (told["status"], told["verify"], told["reason"], told["user"], told["source"]) == (
        "200", "SUCCESS", "none", "Alice", "tls")
    assert re.fullmatch("[0-9a-f]{64}", told["sha256"]) and told["serial"] == pki.alice.serial
    assert told["subject"].startswith("CN=Alice") and told["request"] == "GET /index.html HTTP/1.1"
    _, (line,) = logged("clientcert.log", None)
    assert {fields(line)[name] for name in ("user", "serial", "sha256", "subject", "issuer")} == {"-"}


def test_the_denied_alone(server, pki, logged):
    server.allow_log("CC0101|AH01617")
    assert logged("denied.log", pki.alice, "/secret")[1] == []
    status, (line,) = logged("denied.log", pki.ca.client("/CN=Bob"), "/secret")
    assert status == 403 and fields(line)["reason"] == "rule" and fields(line)["user"] == "Bob"
    status, (line,) = logged("denied.log", None, "/secret")
    assert status == 403 and fields(line)["verify"] == "NONE"
    # Who comes with a bad certificate and is let in all the same, or is merely asked for a password, was not denied.
    late = pki.ca.client("/CN=Late", valid=("-2d", "-1d"))
    assert logged("denied.log", late, port="report") == (200, [])
    assert logged("denied.log", None, "/password", port="report") == (401, [])
    wrong = logins.basic("carol", "wrong")
    status, (line,) = logged("denied.log", None, "/password", port="report", headers=wrong)
    assert status == 401 and fields(line)["reason"] == "password"
