# SPDX-License-Identifier: Apache-2.0
"""lookup=ldap: the user is an attribute of the one entry that a filter with the key finds."""
import pytest
from harness import der, users
from harness.ldap import INSTALLED, SUFFIX, Directory
from harness.waiting import wait_until

if not INSTALLED:
    pytest.skip("slapd or ldapmodify is not installed", allow_module_level=True)

PEOPLE = {
    "alice": {"uid": "alice", "mail": "alice@example.org"}, "bob": {"uid": "bob", "mail": ["bob@example.org", "b@example.org"]},
    "twin one": {"uid": "one", "mail": "twin@example.org"}, "twin two": {"uid": "two", "mail": "twin@example.org"},
    "many": {"uid": ["many", "more"], "mail": "many@example.org"}, "no uid": {"mail": "none@example.org"},
    "odd": {"uid": "odd", "description": "a*(b)\\c"}, "umlaut": {"uid": "umlaut", "description": "\u00fc"},
    "colon": {"uid": "co:lon", "description": "colon"}, "star": {"uid": "star", "description": "*"},
    "percent": {"uid": "percent", "description": "%s"}, "hidden": {"uid": "hidden", "description": "hidden"},
}
# What a filter would take for something else, did nobody escape it.
HOSTILE = ["*", "a*", "*)(uid=*", "alice)(|(uid=*", "x)(objectClass=*", "*)(uid=*))(|(uid=*", "\\2a", "\\00", "alice\\", "(", ")", "()",
           "a*(b)", "a*(b)\\5cc", "&", "|", "!", "=", "~=", ":=", ":dn:=alice", "alice,o=Test",
           "#2a", "%2a", "%s)(uid=*", "\u2217", "*(uid=alice)"]


@pytest.fixture(scope="module")
def directory(pki):
    made = Directory(pki.ca.server("localhost"))
    for name, attributes in PEOPLE.items():
        made.add(name, **attributes)
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, directory):
    def lookup(name, attribute, base=SUFFIX, more="cache=0", uid="uid"):
        url = f"ldap://127.0.0.1:{directory.port}/{base}?{uid}?sub?{attribute}"
        return f'ClientCertMap {name} lookup="ldap:{url}" key=subject:CN {more}\n'

    rest = 'ClientCertMap {} subject:CN "(?s).*" fallback\n'
    rules = lookup("mail", "(mail=%s)") + rest.format("mail") + lookup("alone", "(mail=%s)") + lookup("bare", "mail=%s") \
        + lookup("description", "(description=%s)") + lookup("twice", "(|(mail=%s)(uid=%s))") \
        + lookup("both", "(&(objectClass=person)(!(uid=hidden))(|(mail=%s)(description=%s)))") \
        + lookup("kept", "(mail=%s)", more="cache=1s") + lookup("minute", "(mail=%s)", more="") \
        + lookup("base", "(mail=%s)", "ou=nowhere,o=Test") + rest.format("base") + lookup("upper", "(mail=%s)", uid="UID") \
        + lookup("presence", "(description=*%s*)")
    names = ["mail", "alone", "bare", "description", "twice", "both", "kept", "minute", "base", "upper", "presence"]
    sections = "".join(users.location(name, f"ClientCertUseMap {name}", 'ClientCertUserPattern ".*"') for name in names)
    server.configure(users.HEAD + rules + sections + users.TLS, modules=f"{users.MODULES} ldap")
    server.start()


@pytest.mark.parametrize("name, key, user", [
    ("mail", "alice@example.org", "alice"), ("bare", "alice@example.org", "alice"), ("upper", "alice@example.org", "alice"),
    ("mail", "b@example.org", "bob"), ("mail", "bob@example.org", "bob"), ("mail", "nobody@example.org", "fallback"),
    ("mail", "twin@example.org", "fallback"), ("alone", "twin@example.org", 403), ("alone", "nobody@example.org", 403),
    ("alone", "none@example.org", 403), ("alone", "many@example.org", 403),
    ("twice", "alice", "alice"), ("twice", "alice@example.org", "alice"), ("twice", "nobody", 403),
    ("description", "a*(b)\\c", "odd"), ("description", "\u00fc", "umlaut"), ("description", "*", "star"),
    ("description", "%s", "percent"), ("description", "colon", 403), ("both", "hidden", 403), ("both", "*", "star"),
    ("presence", "a*(b", "odd"),
])
def test_a_key_is_found_by_its_value_alone(server, person, name, key, user):
    assert users.user(server, person(key), name) == user
    if user == 403:
        assert users.refusal(server).reason == "no-map-match"


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_stays_a_value_of_the_filter(server, person, key):
    """An unescaped one would find everybody, or be an error of the filter."""
    with server.tls(person(key)) as connection:
        assert [users.told(connection.get(f"/{name}")) for name in ("alone", "twice", "mail")] == [403, 403, "fallback"]
    server.expect_log("CC0101", times=2)


@pytest.mark.parametrize("name", [b"alice@example.org\0", b"*\0", b"\0"])
def test_a_key_with_a_nul_is_no_key(server, pki, name):
    with server.tls(pki.ca.client(der.name(("CN", name)))) as connection:
        assert users.told(connection.get("/alone")) == 403
    server.expect_log("CC0101", times=1)


def test_a_base_that_is_not_there_is_an_error(server, person):
    """No user, and no rule that comes after."""
    assert users.user(server, person("alice@example.org"), "base") == 500
    assert "the directory cannot be asked" in server.expect_log("CC0302", times=1)[0]


def test_a_removed_user_passes_no_longer_than_the_cache(server, directory, person):
    """mod_ldap itself keeps what it has found for ten minutes."""
    carol = person("carol@example.org")
    directory.add("carol", uid="carol", mail="carol@example.org")
    with server.tls(carol) as connection:
        assert [users.told(connection.get(f"/{name}")) for name in ("kept", "minute", "alone")] == ["carol"] * 3
        directory.remove("carol")
        users.ends(connection, "/kept", 1)
        assert users.told(connection.get("/alone")) == 403
        assert users.told(connection.get("/minute")) == "carol"
    assert users.becomes(server, carol, "minute", 403) < 1
    server.allow_log("CC0101")


def test_another_user_counts_as_soon_as_the_cache_has_ended(server, directory, person):
    directory.add("dan", uid="dan", mail="dan@example.org")
    assert users.becomes(server, person("dan@example.org"), "alone", "dan") < 2
    directory.remove("dan")
    directory.add("dan", uid="daniel", mail="dan@example.org")
    users.becomes(server, person("dan@example.org"), "alone", "daniel")
    directory.remove("dan")


def test_a_directory_that_is_down_is_an_error_and_recovers(server, directory, person):
    alice, nobody = person("alice@example.org"), person("nobody@example.org")
    assert {users.user(server, alice, "mail") for _ in range(8)} == {"alice"}
    directory.stop()
    # What was found this second may still be known.
    wait_until(lambda: users.user(server, alice, "mail") == 500, "the directory is still there")
    server.allow_log("CC0302|ldap:")
    assert {users.user(server, cert, "mail") for cert in (alice, nobody) * 3} == {500}
    assert "the directory cannot be asked" in server.log_lines("CC0302")[-1]
    directory.start()
    assert {users.user(server, alice, "mail") for _ in range(8)} == {"alice"}
    assert users.user(server, nobody, "mail") == "fallback"


def test_a_directory_that_was_down_while_nobody_asked_recovers(server, directory, person):
    alice = person("alice@example.org")
    assert {users.user(server, alice, "mail") for _ in range(8)} == {"alice"}
    directory.stop()
    directory.start()
    assert {users.user(server, alice, "mail") for _ in range(8)} == {"alice"}
