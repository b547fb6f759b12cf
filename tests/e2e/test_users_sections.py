# SPDX-License-Identifier: Apache-2.0
"""Where ClientCertUser, ClientCertMap and ClientCertUseMap stand: inner sections, and virtual hosts."""
import pytest
from harness import users

HOST = """
    <VirtualHost *:${{https}}>
        ServerName {name}.example.org
        Include ${{tls}}
        SSLCACertificateFile ${{ca}}
        SSLVerifyClient optional
        {lines}
    </VirtualHost>
"""
RULES = """
    SSLVHostSNIPolicy insecure
    ClientCertMap common subject:UID "(.*)" "common-$1"
    ClientCertMap unused subject:UID "(.*)" "unused-$1"
    ClientCertUseMap common
"""
HOSTS = {
    "main": "",
    "a": 'ClientCertMap team subject:CN "(.*)" "a-$1"\nClientCertMap common subject:CN "(.*)" "added-$1"',
    "b": 'ClientCertMap team subject:CN "(.*)" "b-$1"\nClientCertMap common subject:UID ".*" "too-late"\n'
         "<Location /own>\nClientCertUseMap team\n</Location>",
}
SECTIONS = (
    users.location("team", "ClientCertUseMap team") + users.location("outside")
    + users.location("map", "ClientCertUseMap common") + users.location("map/user", "ClientCertUser subject:CN")
    + users.location("map/user/plain") + users.location("map/user/map", "ClientCertUseMap unused")
    + users.location("user", "ClientCertUser subject:CN") + users.location("user/map", "ClientCertUseMap common")
    + users.location("user/other", "ClientCertUser subject:UID") + users.location("own")
    + users.location("pattern", 'ClientCertUserPattern "common-a.*"')
    + users.location("pattern/inner", 'ClientCertUserPattern "common-b.*"')
    + users.location("pattern/same")
    + '<Location /twice>\nClientCertUser subject:CN\nClientCertUseMap common\n</Location>' + users.location("twice")
    + '<Location /again>\nClientCertUseMap common\nClientCertUser subject:CN\n</Location>' + users.location("again")
)


@pytest.fixture(scope="module")
def alice(pki):
    return pki.ca.client("/CN=alice/UID=a1")


@pytest.fixture(scope="module")
def bob(pki):
    return pki.ca.client("/CN=bob/UID=b2")


@pytest.fixture(scope="module")
def carol(pki):
    """She has no UID."""
    return pki.ca.client("/CN=carol")


@pytest.fixture(scope="module", autouse=True)
def site(server):
    hosts = "".join(HOST.format(name=name, lines=lines) for name, lines in HOSTS.items())
    server.configure(users.HEAD + RULES + SECTIONS + hosts, modules=users.MODULES)
    server.start()


@pytest.mark.parametrize("name, user", [
    ("outside", "common-a1"), ("map", "common-a1"), ("map/user", "alice"), ("map/user/plain", "alice"),
    ("map/user/map", "unused-a1"), ("user", "alice"), ("user/map", "common-a1"), ("user/other", "a1"),
    ("twice", "common-a1"), ("again", "alice"),
])
def test_the_innermost_section_says_who_the_user_is(server, alice, name, user):
    assert users.user(server, alice, name, host="main.example.org") == user


def test_sections_do_not_take_what_others_have_found_on_their_connection(server, alice):
    with server.tls(alice, host="main.example.org") as connection:
        for _ in range(2):
            found = [users.told(connection.get(f"/{name}")) for name in ("map", "map/user", "user", "user/other", "outside")]
            assert found == ["common-a1", "alice", "alice", "a1", "common-a1"]


def test_the_innermost_pattern_holds(server, alice, bob):
    def found(cert):
        with server.tls(cert, host="main.example.org") as connection:
            return [users.told(connection.get(f"/{name}")) for name in ("pattern", "pattern/same", "pattern/inner", "pattern")]
    server.allow_log("CC0101")
    assert found(alice) == ["common-a1", "common-a1", 403, "common-a1"]
    assert found(bob) == [403, 403, "common-b2", 403]


def test_maps_of_the_same_name_are_those_of_each_virtual_host(server, alice):
    assert users.user(server, alice, "team", host="a.example.org") == "a-alice"
    assert users.user(server, alice, "team", host="b.example.org") == "b-alice"


def test_a_section_of_one_virtual_host_is_of_no_other(server, alice):
    assert users.user(server, alice, "own", host="b.example.org") == "b-alice"
    assert users.user(server, alice, "own", host="a.example.org") == "common-a1"


def test_one_connection_to_two_virtual_hosts_has_the_maps_of_each(server, alice):
    with server.tls(alice, host="a.example.org") as connection:
        for _ in range(2):
            for name in ("a", "b"):
                response = connection.get("/team", [("Host", f"{name}.example.org")])
                assert users.told(response) == f"{name}-alice"


def test_a_virtual_host_without_the_map_lets_nobody_in(server, alice):
    """The section stands outside of all virtual hosts, some of which have the map."""
    assert users.user(server, alice, "team", host="main.example.org") == 500
    assert 'no map of the name "team"' in server.expect_log("CC0302", times=1)[0]


def test_rules_of_a_virtual_host_come_after_those_of_the_main_server(server, alice, carol):
    for host, name in (("main", 403), ("a", "added-carol"), ("b", 403)):
        assert users.user(server, alice, "map", host=f"{host}.example.org") == "common-a1"
        assert users.user(server, carol, "map", host=f"{host}.example.org") == name
    server.allow_log("CC0101")
