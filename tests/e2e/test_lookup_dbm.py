# SPDX-License-Identifier: Apache-2.0
"""lookup=dbm: a file as httxt2dbm makes it; asked anew for each user."""
import shutil
import subprocess

import pytest
from harness import der, users

HTXT2DBM = shutil.which("httxt2dbm") or shutil.which("httxt2dbm", path="/usr/sbin:/usr/local/apache2/bin")
if not HTXT2DBM:
    pytest.skip("httxt2dbm is not installed", allow_module_level=True)

FIRST = "alice alice\nwide wi:de\n\u00fc umlaut\nbad b\x01d\n"


@pytest.fixture(scope="module")
def people(pki):
    return {name: pki.ca.client(der.name(("CN", name))) for name in
            ("alice", "wide", "\u00fc", "bad", "nobody", "Alice", "alice ", "alic", "alice\u0301")}


@pytest.fixture(scope="module")
def store(server):
    """Puts another database with this text into the place of the one that is there."""
    path = server.root / "users.dbm"

    def put(text):
        source, fresh = server.root / "users.txt", server.root / "fresh.dbm"
        source.write_text(text)
        fresh.unlink(missing_ok=True)
        subprocess.run([HTXT2DBM, "-f", "db", "-i", source, "-o", fresh], check=True, capture_output=True)
        fresh.chmod(0o644)
        fresh.rename(path)

    put.path = path
    put(FIRST)
    return put


@pytest.fixture(scope="module", autouse=True)
def site(server, store):
    server.configure(users.HEAD + """
        ClientCertMap people lookup=dbm:users.dbm key=subject:CN cache=0
        ClientCertMap people subject:CN "([a-z]*)" "rest-$1"
        ClientCertMap alone lookup=dbm:users.dbm key=subject:CN cache=0
        ClientCertMap kept lookup=dbm:users.dbm key=subject:CN cache=1s
        ClientCertMap any lookup=dbm:users.dbm key=subject:OU[any] cache=0
        ClientCertMap missing lookup=dbm:missing.dbm key=subject:CN cache=0
        ClientCertMap missing subject:CN ".*" "fallback"
    """ + "".join(users.location(name, f"ClientCertUseMap {name}") for name in ("people", "alone", "kept", "any", "missing"))
        + users.location("asks", "ClientCertUseMap missing", 'Header always set X-Own "expr=(%{CLIENTCERT_USER})"')
        + users.TLS, modules=users.MODULES)
    server.start()


@pytest.mark.parametrize("key, user", [
    ("alice", "alice"), ("\u00fc", "umlaut"), ("nobody", 403), ("Alice", 403), ("alice ", 403), ("alic", 403),
    ("alice\u0301", 403),
    # What is in it is checked as what stands in a certificate is.
    ("wide", 403), ("bad", 403),
])
def test_a_key_is_found_as_it_is_written(server, people, key, user):
    assert users.user(server, people[key], "alone") == user
    if user == 403:
        assert users.refusal(server).reason == "no-map-match"


def test_who_is_not_found_comes_to_the_next_rule(server, people):
    assert [users.user(server, people[key], "people") for key in ("nobody", "alice")] == ["rest-nobody", "alice"]


def test_any_of_several_keys(server, pki):
    assert users.user(server, pki.ca.client("/OU=nobody/OU=alice/CN=x"), "any") == "alice"


def test_another_file_counts_at_once(server, people, store):
    with server.tls(people["alice"]) as connection:
        assert users.told(connection.get("/alone")) == "alice"
        store("alice another\n")
        assert users.told(connection.get("/alone")) == "another"
        store("bob bob\n")
        assert users.told(connection.get("/alone")) == 403
        store(FIRST)
        assert users.told(connection.get("/alone")) == "alice"
    assert users.refusal(server).reason == "no-map-match"


def test_a_removed_user_passes_no_longer_than_the_cache(server, people, store):
    with server.tls(people["alice"]) as connection:
        assert users.told(connection.get("/kept")) == "alice"
        store("bob bob\n")
        users.ends(connection, "/kept", 1)
    store(FIRST)
    server.allow_log("CC0101")


@pytest.mark.parametrize("broken, what", [
    (None, "No such file or directory"), (b"", ""), (b"no database\n" * 1000, ""),
], ids=["missing", "empty", "none"])
def test_a_file_that_cannot_be_read_is_an_error_and_recovers(server, people, store, broken, what):
    """No user, and no rule that comes after."""
    server.allow_log("^BDB0")  # Berkeley DB talks to the standard error as well
    store.path.unlink()
    if broken is not None:
        store.path.write_bytes(broken)
    assert users.user(server, people["alice"], "people") == 500
    assert f'"{store.path}" cannot be opened: {what}' in server.expect_log("CC0302", times=1)[0]
    store(FIRST)
    assert users.user(server, people["alice"], "people") == "alice"


def test_one_request_asks_once_and_tells_once(server, people):
    """Whoever else wants to know the user."""
    response = server.curl("/asks", cert=people["nobody"])
    assert (response.status, response.header("X-Own")) == (500, "()")
    assert "missing.dbm" in server.expect_log("CC0302", times=1)[0]


def test_a_file_that_never_was_there(server, people):
    assert users.user(server, people["nobody"], "missing") == 500
    assert "missing.dbm" in server.expect_log("CC0302", times=1)[0]
