# SPDX-License-Identifier: Apache-2.0
"""A denial as the error log tells it, read by a strict parser: what does not belong to the line's
grammar is an error, so nothing that a client can write into it passes for a field.

    CC0101: access to "/x" denied: reason=rule verify=SUCCESS rule="..." at="F:1" values={A="1"} ..."""
import re
from dataclasses import dataclass, field

START = re.compile(r"\[[^]]*\] \[clientcert:(\w+)\] \[pid [^]]*\] (?:\S+\.cc\(\d+\): )?"
                   r"\[(?:client|remote) ([\d.]+):\d+\] CC0101: ")
REST = re.compile(".*", re.S)
WORD = re.compile(r"[\w.:+-]+")
ID = re.compile(r"[\w.:+@-]+")
NAME = re.compile(r"\w[\w.:/()'-]*")  # any other name is in quotes
ESCAPES = {"b": b"\b", "n": b"\n", "r": b"\r", "t": b"\t", "v": b"\v", "\\": b"\\"}


@dataclass
class Rule:
    """What was not fulfilled."""

    text: str
    at: str
    values: dict
    error: str = None


@dataclass
class Denial:
    level: str
    client: str
    uri: str
    reason: str
    verify: str
    rules: list = field(default_factory=list)
    serial: str = None
    issuer: str = None
    subject: str = None
    san: str = None      # where there is no subject
    id: str = None       # of mod_unique_id
    referer: str = None  # httpd adds it to the lines of a request

    @property
    def rule(self):
        assert len(self.rules) == 1, self.rules
        return self.rules[0]


def unlogged(text):
    """What the module gave to httpd, which doubles backslashes and escapes what is not printable."""
    def plain(match):
        kind = match[1]
        return ESCAPES[kind] if kind in ESCAPES else bytes([int(kind[1:], 16)])
    assert not re.search(r"[^\x20-\x7e]", text), f"an unescaped character: {text!r}"
    parts = re.split(r"(\\(?:[bnrtv\\]|x[0-9a-fA-F]{2}))", text)
    return b"".join(plain(re.match(r"\\(.+)", part)) if i % 2 else part.encode("ascii")
                    for i, part in enumerate(parts)).decode("utf-8", "surrogateescape")


class Reader:
    def __init__(self, text):
        self._rest = text

    def at_end(self):
        return not self._rest

    def skip(self, text):
        assert self._rest.startswith(text), f"{text!r} expected at {self._rest!r}"
        self._rest = self._rest[len(text):]

    def skips(self, text):
        if not self._rest.startswith(text):
            return False
        self.skip(text)
        return True

    def take(self, pattern):
        match = pattern.match(self._rest)
        assert match, f"{pattern.pattern} expected at {self._rest!r}"
        self._rest = self._rest[match.end():]
        return match[0]

    def quoted(self):
        """In double or single quotes; inside, the quote and backslashes have a backslash before them."""
        quote = self._rest[:1]
        assert quote in ("'", '"'), f"a quote expected at {self._rest!r}"
        match = re.match(rf"{quote}((?:[^\\{quote}\x00-\x1f\x7f]|\\(?:[\\{quote}]|x[0-9A-F]{{2}}))*){quote}",
                         self._rest)
        assert match, f"a quoted text expected at {self._rest!r}"
        self._rest = self._rest[match.end():]
        return re.sub(rf"\\(x[0-9A-F]{{2}}|[\\{quote}])",
                      lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "x" else m[1], match[1])

    def values(self):
        self.skip("{")
        found = {}
        while not self.skips("}"):
            if found:
                self.skip(", ")
            name = self.quoted() if self._rest[:1] in ("'", '"') else self.take(NAME)
            self.skip("=")
            found.setdefault(name, []).append(self.quoted())
        return {name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()}


def parse(line):
    """A Denial; AssertionError when the line is anything else."""
    start = START.match(line)
    assert start, f"no denial: {line!r}"
    reader = Reader(unlogged(line[start.end():]))
    reader.skip("access to ")
    uri = reader.quoted()
    reader.skip(" denied: reason=")
    reason = reader.take(WORD)
    reader.skip(" verify=")
    denial = Denial(start[1], start[2], uri, reason, reader.take(WORD))
    while reader.skips(" rule="):
        text = reader.quoted()
        reader.skip(" at=")
        at = reader.quoted()
        reader.skip(" values=")
        denial.rules.append(Rule(text, at, reader.values()))
        if reader.skips(" error="):
            denial.rules[-1].error = reader.quoted()
    if reader.skips(" serial="):
        denial.serial = reader.take(WORD)
        reader.skip(" issuer=")
        denial.issuer = reader.quoted()
        reader.skip(" subject=")
        denial.subject = reader.quoted()
        if reader.skips(" san="):
            denial.san = reader.quoted()
    if reader.skips(" id="):
        denial.id = reader.take(ID)
    if reader.skips(", referer: "):
        denial.referer = reader.take(REST)
    assert reader.at_end(), f"more than a denial: {line!r}"
    assert denial.rules or denial.verify == "FAILED", f"refused, and by no rule: {line!r}"
    return denial


def denials(server, times):
    """Announces and waits for exactly so many denials of the running test; what they say."""
    return [parse(line) for line in server.expect_log("CC0101", times=times)] if times else none(server)


def denial(server):
    """The one denial of the running test."""
    return denials(server, 1)[0]


def none(server):
    found = server.log_lines("CC0101")
    assert not found, found
    return []
