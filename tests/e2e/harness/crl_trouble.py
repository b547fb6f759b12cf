# SPDX-License-Identifier: Apache-2.0
"""A server with one CRL in a directory, whose CRLs tests bring into trouble: what holds before, meanwhile
and afterwards. Mallory is revoked there. A test file imports the fixtures, too."""
import os
import shutil

import pytest

from .crls import becomes, crl, folder, numbers, outcome, publish, ready
from .processes import children, mapped
from .waiting import wait_until

SITE = """
    KeepAliveTimeout 60
    ClientCertCRL ${crls}
    ClientCertStateDir ${state}
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
    </VirtualHost>
"""
TROUBLE = r":(warn|error)\].*CC020[12]"


def started(server, site=SITE, **options):
    """Its CRL is `server.file`, its state directory `server.state`."""
    pki = server.pki
    server.file = folder(server) / "ca.crl"
    if not server.file.exists():
        publish(server.file, crl(pki.ca, [pki.mallory]))
    server.state = server.root / "state"
    server.configure(site, **{"state": server.state, "crls": folder(server), **options})
    server.start()
    return server


def sound(server):
    """Mallory is revoked there, every process knows it, and nothing else is wrong."""
    pki, number = server.pki, next(numbers)
    publish(server.file, crl(pki.ca, [pki.mallory], number=number))
    becomes(server, pki.mallory, "revoked")
    index = server.state / "index"
    server.errors.wait(f"CC0202.*number {number}\\)")
    wait_until(lambda: outcome(server, pki.alice) == 200 and all(  # they map it when they need it
        index.stat().st_ino in mapped(pid, "index", gone=False) for pid in children(server.pid)), "not every child has the index")
    server.errors.next_test()
    return server


@pytest.fixture(scope="module")
def start(make_server):
    return lambda server=None, **options: started(server or make_server(), **options)


@pytest.fixture(scope="module")
def shared(start, pki):
    return ready(start(), pki.alice)


@pytest.fixture
def server(shared):
    return sound(shared)


@pytest.fixture
def bob(pki):
    return pki.ca.client("/CN=Bob")


def stands(server, pki, bob):
    """What was in force before, in every process."""
    server.allow_log("CC0205")
    for _ in range(4):
        assert (outcome(server, pki.mallory), outcome(server, bob), outcome(server, pki.alice)) == ("revoked", 200, 200)


def heals(server, pki, bob):
    publish(server.file, crl(pki.ca, [pki.mallory, bob]))
    becomes(server, bob, "revoked")
    assert outcome(server, pki.alice) == 200


def remove(path):
    """All at once: what is removed piece by piece may be written again meanwhile."""
    away = path.parent / f"{path.name}.removed"
    os.rename(path, away)
    if away.is_dir():
        shutil.rmtree(away)
    else:
        away.unlink()
