# SPDX-License-Identifier: Apache-2.0
"""Require clientcert, clientcert-expr, clientcert-dn, ...: how they go together with one another and with the
providers of httpd. (What names match is in test_require_names.py.)"""
import base64

import pytest
from harness.denial import denial, denials

ALICE_DN = 'clientcert-dn "CN=Alice,OU=Fun dept.,O=garex AG"'
FUN = 'clientcert-expr %{SSL_CLIENT_S_DN_OU} in {"Fun dept."}'
# An expression that cannot be evaluated: file() of a file that is not there is an error.
ERROR = "clientcert-expr file('/nonexistent/file') eq ''"
BASIC = """
    AuthType Basic
    AuthName tests
    AuthBasicProvider file
    AuthUserFile ${root}/users
"""
SECTIONS = {
    "any": "Require clientcert",
    "expr": f"Require {FUN}",
    "quoted-expr": "Require clientcert-expr \"%{SSL_CLIENT_S_DN_O} == 'garex AG' && %{CLIENTCERT_VERIFY} == 'SUCCESS'\"",
    "ssl-expr": 'Require clientcert-expr %{SSL_CLIENT_S_DN_O} eq "garex AG" and not %{SSL_CLIENT_S_DN_CN} eq "Carol"',
    "dn": f"Require {ALICE_DN}",
    "issuer": 'Require clientcert-issuer "CN=Test CA,O=Test"',
    "san": "Require clientcert-san email:nobody@example.org email:alice@example.org",
    "fingerprint": "Require clientcert-fingerprint sha256:${alice_sha256}",
    "upper-fingerprint": "Require clientcert-fingerprint sha256:${other_sha256} sha256:${alice_sha256_upper}",
    "all": f"<RequireAll>\nRequire clientcert\nRequire {FUN}\nRequire {ALICE_DN}\n</RequireAll>",
    "any-of": f"<RequireAny>\nRequire {ALICE_DN}\nRequire clientcert-san email:bob@example.org\n</RequireAny>",
    "none": f"<RequireAll>\nRequire clientcert\n<RequireNone>\nRequire {ALICE_DN}\n</RequireNone>\n</RequireAll>",
    "not": f"<RequireAll>\nRequire clientcert\nRequire not {ALICE_DN}\n</RequireAll>",
    "not-any": "<RequireAll>\nRequire all granted\nRequire not clientcert\n</RequireAll>",
    "nested": f"<RequireAll>\nRequire clientcert\n<RequireAny>\nRequire {ALICE_DN}\n<RequireAll>\n"
              "Require clientcert-san email:bob@example.org\nRequire not clientcert-issuer \"CN=Nobody\"\n"
              "</RequireAll>\n</RequireAny>\n</RequireAll>",
    "implicit-any": f"Require {ALICE_DN}\nRequire clientcert-san email:bob@example.org",
    "here": "<RequireAll>\nRequire ip 127.0.0.1\nRequire clientcert\n</RequireAll>",
    "elsewhere": "<RequireAll>\nRequire ip 192.0.2.1\nRequire clientcert\n</RequireAll>",
    "here-or": "<RequireAny>\nRequire ip 192.0.2.1\nRequire clientcert\n</RequireAny>",
    "error": f"Require {ERROR}",
    "not-error": f"<RequireAll>\nRequire all granted\nRequire not {ERROR}\n</RequireAll>",
    "none-error": f"<RequireAll>\nRequire all granted\n<RequireNone>\nRequire {ERROR}\n</RequireNone>\n</RequireAll>",
    "none-error-first": f"<RequireAll>\n<RequireNone>\nRequire {ERROR}\nRequire {ALICE_DN}\n</RequireNone>\n"
                        "Require clientcert\n</RequireAll>",
    "user-and": BASIC + "<RequireAll>\nRequire valid-user\nRequire clientcert\n</RequireAll>",
    "cert-and": BASIC + "<RequireAll>\nRequire clientcert\nRequire user bob\n</RequireAll>",
    "user-or": BASIC + f"<RequireAny>\nRequire {ALICE_DN}\nRequire valid-user\n</RequireAny>",
    "user-not": BASIC + f"<RequireAll>\nRequire valid-user\nRequire not {ALICE_DN}\n</RequireAll>",
}


@pytest.fixture(scope="module")
def bob(pki):
    return pki.ca.client("/O=garex AG/OU=Accounts/CN=Bob", san=["email:bob@example.org"])


def sha256(credential):
    return credential.show("-fingerprint", "-sha256").partition("=")[2].replace(":", "").lower()


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, bob):
    locations = "\n".join(f"<Location /{name}.html>\n{text}\n</Location>" for name, text in SECTIONS.items())
    server.configure(f"""
        Protocols h2 http/1.1
        <VirtualHost *:${{http}}>
            <Location /plain/any>
                Require clientcert
            </Location>
            <Location /plain/not-any>
                {SECTIONS["not-any"]}
            </Location>
        </VirtualHost>
        <VirtualHost *:${{https}}>
            Include ${{tls}}
            SSLCACertificateFile ${{ca}}
            SSLVerifyClient optional
            <Directory ${{htdocs}}>
                AllowOverride AuthConfig
            </Directory>
            {locations}
        </VirtualHost>
        <VirtualHost *:${{unverified}}>
            Include ${{tls}}
            SSLCACertificateFile ${{ca}}
            SSLVerifyClient optional_no_ca
            {locations}
        </VirtualHost>
    """, modules="http2 authz_host authz_user authn_file auth_basic", ports="http https unverified",
        alice_sha256=sha256(pki.alice), alice_sha256_upper=sha256(pki.alice).upper(), other_sha256=sha256(pki.mallory))
    (server.root / "users").write_text("bob:$apr1$01234567$B0k6LRYu.IBCG9fHjGJWT/\n")
    for name in ("plain/any", "plain/not-any", *(f"{name}.html" for name in SECTIONS)):
        server.page(name)
    server.start()


WHO = ("alice", "bob", "mallory", "nobody")
ONLY_ALICE, ALICE_AND_BOB, ALL, NONE = (200, 403, 403, 403), (200, 200, 403, 403), (200, 200, 200, 403), (403,) * 4
EXPECTED = {
    "any": ALL, "expr": ONLY_ALICE, "quoted-expr": ALICE_AND_BOB, "ssl-expr": ALICE_AND_BOB, "dn": ONLY_ALICE, "issuer": ALL, "san": ONLY_ALICE,
    "fingerprint": ONLY_ALICE, "upper-fingerprint": (200, 403, 200, 403), "all": ONLY_ALICE,
    "any-of": ALICE_AND_BOB, "none": (403, 200, 200, 403), "not": (403, 200, 200, 403),
    "not-any": (403, 403, 403, 200), "nested": ALICE_AND_BOB, "implicit-any": ALICE_AND_BOB, "here": ALL,
    "elsewhere": NONE, "here-or": ALL,
}
PASSWORD = {"Authorization": "Basic " + base64.b64encode(b"bob:secret").decode()}
WRONG = {"Authorization": "Basic " + base64.b64encode(b"bob:wrong").decode()}


@pytest.fixture(scope="module")
def people(pki, bob):
    return dict(zip(WHO, (pki.alice, bob, pki.mallory, None)))


@pytest.fixture(autouse=True)
def denied_by_mod_authz_core(server):
    """It says so whenever it denies: client denied by server configuration, user ...: authorization failure."""
    server.allow_log("AH01630|AH01631")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_section_lets_in_whom_it_says(server, people, name):
    for credential, status in zip(people.values(), EXPECTED[name]):
        with server.tls(credential) as connection:
            assert [connection.get(f"/{name}.html").status for _ in range(3)] == [status] * 3
    server.allow_log("CC0101")


@pytest.mark.parametrize("who", WHO)
def test_streams_of_http_2_are_let_in_as_requests_of_http_1_1_are(server, people, who):
    with server.h2(people[who]) as connection:
        found = [response.status for response in connection.gather([f"/{name}.html" for name in EXPECTED] * 3)]
    assert found == [statuses[WHO.index(who)] for statuses in EXPECTED.values()] * 3
    server.allow_log("CC0101")


@pytest.mark.parametrize("who", WHO)
def test_a_line_in_htaccess_counts_as_one_in_the_configuration(server, people, who):
    for name in ("any", "expr", "dn", "issuer", "san", "all", "none", "not", "nested"):
        server.htaccess(f"access/{name}", SECTIONS[name])
    with server.tls(people[who]) as connection:
        found = {name: connection.get(f"/access/{name}/index.html").status
                 for name in ("any", "expr", "dn", "issuer", "san", "all", "none", "not", "nested")}
    assert found == {name: EXPECTED[name][WHO.index(who)] for name in found}
    server.allow_log("CC0101")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_certificate_that_is_not_verified_is_as_none(server, pki, name):
    fake = pki.authority("/O=Test/CN=Test CA").client("/O=garex AG/OU=Fun dept./CN=Alice",
                                                      san=["email:alice@example.org"])
    with server.tls(fake, port="unverified") as connection:
        status = connection.get(f"/{name}.html").status
    assert status == EXPECTED[name][WHO.index("nobody")]
    # Of Require lines it is written when the request is logged, after the answer.
    if status == 403 and name != "elsewhere":  # by `Require ip`
        server.expect_log(f'CC0101.*"/{name}.html"')


def test_without_tls_there_is_no_certificate(server):
    assert server.status("/plain/any", port="http") == 403
    assert server.status("/plain/not-any", port="http") == 200
    found = denial(server)
    assert (found.reason, found.verify, found.serial) == ("rule", "NONE", None)


# -- what the log says -------------------------------------------------------------------------------

def test_a_denial_tells_each_line_that_was_not_fulfilled(server, people):
    assert server.status("/any-of.html", cert=people["mallory"]) == 403
    found = denial(server)
    assert (found.reason, found.verify, found.issuer) == ("rule", "SUCCESS", "CN=Test CA,O=Test")
    assert [rule.text for rule in found.rules] == [f"Require {ALICE_DN}", "Require clientcert-san email:bob@example.org"]
    assert [rule.values for rule in found.rules] == [{"CLIENTCERT_SUBJECT": "CN=Mallory,O=Evil"}, {}]
    assert server.line_of("<Location /any-of.html>").rpartition(":")[0] == found.rules[0].at.rpartition(":")[0]


@pytest.mark.parametrize("name, values", [
    ("any", {"CLIENTCERT_VERIFY": "NONE"}), ("dn", {"CLIENTCERT_SUBJECT": ""}), ("issuer", {"CLIENTCERT_ISSUER": ""}),
    ("expr", {"SSL_CLIENT_S_DN_OU": ""})])
def test_a_denial_tells_what_was_looked_at(server, name, values):
    assert server.status(f"/{name}.html") == 403
    found = denial(server)
    assert (found.reason, found.verify, found.rule.values) == ("rule", "NONE", values)
    where, line = server.line_of(f"<Location /{name}.html>").rsplit(":", 1)
    assert found.rule.at == f"{where}:{int(line) + 1}"


def test_a_denial_tells_the_names_that_did_not_match(server, people):
    assert server.status("/san.html", cert=people["bob"]) == 403
    assert "bob@example.org" in denial(server).rule.values.values()
    assert server.status("/fingerprint.html", cert=people["bob"]) == 403
    assert denials(server, 2)[1].rule.values == {"CLIENTCERT_SHA256": sha256(people["bob"])}


@pytest.mark.parametrize("name", ["none", "not"])
def test_a_denial_by_a_negated_line_is_told_as_well(server, people, name):
    assert server.status(f"/{name}.html", cert=people["alice"]) == 403
    found = denial(server)
    assert (found.reason, found.rule.text) == ("rule", f"Require {'not ' if name == 'not' else ''}{ALICE_DN}")
    assert found.rule.values == {"CLIENTCERT_SUBJECT": "CN=Alice,OU=Fun dept.,O=garex AG"}


def test_who_is_let_in_by_another_line_is_not_told_of(server, people):
    assert server.status("/any-of.html", cert=people["bob"]) == 200
    denials(server, 0)


# -- an expression that cannot be evaluated ------------------------------------------------------------

@pytest.mark.parametrize("name", ["error", "not-error", "none-error", "none-error-first"])
@pytest.mark.parametrize("who", WHO)
def test_an_error_lets_nobody_in(server, people, name, who):
    found = [server.status(f"/{name}.html", cert=people[who]) for _ in range(2)]
    with server.h2(people[who]) as connection:
        found += [response.status for response in connection.gather([f"/{name}.html"] * 2)]
    assert set(found) <= {403, 500}
    # The log names what could not be evaluated, or nobody would find it.
    assert all("file" in line for line in server.expect_log(r"\[clientcert:error\].*/nonexistent/file", times=4))


# -- beside passwords ----------------------------------------------------------------------------------

@pytest.mark.parametrize("name, who, headers, status", [
    ("user-and", "alice", PASSWORD, 200), ("user-and", "alice", {}, 401), ("user-and", "nobody", PASSWORD, 403),
    ("user-and", "nobody", {}, 403), ("cert-and", "alice", PASSWORD, 200), ("cert-and", "alice", {}, 401),
    ("cert-and", "nobody", PASSWORD, 403), ("user-or", "alice", {}, 200), ("user-or", "bob", {}, 401),
    ("user-or", "bob", PASSWORD, 200), ("user-or", "nobody", PASSWORD, 200), ("user-or", "nobody", {}, 401),
    ("user-not", "alice", PASSWORD, 403), ("user-not", "bob", PASSWORD, 200), ("user-not", "bob", {}, 401)])
def test_passwords_and_certificates_go_together(server, people, name, who, headers, status):
    assert server.status(f"/{name}.html", cert=people[who], headers=headers) == status
    with server.h2(people[who]) as connection:
        assert connection.get(f"/{name}.html", headers).status == status
    server.allow_log("CC0101")


@pytest.mark.parametrize("name", ["user-and", "cert-and"])
def test_a_certificate_does_not_make_up_for_a_wrong_password(server, people, name):
    assert server.status(f"/{name}.html", cert=people["alice"], headers=WRONG) == 401
    server.expect_log("AH01617")


def test_requests_of_one_connection_are_judged_with_their_own_passwords(server, people):
    with server.tls(people["alice"]) as connection:
        found = [connection.get("/user-and.html", headers).status for headers in ({}, PASSWORD, {}, PASSWORD)]
    assert found == [401, 200, 401, 200]
