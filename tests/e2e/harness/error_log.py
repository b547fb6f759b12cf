# SPDX-License-Identifier: Apache-2.0
"""The server's error log: a test announces the errors it causes; any other fails it."""
import re

from .waiting import wait_until

LINE = re.compile(r"\[[^]]*\] \[(?P<module>\w*):(?P<level>\w+)\] ")
QUIET = {"notice", "info", "debug", *(f"trace{n}" for n in range(1, 9))}
# Nobody may announce these: a crash, a sanitizer's finding, a module that refuses to unload.
FATAL = re.compile(r"exit signal|AH00052|Sanitizer|runtime error:|Assertion .*failed|double free|corrupt")


def pattern(text):
    """A regular expression; `CC0101` and `AH01630` alone stand for the tag of a line."""
    return re.compile(re.escape(text) + ":" if re.fullmatch(r"(CC|AH)\d+", text) else text)


class ErrorLog:
    """The error log, and what the server says on its standard error before it has one."""

    def __init__(self, *paths):
        self._paths = paths
        self._start = {path: 0 for path in paths}
        self._announced = []   # for the running test
        self._standing = []    # for the whole file

    def text(self):
        return "".join(path.read_text("utf-8", "surrogateescape") for path in self._paths if path.exists())

    def since(self, start):
        lines = []
        for path in self._paths:
            if path.exists():
                with path.open("rb") as file:
                    file.seek(start.get(path, 0))
                    lines += file.read().decode("utf-8", "surrogateescape").splitlines()
        return lines

    def mark(self):
        """Now: lines written later are `since` this."""
        return {path: path.stat().st_size if path.exists() else 0 for path in self._paths}

    def lines(self, wanted=".", since=None):
        """The lines of the running test (or since a mark) that match."""
        found = pattern(wanted)
        return [line for line in self.since(since or self._start) if found.search(line)]

    def wait(self, wanted, times=1, since=None):
        """The lines that match, as soon as there are so many."""
        def enough():
            lines = self.lines(wanted, since)
            return lines if len(lines) >= times else None
        return wait_until(enough, lambda: f"no {times} x {wanted!r} in the error log:\n" + "\n".join(
            self.since(since or self._start)[-40:]))

    def allow(self, wanted, always=False):
        (self._standing if always else self._announced).append(pattern(wanted))

    def expect(self, wanted, times=None, settle=lambda: None):
        """Announces an error and waits for it: the last line, or, with `times`, exactly so many."""
        self.allow(wanted)
        lines = self.wait(wanted, times or 1)
        if times is None:
            return lines[-1]
        settle()  # there might be more to come
        lines = self.lines(wanted)
        assert len(lines) == times, f"{len(lines)} lines, not {times}:\n" + "\n".join(lines)
        return lines

    def unexpected(self):
        """What no test announced: warnings and worse, and lines that httpd did not format."""
        found = []
        for line in self.since(self._start):
            match = LINE.match(line)
            if FATAL.search(line):
                found.append(line)
            elif line.strip() and not (match and match["level"] in QUIET):
                if not any(known.search(line) for known in self._announced + self._standing):
                    found.append(line)
        return found

    def next_test(self):
        self._start = self.mark()
        self._announced.clear()
