# SPDX-License-Identifier: Apache-2.0
"""Reads an output of callgrind. As a program: prints all instructions, those in malloc and free, and how often they
were asked for memory."""

import collections
import os
import re
import sys

NAME = re.compile(r"\((\d+)\)(?: (.*))?")
COST = re.compile(r"^([+-]?\d+|\*)(?: (\d+))?$")
ALLOCATION = re.compile(r"^(malloc|calloc|realloc|posix_memalign|aligned_alloc)(@@\S+)? \[libc")
RELEASE = re.compile(r"^(cfree|free)(@@\S+)? \[libc")


class Profile:
    """A function is "name [object]"; a recursion is not told from the first call."""

    def __init__(self, path):
        self.self_cost = collections.Counter()
        self.inclusive = collections.Counter()
        self.calls = collections.Counter()  # (caller, callee): instructions of the callee
        self.times = collections.Counter()  # (caller, callee): how often
        self.lines = collections.Counter()  # (file, line): instructions
        self._names = {"file": {}, "object": {}, "function": {}}
        self._object = self._file = self._caller = self._called_object = self._callee = None
        self._line = 0
        self._count = None
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self._read(line.rstrip("\n"))

    def total(self):
        return sum(self.self_cost.values())

    def _read(self, line):
        key, _, value = line.partition("=")
        if key in ("fl", "fi", "fe"):
            self._file = self._name("file", value)
        elif key in ("cfi", "cfl"):
            self._name("file", value)
        elif key == "ob":
            self._object = self._called_object = self._name("object", value)
        elif key == "cob":
            self._called_object = self._name("object", value)
        elif key == "fn":
            self._caller = self._function(value, self._object)
        elif key == "cfn":
            self._callee = self._function(value, self._called_object)
            self._called_object = self._object
        elif key == "calls":
            self._count = int(value.split()[0])
        elif match := COST.match(line):
            self._cost(match[1], int(match[2] or 0))

    def _name(self, kind, value):
        """A name is written once; later its number stands for it."""
        number, name = NAME.match(value).groups()
        if name:
            self._names[kind][number] = name
        return self._names[kind][number]

    def _function(self, value, binary):
        function = re.sub(r"'\d+$", "", self._name("function", value))
        return f"{function} [{os.path.basename(binary)}]"

    def _cost(self, position, cost):
        if position[0] in "+-":
            self._line += int(position)
        elif position != "*":
            self._line = int(position)
        if self._count is None:
            self.self_cost[self._caller] += cost
            self.lines[self._file, self._line] += cost
            self.inclusive[self._caller] += cost
            return
        self.calls[self._caller, self._callee] += cost
        self.times[self._caller, self._callee] += self._count
        if self._caller != self._callee:  # else it is in the total already
            self.inclusive[self._caller] += cost
        self._count = None


def heap(profile):
    """Instructions of the allocator, and how often memory was asked for."""
    cost = times = 0
    for (caller, callee), instructions in profile.calls.items():
        within = ALLOCATION.match(caller) or RELEASE.match(caller)
        if not within and ALLOCATION.match(callee):
            times += profile.times[caller, callee]
        if not within and (ALLOCATION.match(callee) or RELEASE.match(callee)):
            cost += instructions
    return cost, times


if __name__ == "__main__":
    read = Profile(sys.argv[1])
    print(read.total(), *heap(read))
