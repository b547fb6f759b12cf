# SPDX-License-Identifier: Apache-2.0
"""The harness for revocation, without the module: what its CRLs say to others, and its clients."""
import fcntl
import os
import time

import pytest
from harness.crls import OldAuthority, alert, crl, folder, hashed, many, outcome, pem, publish, rewrite, rolled_over
from harness.pki import openssl
from harness.processes import children, kill, locker
from harness.shards import shards
from harness.streaming import StreamingBackend, WebSocket, download, ended
from harness.waiting import wait_until

SITE = """
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        SSLCARevocationCheck leaf
        SSLCARevocationFile ${crl}
        ProxyWebsocketFallbackToProxyHttp Off
        ProxyPass /ws ws://127.0.0.1:${backend}/ws
        ProxyPass /upgraded http://127.0.0.1:${backend}/upgraded upgrade=websocket
        ProxyPass /stream http://127.0.0.1:${backend}/stream flushpackets=on
    </VirtualHost>
"""


@pytest.fixture(scope="module", autouse=True)
def backend(server, pki):
    made = StreamingBackend()
    server.configure(SITE, modules="proxy_http proxy_wstunnel", ports="https", backend=made.port,
                     crl=publish(folder(server) / "crl", pem(crl(pki.ca, [pki.mallory]))))
    server.allow_log("AH01110", always=True)  # a download that was left half-way: told late
    server.start()
    yield made
    made.close()


def text_of(content, authority):
    """What openssl reads, having verified the signature."""
    return openssl("crl", "-noout", "-text", "-CAfile", authority.cert, "-inform", "DER", data=content).decode()


def test_a_revoked_client_is_told_from_others(server, pki):
    assert outcome(server, pki.alice) == outcome(server, None) == 200
    for version in "1.2", "1.3":
        assert outcome(server, pki.mallory, version=version) == "revoked"
        assert alert(server, pki.mallory, f"-tls{version.replace('.', '_')}") == 44
    with pytest.raises(Exception, match="UNKNOWN_CA"):
        outcome(server, pki.authority("/CN=Stranger").client())


def test_what_a_crl_says(pki):
    text = text_of(crl(pki.ca, [pki.alice, (pki.mallory, "certificateHold"), "7F"], number=77), pki.ca)
    for words in "Version 2", "CRL Number: \n                77\n", f"Serial Number: {pki.alice.serial}\n", "Certificate Hold", \
            "Serial Number: 7F\n":
        assert words in text
    assert "Authority Key Identifier" in text
    old = OldAuthority(pki.dir / "old")
    text = text_of(crl(old, [old.client("/CN=x")], minimal=True), old)
    assert "Version 1" in text and "extensions" not in text
    assert len(crl(pki.ca, many(100))) > 2000


def test_numbers_go_up(pki):
    def number(content):
        return int(openssl("crl", "-inform", "DER", "-noout", "-crlnumber", data=content).decode().split("=")[1], 16)
    first, second = number(crl(pki.ca)), number(crl(pki.ca))
    assert second == first + 1


def test_shards_are_many_crls_of_one_authority(pki):
    made = list(shards(pki.ca, 300))
    assert len(set(made)) == 300
    for number in 0, 7, 299:
        assert f"SHARD-{number:06d}" in text_of(made[number], pki.ca)


def test_another_key_has_the_same_name(pki, tmp_path):
    other = rolled_over(pki.ca, tmp_path / "other")
    assert openssl("x509", "-in", other.cert, "-noout", "-subject_hash") == \
        openssl("x509", "-in", pki.ca.cert, "-noout", "-subject_hash")
    with pytest.raises(AssertionError):
        assert "verify OK" in text_of(crl(other, extensions={"authorityKeyIdentifier": None}), pki.ca)


def test_publishing(server, pki):
    file = publish(folder(server) / "published", pem(crl(pki.ca)))
    inode = file.stat().st_ino
    assert rewrite(file, b"short").stat().st_ino == inode and file.read_bytes() == b"short"
    assert publish(file, pem(crl(pki.ca), crl(pki.ca))).stat().st_ino != inode
    assert file.read_bytes().count(b"BEGIN X509 CRL") == 2
    assert hashed(file).resolve() == file and hashed(file, 1).suffix == ".r1"


@pytest.mark.parametrize("path", ["/ws", "/upgraded"])
def test_a_websocket_goes_on_until_it_is_closed(server, pki, backend, path):
    with server.tls(pki.alice) as connection:
        socket = WebSocket(connection, path)
        for _ in range(3):
            socket.echo()
        for behind in list(backend._connections):
            behind.shutdown(2)
        assert ended(connection) < time.monotonic() + 1
    server.allow_log("AH")


def test_a_download_goes_on(server, pki):
    with server.tls(pki.alice) as connection:
        download(connection, "/stream")
        connection._reader.exactly(1000)
    server.allow_log("AH")


def test_a_killed_child_is_replaced_and_not_told(server):
    """httpd says nothing of a child that was killed (signal 9), unlike one that crashed."""
    pid = children(server.pid)[0]
    kill(pid)
    wait_until(lambda: pid not in children(server.pid) and len(children(server.pid)) >= 2, "no new child")


def test_the_owner_of_a_lock(server):
    assert locker(server.root / "no such file") is None
    with (server.root / "locked").open("w") as file:
        assert locker(server.root / "locked") is None
        fcntl.lockf(file, fcntl.LOCK_EX)
        assert locker(server.root / "locked") == os.getpid()
