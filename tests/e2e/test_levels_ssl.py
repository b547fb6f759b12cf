# SPDX-License-Identifier: Apache-2.0
"""ClientCertVerify ssl, which is the default, and off: the handshake, its alerts and what mod_ssl says are
the same as on a server without this module."""
import re

import pytest
from harness.crls import folder
from harness.flawed import WAYS
from harness.verdicts import connect, outcome

HOST = """
    <VirtualHost *:${{{port}}}>
        Include ${{tls}}
        SSLCACertificateFile ${{cas}}
        SSLCipherSuite ECDHE+AESGCM:@SECLEVEL=2
        SSLVerifyClient {verify}
        SSLVerifyDepth 2
        {level}
        Header always set X-Theirs "%{{SSL_CLIENT_VERIFY}}s %{{SSL_CLIENT_S_DN}}s"
        <Location /theirs>
            Require expr %{{SSL_CLIENT_VERIFY}} == 'SUCCESS'
        </Location>
        <Location /asked>
            SSLVerifyClient require
        </Location>
        <Location /again>
            SSLCipherSuite ECDHE+CHACHA20:@SECLEVEL=2
        </Location>
    </VirtualHost>
"""
VERIFY = ("none", "optional", "require", "optional_no_ca")
LEVELS = {"default": "", "ssl": "ClientCertVerify ssl", "off": "ClientCertVerify off"}
PATHS = ("/index.html", "/theirs", "/again", "/asked", "/index.html", "/theirs")
# What mod_ssl and mod_authz_core have to say, which is not at issue here.
THEIRS = r"AH01630|AH02039|AH02040|AH0226\d|AH02225|AH10158|AH02008|SSL Library Error"


@pytest.fixture(scope="module")
def flawed(pki, make_server):
    return Flawed(pki, folder(make_server()))


def start(server, flawed, levels):
    hosts = {f"{verify}_{name}": (verify, level) for verify in VERIFY for name, level in levels.items()}
    server.configure("KeepAliveTimeout 60\n" + "".join(
        HOST.format(port=port, verify=verify, level=level) for port, (verify, level) in hosts.items()),
        modules="headers", ports=" ".join(hosts), cas=flawed.bundle, clientcert=levels is LEVELS)
    for page in "theirs", "asked", "again":
        server.page(page)
    server.allow_log(THEIRS, always=True)
    server.start()
    return server


@pytest.fixture(scope="module")
def ours(server, flawed):
    return start(server, flawed, LEVELS)


@pytest.fixture(scope="module")
def bare(make_server, flawed):
    return start(make_server(), flawed, {"bare": ""})


def story(server, credential, version, port):
    """All that a client sees: the alert, or statuses and what mod_ssl says, up to where the connection ends."""
    said = outcome(server, credential, version, port=port)
    if said != 200:
        return [said]
    told = []
    with connect(server, credential, version, port=port) as connection:
        try:
            for path in PATHS:
                response = connection.get(path)
                # Of several errors ours is the first, mod_ssl's own the last.
                told.append((path, response.status, re.sub("FAILED:[a-z -]*", "FAILED ", response.header("X-Theirs"))))
        except OSError as error:
            told.append(getattr(error, "reason", "closed"))
    return told


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("verify", VERIFY)
@pytest.mark.parametrize("way", ["good", "below", "nobody", *WAYS])
def test_nothing_is_different(ours, bare, flawed, way, verify, version):
    wanted = story(bare, flawed.get(way), version, f"{verify}_bare")
    assert wanted
    for name in LEVELS:
        assert (name, story(ours, flawed.get(way), version, f"{verify}_{name}")) == (name, wanted)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("verify", ["none", "optional", "require", "optional_no_ca"])
@pytest.mark.parametrize("way", ["good", "below", "nobody"])
def test_sessions_are_resumed_as_ever(ours, bare, flawed, way, verify, version):
    if (way, verify) == ("nobody", "require"):
        return
    for server, ports in (bare, [f"{verify}_bare"]), (ours, [f"{verify}_{name}" for name in LEVELS]):
        for port in ports:
            with connect(server, flawed.get(way), version, port=port) as first:
                said = first.get("/index.html").header("X-Theirs")
                with first.resume() as second:
                    assert (port, second.resumed) == (port, True)
                    assert second.get("/index.html").header("X-Theirs") == said
