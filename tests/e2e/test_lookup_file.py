# SPDX-License-Identifier: Apache-2.0
"""lookup=file: a key and a user a line, and how long an answer stands."""
import hashlib
import os
import re
from collections import Counter

import pytest
from harness import der, users

FIRST = """\
# whose mail it is
alice@example.org   alice
'two words' "two.words"   # a key with blanks
"a:b"  colon
\u00fcml\u00e4ut umlaut

=,+"<>;\\\\  specials
"""
AT_ONCE, SOON = "cache=0", "cache=1s"


@pytest.fixture(scope="module")
def file(server):
    path = server.root / "users.txt"
    path.write_text(FIRST)
    return path


@pytest.fixture(scope="module")
def people(pki):
    names = ["alice@example.org", "two words", "a:b", "\u00fcml\u00e4ut", '=,+"<>;\\', "nobody", "#", "alice", "Alice@example.org",
             "alice@example.org "]
    return {name: pki.ca.client(der.name(("CN", name))) for name in names}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, file):
    (server.root / "prints.txt").write_text(hashlib.sha256(pki.alice.der).hexdigest() + " alice\n")
    server.configure(users.HEAD + f"""
        ClientCertMap people lookup=file:users.txt key=subject:CN {AT_ONCE}
        ClientCertMap cached lookup="file:{file}" key=subject:CN {SOON}
        ClientCertMap usual key=subject:CN lookup=file:users.txt
        ClientCertMap then lookup=file:users.txt key=subject:CN {AT_ONCE}
        ClientCertMap then subject:CN "([a-z]+)" "rest-$1"
        ClientCertMap prints lookup=file:prints.txt key=fingerprint-sha256 {AT_ONCE}
        ClientCertMap any lookup=file:users.txt key=subject:OU[any] {AT_ONCE}
    """ + "".join(users.location(name, f"ClientCertUseMap {name}") for name in
                  ("people", "cached", "usual", "then", "prints", "any")) + users.TLS, modules=users.MODULES)
    server.start()


@pytest.mark.parametrize("key, user", [
    ("alice@example.org", "alice"), ("two words", "two.words"), ("a:b", "colon"), ("\u00fcml\u00e4ut", "umlaut"),
    ('=,+"<>;\\', "specials"), ("nobody", 403), ("#", 403), ("alice", 403), ("Alice@example.org", 403),
    ("alice@example.org ", 403),
])
def test_a_key_is_found_as_it_is_written(server, people, key, user):
    assert users.user(server, people[key], "people") == user
    if user == 403:
        assert users.refusal(server).reason == "no-map-match"


def test_who_is_not_found_comes_to_the_next_rule(server, people):
    assert users.user(server, people["nobody"], "then") == "rest-nobody"
    assert users.user(server, people["alice@example.org"], "then") == "alice"


def test_any_other_selector_can_be_the_key(server, pki):
    assert users.user(server, pki.alice, "prints") == "alice"
    assert users.user(server, pki.mallory, "prints") == 403
    both = pki.ca.client("/OU=nobody/OU=two words/CN=x")
    assert users.user(server, both, "any") == "two.words"
    server.allow_log("CC0101")


def test_a_change_of_the_same_size_at_the_same_time_counts(server, people, file):
    alice, times = people["alice@example.org"], (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    file.write_text(FIRST.replace("   alice\n", "   malis\n"))
    os.utime(file, ns=times)
    users.becomes(server, alice, "people", "malis")
    users.replace(file, FIRST)
    users.becomes(server, alice, "people", "alice")


@pytest.mark.parametrize("text, fault", [
    ("bob eve\nalice@example.org eve\nbob eve\n", 'line 3: the key "bob" stands in line 1 as well'),
    (None, "cannot be read: No such file or directory"),
])
def test_each_process_tells_once_of_a_broken_file(server, pki, people, file, text, fault):
    """The other file is looked at after this one: when its change counts, this has been looked at again."""
    users.replace(file, text) if text else file.unlink()
    assert fault in server.expect_log("CC0304")
    prints, other = server.root / "prints.txt", hashlib.sha256(pki.mallory.der).hexdigest()
    for user in ("one", "two"):
        users.replace(prints, f"{other} {user}\n")
        users.becomes(server, pki.mallory, "prints", user)
    told = Counter(re.search(r"\[pid (\d+)", line)[1] for line in server.log_lines("CC0304"))
    assert set(told.values()) == {1}
    assert users.user(server, people["alice@example.org"], "people") == "alice"
    users.replace(file, FIRST)


def test_a_removed_user_passes_no_longer_than_the_cache_on_a_kept_connection(server, people, file):
    with server.tls(people["alice@example.org"]) as connection:
        assert users.told(connection.get("/cached")) == "alice"
        users.replace(file, "# nobody\n")
        users.becomes(server, people["alice@example.org"], "people", 403)
        server.allow_log("CC0101")
        users.ends(connection, "/cached", 1)
        assert users.told(connection.get("/people")) == 403
    users.replace(file, FIRST)
    users.becomes(server, people["alice@example.org"], "people", "alice")


def test_what_is_cached_stands_on_a_kept_connection(server, people, file):
    """A minute, unless another time is given."""
    with server.tls(people["alice@example.org"]) as connection:
        assert [users.told(connection.get(f"/{name}")) for name in ("usual", "people")] == ["alice", "alice"]
        users.replace(file, "alice@example.org another\n")
        users.becomes(server, people["alice@example.org"], "people", "another")
        assert [users.told(connection.get(f"/{name}")) for name in ("usual", "people")] == ["alice", "another"]
    users.replace(file, FIRST)
    users.becomes(server, people["alice@example.org"], "people", "alice")


def test_a_file_that_is_broken_at_the_start_is_an_error(server, file):
    users.replace(file, "broken\n")
    checked = server.check(server.site.read_text())
    users.replace(file, FIRST)
    server.allow_log("CC0304")  # the running server may have seen it, too
    assert checked.returncode != 0 and "users.txt" in checked.stderr and "line 1" in checked.stderr
