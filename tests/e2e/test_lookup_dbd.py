# SPDX-License-Identifier: Apache-2.0
"""lookup=dbd: a statement that DBDPrepareSQL has prepared, on SQLite and on PostgreSQL."""
import sqlite3

import pytest
from harness import users
from harness.postgresql import INSTALLED, PostgreSQL
from harness.waiting import wait_until

ROWS = [("alice@example.org", "alice"), ("twins", "one"), ("twins", "two"), ("same", "same"), ("same", "same"),
        ("o'hara", "ohara"), ("a:b", "colon"), ("wide", "wi:de"), ("empty", ""), ("\u00fc", "umlaut"), ("percent%s", "percent"),
        ("back\\slash", "back"), ('dou"ble', "double"), ("--", "dashes"), ("$1", "dollar"), ("star*", "star")]
INJECTIONS = ["' OR '1'='1", "' OR 1=1 --", "'; DROP TABLE people; --", "\\' OR 1=1 --", "x' UNION SELECT 'root' --",
              "alice@example.org' --", "alice@example.org;", "%", "_lice@example.org", "\u02bc OR 1=1 --", "\"; DROP TABLE people; --",
              "alice@example.org\\", "/* */", "NULL", "$1::text"]


LABELS = {
    "by_mail": "SELECT name FROM people WHERE mail = %s", "two_columns": "SELECT name, mail FROM people WHERE mail = %s",
    "other": "SELECT name FROM others WHERE mail = %s",
}
MAPS = ["by_mail", "two_columns", "other", "no_such_label"]
HOST = """
    <VirtualHost *:${{{driver}}}>
        Include ${{tls}}
        SSLCACertificateFile ${{ca}}
        SSLVerifyClient optional
        DBDriver {driver}
        DBDParams "{parameters}"
        DBDMin 0
        DBDKeep 1
        {labels}
    </VirtualHost>
"""


class Sqlite:
    """As harness.postgresql is used."""

    def __init__(self, path):
        self.parameters = str(path)
        self.execute("")

    def execute(self, statement):
        with sqlite3.connect(self.parameters) as connection:
            connection.executescript(statement)


def has_driver(server, name):
    server.configure("", modules="dbd")
    return server.check(f"DBDriver {name}").returncode == 0


def fill(database):
    rows = ", ".join("('{}', '{}')".format(*(text.replace("'", "''") for text in row)) for row in ROWS)
    database.execute("CREATE TABLE people (mail TEXT, name TEXT); CREATE TABLE others (mail TEXT, name TEXT);"
                     f"INSERT INTO people VALUES {rows}, ('null', NULL); INSERT INTO others VALUES ('alice@example.org', 'other');")


@pytest.fixture(scope="module")
def databases(server):
    """By name: those that are installed."""
    made = {"sqlite3": Sqlite(server.root / "people.sqlite")}
    if INSTALLED and has_driver(server, "pgsql"):
        made["pgsql"] = PostgreSQL()
    for database in made.values():
        fill(database)
    yield made
    if "pgsql" in made:
        made["pgsql"].close()


@pytest.fixture(scope="module", autouse=True)
def site(server, databases):
    labels = "\n".join(f'DBDPrepareSQL "{statement}" {label}' for label, statement in LABELS.items())
    rules = "".join(f"ClientCertMap {name} lookup=dbd:{name} key=subject:CN cache=0\n"
                    f'ClientCertMap {name} subject:CN "(?s).*" fallback\n' for name in MAPS)
    more = """
        ClientCertMap alone lookup=dbd:by_mail key=subject:CN cache=0
        ClientCertMap any lookup=dbd:by_mail key=subject:OU[any] cache=0
        ClientCertMap kept lookup=dbd:by_mail key=subject:CN cache=1s
    """
    sections = "".join(users.location(name, f"ClientCertUseMap {name}") for name in [*MAPS, "alone", "any", "kept"])
    hosts = "".join(HOST.format(driver=driver, parameters=made.parameters, labels=labels) for driver, made in databases.items())
    server.configure(users.HEAD + rules + more + sections + hosts, modules=f"{users.MODULES} dbd", ports=" ".join(databases))
    server.start()


@pytest.fixture(params=["sqlite3", "pgsql"])
def database(request, databases):
    if request.param not in databases:
        pytest.skip(f"{request.param} is not installed, or APR has no driver for it")
    databases[request.param].port = request.param
    return databases[request.param]


def user(server, database, cert, name):
    return users.user(server, cert, name, port=database.port)


@pytest.mark.parametrize("key, expected", [
    ("alice@example.org", "alice"), ("o'hara", "ohara"), ("a:b", "colon"), ("\u00fc", "umlaut"), ("percent%s", "percent"),
    ("back\\slash", "back"), ('dou"ble', "double"), ("--", "dashes"), ("$1", "dollar"), ("star*", "star"),
    ("nobody", 403), ("ALICE@EXAMPLE.ORG", 403), ("twins", 403), ("same", 403), ("wide", 403), ("empty", 403), ("null", 403),
    *[(text, 403) for text in INJECTIONS],
])
def test_a_key_is_found_by_no_other_name(server, database, person, key, expected):
    assert user(server, database, person(key), "alone") == expected
    if expected == 403:
        assert users.refusal(server).reason == "no-map-match"


def test_the_injections_did_nothing(server, database, person):
    database.execute("SELECT name FROM people")
    assert user(server, database, person("alice@example.org"), "alone") == "alice"


@pytest.mark.parametrize("key, expected", [("alice@example.org", "alice"), ("nobody", "fallback"), ("twins", "fallback")])
def test_who_is_not_found_comes_to_the_next_rule(server, database, person, key, expected):
    assert user(server, database, person(key), "by_mail") == expected


def test_any_of_several_keys(server, pki, database):
    assert user(server, database, pki.ca.client("/OU=nobody/OU=alice@example.org/CN=x"), "any") == "alice"


@pytest.mark.parametrize("name, words", [
    ("no_such_label", 'no DBDPrepareSQL has the label "no_such_label"'), ("two_columns", "one column"),
])
def test_a_statement_that_cannot_tell_is_an_error(server, database, person, name, words):
    assert user(server, database, person("alice@example.org"), name) == 500
    assert words in server.expect_log("CC0302", times=1)[0]


def test_an_error_of_the_database_is_one(server, database, person):
    """No user, and no rule that comes after; as soon as it is mended there is one."""
    alice = person("alice@example.org")
    assert user(server, database, alice, "other") == "other"
    database.execute("ALTER TABLE others RENAME TO gone")
    assert user(server, database, alice, "other") == 500
    assert "the database says" in server.expect_log("CC0302", times=1)[0]
    database.execute("ALTER TABLE gone RENAME TO others")
    server.allow_log("CC0302")
    wait_until(lambda: user(server, database, alice, "other") == "other", "it does not recover")


def test_a_database_that_was_down_while_nobody_asked_recovers(server, databases, person):
    """Its connections are gone, and the statements that were prepared on them."""
    if "pgsql" not in databases:
        pytest.skip("PostgreSQL is not installed")
    database, alice = databases["pgsql"], person("alice@example.org")
    database.port = "pgsql"
    assert {user(server, database, alice, "by_mail") for _ in range(8)} == {"alice"}
    database.stop()
    database.start()
    server.allow_log("dbd:error|CC0302")
    assert {user(server, database, alice, "by_mail") for _ in range(4)} <= {"alice", 500}
    wait_until(lambda: all(user(server, database, alice, "by_mail") == "alice" for _ in range(8)), "it does not recover")


def test_a_removed_user_passes_no_longer_than_the_cache(server, database, person):
    with server.tls(person("alice@example.org"), port=database.port) as connection:
        assert [users.told(connection.get(f"/{name}")) for name in ("kept", "alone")] == ["alice", "alice"]
        database.execute("UPDATE people SET name = 'bob' WHERE name = 'alice'")
        assert users.told(connection.get("/alone")) == "bob"
        database.execute("DELETE FROM people WHERE name = 'bob'")
        users.ends(connection, "/kept", 1)
        assert users.told(connection.get("/alone")) == 403
    database.execute("INSERT INTO people VALUES ('alice@example.org', 'alice')")
    server.allow_log("CC0101")


def test_a_database_that_is_down_is_an_error_and_recovers(server, databases, person):
    if "pgsql" not in databases:
        pytest.skip("PostgreSQL is not installed")
    database, alice = databases["pgsql"], person("alice@example.org")
    database.port = "pgsql"
    asked = [user(server, database, alice, "by_mail") for _ in range(8)]  # so that each process has a connection
    assert asked == ["alice"] * 8
    database.stop()
    server.allow_log("dbd:error")
    for _ in range(4):
        assert user(server, database, alice, "by_mail") == 500
        assert user(server, database, person("nobody"), "by_mail") == 500
    server.expect_log("CC0302", times=8)
    database.start()
    wait_until(lambda: all(user(server, database, alice, "by_mail") == "alice" for _ in range(8)), "it does not recover")
