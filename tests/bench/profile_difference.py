# SPDX-License-Identifier: Apache-2.0
"""Where the instructions are that a row adds: per request, by function, by call, and by line of our own sources.

A row's profile is the difference of two callgrind outputs (ROW.2N minus ROW.N) divided by N; from it the same of the bare
server is subtracted. callgrind_annotate can only add outputs up.
"""

import argparse
import collections
import re

from callgrind import Profile

OURS = re.compile(r"/(mod_clientcert|include/clientcert)/")


class Difference:
    def __init__(self, row, bare, n):
        self._n = n
        self._profiles = [(Profile(f"{row}.2N"), 1), (Profile(f"{row}.N"), -1),
                          (Profile(f"{bare}.2N"), -1), (Profile(f"{bare}.N"), 1)]

    def of(self, name):
        total = collections.Counter()
        for profile, sign in self._profiles:
            for key, cost in getattr(profile, name).items():
                total[key] += sign * cost
        return {key: round(cost / self._n) for key, cost in total.items()}


def report(title, costs, top, show):
    print(f"{title}\n")
    for key in sorted(costs, key=lambda key: -abs(costs[key]))[:top]:
        if costs[key]:
            print(f"{costs[key]:12,}  {show(key)}")
    print()


def short(name):
    """Without what all our names have in common."""
    for noise in ("clientcert::", "(anonymous namespace)::", "std::__cxx11::",
                  ", std::char_traits<char>, std::allocator<char> "):
        name = name.replace(noise, "")
    return name if len(name) <= 150 else name[:147] + "..."


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per", type=int, required=True, metavar="N", help="ROW.2N has N requests more than ROW.N")
    parser.add_argument("--top", type=int, default=40)
    parser.add_argument("row")
    parser.add_argument("bare")
    given = parser.parse_args()
    difference = Difference(given.row, given.bare, given.per)
    report("In the function itself:", difference.of("self_cost"), given.top, short)
    report("With everything it calls:", difference.of("inclusive"), given.top, short)
    report("Calls, with everything the callee calls:", difference.of("calls"), given.top,
           lambda pair: f"{short(pair[0])} -> {short(pair[1])}")
    ours = {place: cost for place, cost in difference.of("lines").items() if OURS.search(place[0])}
    report("Lines of our sources:", ours, given.top, lambda place: f"{place[0]}:{place[1]}")


if __name__ == "__main__":
    main()
