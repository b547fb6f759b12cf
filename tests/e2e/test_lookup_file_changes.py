# SPDX-License-Identifier: Apache-2.0
"""lookup=file: what changes in the file counts within a second in every process, unless it is broken."""
import pytest
from harness import status, users
from harness.waiting import PATIENCE, wait_until

MPMS = ["event", "worker", "prefork"]
FIRST = "alice alice\nbob bob\n"
SOON = 2.5 * PATIENCE  # a second, and the time to ask often enough


@pytest.fixture(scope="module")
def file(server):
    path = server.root / "users.txt"
    path.write_text(FIRST)
    return path


@pytest.fixture(scope="module")
def alice(pki):
    return pki.ca.client("/CN=alice")


@pytest.fixture(scope="module", autouse=True)
def site(server, file):
    server.configure(users.HEAD + "ClientCertMap people lookup=file:users.txt key=subject:CN cache=0\n"
                     + users.location("people", "ClientCertUseMap people") + users.TLS + status.HANDLER,
                     modules=users.MODULES, ports="http https")
    server.start()


def test_a_change_counts_within_a_second(server, alice, file):
    file.write_text("alice written\nbob bob\n")
    assert users.becomes(server, alice, "people", "written") < SOON
    users.replace(file, FIRST)
    assert users.becomes(server, alice, "people", "alice") < SOON
    assert "2 keys" in server.log_lines("CC0305")[-1]


def problems(server):
    return {status.read(server)["lookups"][0]["problem"] for _ in range(6)}


def test_a_broken_file_leaves_the_last_good_one_in_force(server, alice, file):
    users.replace(file, "alice eve\nnew a b\n")
    line = server.expect_log("CC0304")
    assert f'"{file}", line 2: there is more than a key and a user: "b"' in line and line.endswith("stays in force")
    assert users.becomes(server, alice, "people", "alice") < SOON
    # Each child says so on the status page until it is mended, and what it was from then on.
    wait_until(lambda: None not in problems(server), "a child knows of no problem")
    lookup, = status.valid(status.read(server))["lookups"]
    assert lookup["problem"] == lookup["last_error"]["text"] and lookup["problem"] in line and lookup["errors"] == 0
    assert "Lookup</strong>: file:users.txt: " in status.get(server).text
    assert status.metrics(server)[1]["clientcert_lookup_problems"].samples[0].value == 1
    users.replace(file, "alice mended\n")
    assert users.becomes(server, alice, "people", "mended") < SOON
    wait_until(lambda: problems(server) == {None}, "a child has a problem")
    assert status.read(server)["lookups"][0]["last_error"]["text"] in line
    assert status.metrics(server)[1]["clientcert_lookup_problems"].samples[0].value == 0
