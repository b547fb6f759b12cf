# SPDX-License-Identifier: Apache-2.0
"""What `httpd -D DUMP_CLIENTCERT` prints.

    seen = dump(server, '<VirtualHost *:${https}> ...')
    seen.block('<Location "/a">')["ClientCertEnv"]     # [Row("On", "site.conf:12", None)]
    seen.warnings                                      # [Warned(12, "unused-map", "the map ...")]"""
import re
from collections import namedtuple

Row = namedtuple("Row", "value line inherited details")
Warned = namedtuple("Warned", "line check text")
PLACE = re.compile(r"(?P<value>.*?)  +(?P<file>/\S+):(?P<line>\d+)(, inherited from (?P<from>.*))?$")
WARNING = re.compile(r"(?P<file>/\S+):(?P<line>\d+): warning: (?P<text>.*) \[(?P<check>[a-z0-9-]+)\]$")


class Dump:
    def __init__(self, server, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert re.fullmatch(r"[ -~\n]*", self.out), "unprintable"
        self._site = str(server.site)
        self.warnings = []
        for line in self.out.splitlines():
            if found := WARNING.match(line):
                self.warnings.append(Warned(int(found["line"]), found["check"], found["text"]))

    def checks(self):
        return [warned.check for warned in self.warnings]

    def title(self, start, host=0):
        """The whole line that begins a block."""
        return self._blocks(start)[host][0]

    def block(self, start, host=0):
        """The rows below a title, by their labels; `host`: of several blocks with that title, which one."""
        rows = {}
        label = None
        for line in self._blocks(start)[host][1:]:
            found = PLACE.match(line)
            if line.endswith("  by default"):
                label, value = re.match(r" +(\S+) +(.*\S) +by default$", line).groups()
                rows.setdefault(label, []).append(Row(value, None, None, []))
            elif found:
                label, _, value = found["value"].strip().partition(" ")
                assert found["file"] in (self._site, self._site.replace("site.conf", "tls.conf")), line
                rows.setdefault(label, []).append(Row(value.strip(), int(found["line"]), found["from"], []))
            else:
                rows[label][-1].details.append(line.strip())
        return rows

    def _blocks(self, start):
        blocks = [block.splitlines() for block in re.split(r"\n\n+", self.out)]
        found = [block for block in blocks if block and block[0].strip().startswith(start)]
        assert found, f"no {start!r} in\n{self.out}"
        return found


def dump(server, text=None, *arguments):
    if text is not None:
        server.write(text)
    return Dump(server, server._httpd("-f", server.conf, *arguments, "-D", "DUMP_CLIENTCERT"))
