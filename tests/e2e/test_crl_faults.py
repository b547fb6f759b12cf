# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around CRLs: the last good state stands, the log says what is wrong, and it heals."""
import os
import shutil
import time

import pytest
from harness.crl_trouble import SITE, TROUBLE, bob, heals, server, shared, stands, start  # noqa: F401
from harness.crls import becomes, crl, folder, many, outcome, pem, publish, ready
from harness.processes import children, kill, locker
from harness.shards import shards
from harness.waiting import wait_until


# -- the sources ---------------------------------------------------------------------------------------

def test_the_directory_vanishes_and_comes_back(server, pki, bob):
    away = server.root / "away"
    os.rename(server.file.parent, away)
    server.expect_log(f"{TROUBLE}.*{server.file.parent}")
    stands(server, pki, bob)
    (away / "ca.crl").write_bytes(crl(pki.ca, [pki.mallory, bob]))
    os.rename(away, server.file.parent)
    becomes(server, bob, "revoked")


def test_the_directory_is_removed_and_made_anew(server, pki, bob):
    shutil.rmtree(server.file.parent)
    server.expect_log(f"{TROUBLE}.*{server.file.parent}")
    server.allow_log(TROUBLE)
    assert outcome(server, pki.mallory) == "revoked"
    server.allow_log("CC0101|CC0205")
    folder(server)
    heals(server, pki, bob)


@pytest.mark.parametrize("what", ["file", "directory"])
def test_what_cannot_be_read_changes_nothing(server, pki, bob, what):
    """A file or a directory that the children may not read; they are not root."""
    unreadable = server.file if what == "file" else server.file.parent
    mode = unreadable.stat().st_mode & 0o777
    if what == "file":
        aside = server.root / "aside"
        aside.write_bytes(crl(pki.ca, [bob]))
        aside.chmod(0)
        os.replace(aside, server.file)
    else:
        unreadable.chmod(0)
        (unreadable / "ca.crl").write_bytes(crl(pki.ca, [bob]))
    line = server.expect_log(f"{TROUBLE}.*{unreadable}")
    assert "ermission" in line, line
    stands(server, pki, bob)
    unreadable.chmod(mode)
    becomes(server, bob, "revoked")
    becomes(server, pki.mallory, 200)


def test_a_file_replaced_in_place_in_small_pieces(server, pki, bob):
    """What the reader sees is torn again and again."""
    server.allow_log(TROUBLE)
    numbers = many(3000)
    for revoked in [pki.mallory, *numbers], [pki.mallory, *numbers[1000:]], [pki.mallory, bob, *reversed(numbers)]:
        content = pem(crl(pki.ca, revoked))
        with server.file.open("r+b", buffering=0) as file:
            for at in range(0, len(content), 4096):
                file.write(content[at:at + 4096])
                assert (outcome(server, pki.mallory), outcome(server, pki.alice)) == ("revoked", 200)
            file.truncate()
        becomes(server, bob, "revoked" if bob in revoked else 200)


def test_ten_thousand_files_in_the_directory(start, pki, bob):
    server = start(site=SITE.replace("${crls}", "${crls}\nClientCertRevokedConnections keep"))
    ready(server, pki.alice)
    for number, content in enumerate(shards(pki.ca, 9_999)):
        (server.file.parent / f"{number}.crl").write_bytes(content)
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked", timeout=60)
    becomes(server, pki.mallory, 200, timeout=60)
    began = time.monotonic()
    publish(server.file, crl(pki.ca, [pki.mallory]))
    becomes(server, pki.mallory, "revoked", timeout=60)
    print(f"one of 10,000 files changed: {time.monotonic() - began:.2f} s")
    becomes(server, bob, 200)
    server.stop()
    # A first start: nobody is let in before all of them were read.
    shutil.rmtree(server.state)
    server.start()
    seen, refused = [], []
    while 200 not in seen:
        refused.append(outcome(server, pki.mallory))
        response = server.curl(cert=pki.alice)
        seen.append(response.status)
        if response.status == 503:
            assert int(response.header("Retry-After")) > 0
    assert set(seen) <= {200, 503} and set(refused) <= {503, 403, "revoked"}, (seen, refused)
    assert 503 in seen and server.log_lines(r":notice\].*CC0207")
    assert outcome(server, pki.mallory) == "revoked"
    server.allow_log("CC0205|CC0101.*reason=revoked")  # the latter where the CRLs come behind the handshake
    server.stop()


# -- processes that are killed ---------------------------------------------------------------------------

def test_the_child_that_keeps_the_crls_is_killed(server, pki, bob):
    people = [bob, pki.ca.client("/CN=Carol")]
    for number in range(16):
        revoked, free = people[number % 2], people[1 - number % 2]
        keeper = wait_until(lambda: locker(server.state / "lock"), "nobody holds the lock")
        assert keeper in children(server.pid)
        publish(server.file, crl(pki.ca, [pki.mallory, revoked, *many(2000)]))
        time.sleep(number * 0.005)  # at another moment each time
        kill(keeper)
        becomes(server, revoked, "revoked")
        becomes(server, free, 200)
        assert outcome(server, pki.mallory) == "revoked"


def test_all_children_are_killed_one_after_the_other(server, pki, bob):
    for pid in children(server.pid):
        kill(pid)
        wait_until(lambda: pid not in children(server.pid), "the child lives")
        assert outcome(server, pki.mallory) == "revoked"
    heals(server, pki, bob)
    for pid in children(server.pid):
        kill(pid)
    publish(server.file, crl(pki.ca, [pki.mallory]))
    wait_until(lambda: children(server.pid), "no children")
    becomes(server, bob, 200)


# -- starts ----------------------------------------------------------------------------------------------

def test_a_restart_with_a_stored_state_serves_at_once(server, pki, bob):
    heals(server, pki, bob)
    for _ in range(3):
        server.stop()
        server.start()
        assert (outcome(server, pki.alice), outcome(server, bob)) == (200, "revoked")
    server.allow_log("CC0205")
    assert not server.log_lines("CC0207")


def test_a_restart_while_the_source_is_away(server, pki, bob):
    """A CA that cannot be reached takes back nothing."""
    away = server.root / "away"
    server.stop()
    os.rename(server.file.parent, away)
    server.start()
    server.expect_log(f"{TROUBLE}.*{server.file.parent}")
    ready(server, pki.alice)
    stands(server, pki, bob)
    os.rename(away, server.file.parent)
    heals(server, pki, bob)


def test_nobody_is_let_in_before_the_first_crl(server, pki, bob):
    """A first start with a source that is not there: decided, and a CRL is missing."""
    server.stop()
    content = server.file.read_bytes()
    server.file.unlink()
    shutil.rmtree(server.state)
    server.start()
    seen = set()
    wait_until(lambda: seen.add(outcome(server, pki.alice)) or 403 in seen, lambda: seen)
    assert seen <= {503, 403}
    server.expect_log("CC0101.*reason=crl-missing")
    publish(server.file, content)
    becomes(server, pki.alice, 200)
    stands(server, pki, bob)
