# SPDX-License-Identifier: Apache-2.0
"""The server's processes, as /proc tells them."""
import os
import re
import signal
from pathlib import Path


def children(pid):
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def listeners(ports):
    """The socket inodes that listen on these ports."""
    wanted, inodes = set(ports), set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].split(":")[1], 16) in wanted:
            inodes.add(f"socket:[{fields[9]}]")
    return inodes


def holds(pid, inodes):
    """Whether a process has one of these sockets open; a dead one has none."""
    try:
        return any(os.readlink(fd) in inodes for fd in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def busy(pid):
    """Whether a thread of the process or of its children runs, or waits for a processor or a disk."""
    for process in [pid, *children(pid)]:
        for stat in Path(f"/proc/{process}/task").glob("*/stat"):
            try:
                if stat.read_text().rpartition(") ")[2][0] in "RD":
                    return True
            except OSError:
                continue  # it has just ended
    return False


def locker(file):
    """The process that holds a lock of this file."""
    if not file.exists():
        return None
    inode = file.stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] != "->" and fields[5].endswith(f":{inode}"):
            return int(fields[4])
    return None


def mapped(pid, name, gone=True):
    """The inodes of the files with that name that a process has mapped; gone: also of those that are
    removed, whose inodes a new file may have by now."""
    try:
        lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    except OSError:
        return set()
    end = r"( \(deleted\))?$" if gone else "$"
    return {int(line.split()[4]) for line in lines if re.search(f"/{name}{end}", line)}


def kill(pid):
    """Ends a process that this test run has started."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
