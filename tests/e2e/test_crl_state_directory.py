# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in the state directory: what is in force stays so, nobody who is revoked is let in, and it heals."""
import os
import shutil
import subprocess
import time
from contextlib import suppress

import pytest
from harness.crl_trouble import TROUBLE, bob, heals, remove, server, shared, stands, start  # noqa: F401
from harness.crls import becomes, crl, many, outcome, publish, ready
from harness.processes import children, kill, locker
from harness.waiting import wait_until


def test_the_state_directory_vanishes_and_comes_back(server, pki, bob):
    away = server.root / "away"
    os.rename(server.state, away)
    publish(server.file, crl(pki.ca, [bob]))
    server.expect_log(TROUBLE)
    stands(server, pki, bob)
    os.rename(away, server.state)
    becomes(server, bob, "revoked")
    becomes(server, pki.mallory, 200)


def test_a_child_that_comes_when_the_state_directory_is_gone(server, pki, bob):
    """It has no CRLs, says so once, and lets nobody in; the others have theirs."""
    keeper, before = locker(server.state / "lock"), children(server.pid)
    remove(server.state)
    server.allow_log(TROUBLE)
    kill(next(pid for pid in before if pid != keeper))
    wait_until(lambda: set(children(server.pid)) - set(before), "no new child")
    server.allow_log("CC0205|CC0101.*reason=(revoked|crl-missing)")
    seen = set()
    wait_until(lambda: (seen.add(outcome(server, pki.alice)) or outcome(server, pki.mallory) != 200)
               and server.log_lines(r":error\].*CC0201.*No such file"), lambda: f"not told; {seen}")
    assert seen <= {200, 403, 503} and len(seen) > 1, seen
    for _ in range(10):
        assert outcome(server, pki.mallory) != 200
    assert len(server.log_lines("CC0201")) == 1
    server.graceful()
    heals(server, pki, bob)


@pytest.mark.parametrize("pause", [0, 0.05, 0.11])
def test_the_state_directory_is_emptied(server, pki, bob, pause):
    """Piece by piece: what is missed is made again."""
    server.allow_log(TROUBLE)
    for path in list(server.state.iterdir()):
        with suppress(FileNotFoundError):  # a file that was only there while another was written
            remove(path)
        time.sleep(pause)
    for credential, wanted in (pki.mallory, "revoked"), (bob, 200), (pki.alice, 200):
        becomes(server, credential, wanted)
    heals(server, pki, bob)
    wait_until(lambda: {"index", "lock", "turn", "seen", "downloads", "forget"} <= {path.name for path in server.state.iterdir()},
               lambda: list(server.state.iterdir()))
    assert locker(server.state / "turn"), "a new child would keep the CRLs as well"


def test_the_state_directory_is_removed(server, pki, bob):
    """Only root could make it again there: at the next graceful restart it does."""
    remove(server.state)
    publish(server.file, crl(pki.ca, [bob]))
    server.expect_log(TROUBLE)
    stands(server, pki, bob)
    server.graceful()
    becomes(server, bob, "revoked")
    becomes(server, pki.mallory, 200)
    server.allow_log(TROUBLE)
    assert server.state.stat().st_mode & 0o777 == 0o700
    heals(server, pki, bob)


def test_the_state_directory_is_removed_and_made_again(server, pki, bob):
    """As an administrator does it, with another inode: every process goes over to it without a restart."""
    owner = server.state.stat()
    remove(server.state)
    server.state.mkdir(mode=0o700)
    os.chown(server.state, owner.st_uid, owner.st_gid)
    server.allow_log(TROUBLE)
    heals(server, pki, bob)
    wait_until(lambda: locker(server.state / "turn"), "a new child would keep the CRLs as well")
    for pid in children(server.pid):  # and so do those who come after
        kill(pid)
    publish(server.file, crl(pki.ca, [bob]))
    becomes(server, pki.mallory, 200)
    becomes(server, bob, "revoked")
    server.graceful()


def damaged(content, how):
    if how == "cut":
        return content[:len(content) // 2]
    if how == "empty":
        return b""
    changed = bytearray(content)
    for at in {"head": range(0, 64), "middle": range(len(content) // 5, len(content) * 4 // 5), "end": [len(content) - 1],
               "all": range(len(content))}[how]:
        changed[at] ^= 0x55
    return bytes(changed)


DAMAGES = ["head", "middle", "end", "all", "cut", "empty"]


@pytest.mark.parametrize("how", DAMAGES)
def test_an_index_that_was_tampered_with_while_the_server_was_down(server, pki, bob, how):
    publish(server.file, crl(pki.ca, [pki.mallory, *many(500)]))
    becomes(server, pki.mallory, "revoked")
    server.stop()
    index = server.state / "index"
    index.write_bytes(damaged(index.read_bytes(), how))
    server.start()
    server.allow_log(TROUBLE)
    server.allow_log("CC0101.*reason=revoked")  # where the CRLs come behind the handshake
    while outcome(server, pki.alice) != 200:
        assert outcome(server, pki.mallory) in ("revoked", 503, 403)
    assert server.log_lines("CC020[12]")
    stands(server, pki, bob)
    heals(server, pki, bob)


@pytest.mark.parametrize("how", [*DAMAGES, "removed"])
def test_an_index_that_is_exchanged_while_the_server_runs(server, pki, bob, how):
    index = server.state / "index"
    wrong = b"" if how == "removed" else damaged(index.read_bytes(), how)
    if how == "removed":
        index.unlink()
    else:
        aside = server.root / "index"
        aside.write_bytes(wrong)
        shutil.copystat(index, aside)
        os.chown(aside, index.stat().st_uid, index.stat().st_gid)
        os.replace(aside, index)
    # A child that maps it before the keeper has made another lets nobody in; the others have theirs.
    server.allow_log(f"{TROUBLE}|CC0205|CC0101.*reason=crl-missing")
    for _ in range(4):
        assert outcome(server, pki.mallory) != 200
        assert outcome(server, pki.alice) in (200, 403, 503)
    wait_until(lambda: index.exists() and index.read_bytes() != wrong, "it is not written again")
    server.graceful()
    stands(server, pki, bob)
    heals(server, pki, bob)


def test_rubbish_in_the_state_directory_does_no_harm(server, pki, bob):
    server.stop()
    for name in "index.tmp", "index.new", ".index", "index~", "tmp", "x":
        (server.state / name).write_bytes(b"rubbish" * 100)
    server.allow_log(TROUBLE)
    server.start()
    ready(server, pki.alice)
    stands(server, pki, bob)
    heals(server, pki, bob)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_the_disk_is_full_while_the_index_is_written(start, make_server, pki, bob):
    server = make_server()
    state = server.root / "state"
    state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700,uid=33,gid=33", "none", state], check=True)
    try:
        start(server)
        becomes(server, pki.alice, 200)
        stands(server, pki, bob)
        publish(server.file, crl(pki.ca, [bob, *many(60_000)]))
        assert "space" in server.expect_log(TROUBLE)
        stands(server, pki, bob)
        subprocess.run(["mount", "-o", "remount,size=16m", state], check=True)
        becomes(server, bob, "revoked")  # without another change
        becomes(server, pki.mallory, 200)
        server.stop()
    finally:
        subprocess.run(["umount", "-l", state], check=True)


def test_two_servers_share_a_state_directory_by_mistake(server, start, pki, bob):
    """The second one waits, and says so; nobody who is revoked gets into either."""
    second = start(state=server.state)
    publish(second.file, crl(pki.ca, [pki.mallory, bob]))
    second.errors.wait("CC0202.*(state|lock|server)")
    second.allow_log("CC020[12]|CC0101|CC0205")
    for _ in range(4):
        assert outcome(second, pki.mallory) in ("revoked", 503, 403)
    server.allow_log("CC0202")
    stands(server, pki, bob)
    heals(server, pki, bob)
    server.stop()
    try:
        publish(second.file, crl(pki.ca, [bob]))  # a higher number than any that the first one had
        becomes(second, bob, "revoked")
        becomes(second, pki.mallory, 200)
        becomes(second, pki.alice, 200)
        second.stop()
    finally:
        publish(server.file, crl(pki.ca, [pki.mallory]))
        server.start()
    becomes(server, pki.mallory, "revoked")
