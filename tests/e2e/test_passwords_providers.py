# SPDX-License-Identifier: Apache-2.0
"""ClientCertBasicAuth beside the providers of mod_auth_basic: htpasswd files, DBM files, both behind
mod_authn_socache, two in a row, an alias, and Digest, which is no Basic."""
import shutil
import subprocess

import pytest
from harness.logins import LOGIN_PAGES, WHO, Clients, Told, basic, password_file, told

PROVIDERS = {
    "file": "AuthBasicProvider file\nAuthUserFile ${root}/passwords",
    "dbm": "AuthBasicProvider dbm\nAuthDBMType SDBM\nAuthDBMUserFile ${root}/dbm",
    "socache": "AuthBasicProvider socache file\nAuthnCacheProvideFor file\nAuthUserFile ${root}/passwords",
    "socache-dbm": "AuthBasicProvider socache dbm\nAuthnCacheProvideFor dbm\nAuthDBMType SDBM\nAuthDBMUserFile ${root}/dbm",
    "two": "AuthBasicProvider file dbm\nAuthUserFile ${root}/others\nAuthDBMType SDBM\nAuthDBMUserFile ${root}/dbm",
    "alias": "AuthBasicProvider staff",
}
MODES = ["fallback", "both", "same-user"]
SITE = LOGIN_PAGES + """
AuthnCacheEnable
AuthnCacheSOCache shmcb
<AuthnProviderAlias file staff>
    AuthUserFile ${root}/passwords
</AuthnProviderAlias>
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    ClientCertUser subject:CN
    ErrorDocument 401 /why.shtml
    ErrorDocument 403 /why.shtml
    PLACES
</VirtualHost>
"""
ALICE, BOB, WRONG, CAROL = (basic(*pair) for pair in [("alice", "wonderland"), ("bob", "builder"), ("alice", "x"),
                                                      ("carol", "christmas")])


@pytest.fixture(scope="module", autouse=True)
def site(server):
    places = [f"<Location /{mode}/{name}>\nAuthType Basic\nAuthName here\n{text}\nClientCertBasicAuth {mode}\n"
              f"Require valid-user\n</Location>" for mode in MODES for name, text in PROVIDERS.items()]
    server.configure(SITE.replace("PLACES", "\n".join(places)), modules="""mime include auth_basic authn_file authn_dbm
        authn_socache authz_user""")
    password_file(server, alice="wonderland", bob="builder")
    password_file(server, "others", carol="christmas")
    dbm = server.root / "dbm"
    for number, (user, password) in enumerate([("alice", "wonderland"), ("bob", "builder")]):
        subprocess.run([shutil.which("htdbm"), "-b" + "c" * (number == 0) + "TSDBM", dbm, user, password], check=True,
                       capture_output=True)
    for made in server.root.glob("dbm.*"):
        made.chmod(0o644)
    for page in ("why", *(f"{mode}/{name}/who" for mode in MODES for name in PROVIDERS)):
        server.page(f"{page}.shtml", WHO)
    server.start()
    server.allow_log("AH01617|AH01618|CC0101", always=True)


@pytest.fixture(scope="module")
def clients(server, pki):
    with Clients(server, {"alice": pki.ca.client("/CN=alice"), "bob": pki.ca.client("/CN=bob"), "nobody": None}) as made:
        yield made


@pytest.fixture
def ask(clients):
    def run(mode, name, who, headers=()):
        response = clients.ask(who, f"/{mode}/{name}/who.shtml", headers)
        assert bool(response.header("WWW-Authenticate")) == (response.status == 401)
        return response.status, told(response)
    return run


providers = pytest.mark.parametrize("name", PROVIDERS)


@providers
def test_fallback(ask, name):
    for _ in range(2):  # the second time the cache has it
        assert ask("fallback", name, "alice", WRONG) == (200, Told("alice", "ClientCert", "alice", "cert", "none"))
        assert ask("fallback", name, "nobody", BOB) == (200, Told("bob", "Basic", "", "basic", "none"))
        assert ask("fallback", name, "nobody", WRONG)[0] == 401
        assert ask("fallback", name, "nobody")[0] == 401


@providers
def test_both(ask, name):
    for _ in range(2):
        assert ask("both", name, "alice", ALICE) == (200, Told("alice", "Basic", "alice", "cert+basic", "none"))
        assert ask("both", name, "alice", BOB) == (200, Told("bob", "Basic", "alice", "cert+basic", "none"))
        assert ask("both", name, "alice", WRONG)[0] == 401
        assert ask("both", name, "alice")[0] == 401
        assert ask("both", name, "nobody", ALICE) == (403, Told(reason="none"))


@providers
def test_same_user(ask, name):
    for _ in range(2):
        assert ask("same-user", name, "alice", ALICE) == (200, Told("alice", "Basic", "alice", "cert+basic", "none"))
        assert ask("same-user", name, "alice", BOB) == (403, Told(certificate="alice", reason="user-mismatch"))
        assert ask("same-user", name, "bob", ALICE) == (403, Told(certificate="bob", reason="user-mismatch"))
        assert ask("same-user", name, "alice", WRONG)[0] == 401
        assert ask("same-user", name, "nobody", ALICE)[0] == 403


def test_a_user_of_the_first_provider_of_two(ask):
    assert ask("both", "two", "alice", CAROL)[1].user == "carol"
    assert ask("same-user", "two", "alice", CAROL)[1].reason == "user-mismatch"


def test_names_differ_by_case(server, ask):
    """User names are compared octet by octet, as httpd compares them."""
    password_file(server, "others", Alice="wonderland", carol="christmas")
    assert ask("same-user", "two", "alice", basic("Alice", "wonderland"))[1].reason == "user-mismatch"
