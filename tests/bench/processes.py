# SPDX-License-Identifier: Apache-2.0
"""What the kernel tells of a server's processes: their memory, their CPU time, when one opens a file; and how to leave
all but one of them out."""

import contextlib
import ctypes
import os
import pathlib
import re
import signal
import struct
import threading
import time

PROC = pathlib.Path("/proc")
MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ (\S+) (\d+) +(/.*)$")
GONE = (FileNotFoundError, ProcessLookupError)


def wait_for(what, condition, patience=600, pause=0.005):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + patience
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {patience} seconds in vain: {what}")
        time.sleep(pause)
    return answer


def children(pid):
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(*GONE):
                state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                if int(parent) == pid and state != "Z":
                    found.append(int(entry.name))
    return sorted(found)


def family(pid):
    """The process and all that descend from it."""
    found = [pid]
    for member in found:
        found += children(member)
    return found


def _field(text, name):
    """In octets."""
    return int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M)[1]) * 1024


def memory(pids, shared=None):
    """Octets of all the processes together, those that several share counted once: memory without a file, and the files
    in the directory `shared`, whole for as long as anyone has them mapped, whether or not their pages were touched.
    Programs and libraries are left out: their share depends on who else runs them."""
    total, files = 0, {}
    for pid in pids:
        with contextlib.suppress(*GONE):
            total += _field((PROC / str(pid) / "smaps_rollup").read_text(), "Pss_Anon")
            if shared:
                files |= mapped_files(pid, shared)
    return total + sum(files.values())


def mapped_files(pid, directory):
    """The files of a directory that a process has mapped: their sizes. A new file of the same name is another one."""
    files = {}
    for line in (PROC / str(pid) / "maps").read_text(errors="replace").splitlines():
        match = MAPPING.match(line)
        if match and match[5].startswith(f"{directory}/"):
            start, end, device, inode = match.groups()[:4]
            files[device, inode] = int(end, 16) - int(start, 16)
    return files


def resident(pid):
    return _field((PROC / str(pid) / "status").read_text(), "VmRSS")


def high_water(pid):
    """The most that was resident since `reset_high_water`."""
    return _field((PROC / str(pid) / "status").read_text(), "VmHWM")


def reset_high_water(pid):
    (PROC / str(pid) / "clear_refs").write_text("5")


def cpu_seconds(pids):
    """User and system time of all threads that are or were: utime and stime, but to the nanosecond."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += time.clock_gettime(~pid << 3 | 2)  # the CPU clock of a process; see clock_getcpuclockid(3)
    return total


def stands_still(pid):
    """Whether each of its threads has got the signal: until then one may still accept a connection."""
    states = ((task / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
              for task in (PROC / str(pid) / "task").iterdir())
    return all(state in "TZ" for state in states)


@contextlib.contextmanager
def alone(pid, pids):
    """Stops the others meanwhile, so that what is asked is asked of this process."""
    others = [other for other in pids if other != pid]
    try:
        for other in others:
            os.kill(other, signal.SIGSTOP)
        wait_for("the others stand still", lambda: all(map(stands_still, others)), pause=0.0005)
        yield
    finally:
        for other in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(other, signal.SIGCONT)


class Peak:
    """The most memory that all processes of a server had together, looked at some hundred times a second."""

    def __init__(self, server):
        self.most = 0
        self._server = server
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        while not self._done.wait(0.005):
            self.most = max(self.most, self._server.memory())


class Opened:
    """When a file was first opened: by the server, who has noticed it."""

    IN_OPEN = 0x20
    EVENT = struct.Struct("iIII")

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(os.O_CLOEXEC)
        if self._fd < 0 or libc.inotify_add_watch(self._fd, os.fsencode(path), self.IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self.at = None
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def _wait(self):
        os.read(self._fd, 4096)
        self.at = time.monotonic()
        os.close(self._fd)
