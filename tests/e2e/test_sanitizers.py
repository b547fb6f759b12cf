# SPDX-License-Identifier: Apache-2.0
"""The sanitizer build finds faults in a module, whatever the server around it does. (This file is a
test of sanitizer builds alone.)"""
import os
from pathlib import Path

import pytest
from harness.curl import CurlError
from harness.waiting import wait_until


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("""
        LoadModule faulty_module ${faulty}
        SetHandler faulty
    """, ports="http", faulty=Path(os.environ["MODULE"]).with_name("mod_faulty.so"))
    server.start()


def told(server, *parts):
    """Waits until what the server has not been expected to say has all these parts."""
    lines = []

    def complete():
        lines.extend(server.unexpected())
        return all(any(part in line for line in lines) for part in parts)
    wait_until(complete, lambda: f"{parts} are not in:\n" + "\n".join(lines))


@pytest.mark.parametrize("fault, finding", [("after-pool", "heap-use-after-free"),
                                            ("beyond", "heap-buffer-overflow"),
                                            ("shift", "shift exponent")])
def test_a_fault_ends_the_process_and_is_told(server, fault, finding):
    with pytest.raises(CurlError):
        server.curl(f"/?{fault}", port="http")
    told(server, finding, "mod_faulty.cc")
    server.errors.next_test()


def test_a_leak_is_told_when_the_process_ends(server):
    for _ in range(20):  # a stale pointer on some stack may hide one or two
        assert server.status("/?leak", port="http") == 200
    server.stop()
    told(server, "Direct leak of", "mod_faulty.cc")
    server.start()


def test_no_fault_is_told_where_there_is_none(server):
    assert server.status("/", port="http") == 200
    server.stop()
    assert server.unexpected() == []
