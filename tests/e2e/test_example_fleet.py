# SPDX-License-Identifier: Apache-2.0
# Three nodes behind HAProxy: what happens to a client happens on all of them.
import re

from harness.examples import run_example


def test_fleet():
    out = " ".join(run_example("fleet/run.sh").split())  # log lines are folded anywhere
    assert "127.0.0.9 alice 200" in out
    for what in ("Bob is refused by all three nodes", "Carol is refused by all three nodes", "and on the connection that she has",
                 "Dave is let in by all three nodes", "Eve is refused by all three nodes"):
        took = re.search(re.escape(what) + r": after ([0-9.]+) s", out)
        assert took and float(took[1]) < 20, what
    assert "Reused, TLS HTTP/1.1 200 OK X-Node: node2" in out
    assert "alert certificate revoked" in out
    assert "lost: 0" in out
    assert "Done: every outcome was as it should be" in out
