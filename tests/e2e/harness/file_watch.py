# SPDX-License-Identifier: Apache-2.0
"""Whether somebody reads a file (Linux's inotify)."""
import ctypes
import os

IN_ACCESS, IN_NONBLOCK = 0x001, os.O_NONBLOCK
LIBC = ctypes.CDLL(None, use_errno=True)


class FileWatch:
    """`with FileWatch(file) as watch: ...; assert not watch.was_read()`"""

    def __init__(self, file):
        self._fd = LIBC.inotify_init1(IN_NONBLOCK)
        if self._fd < 0 or LIBC.inotify_add_watch(self._fd, os.fsencode(file), IN_ACCESS) < 0:
            raise OSError(ctypes.get_errno(), f"inotify: {file}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._fd)

    def was_read(self):
        """Since the last time this was asked."""
        try:
            return bool(os.read(self._fd, 65536))
        except BlockingIOError:
            return False
