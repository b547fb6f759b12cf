# SPDX-License-Identifier: Apache-2.0
"""Certificates that mod_ssl lets through without having verified them (SSLVerifyClient
optional_no_ca): in our rules their variables are empty, whatever mod_ssl says of them."""
import pytest
from harness.denial import denial, denials

STATES = {"stranger": "FAILED:unknown-issuer", "self": "FAILED:self-signed", "alice": "SUCCESS", "nobody": "NONE"}
NAMES = {"stranger": "CN=Alice,OU=Fun dept.,O=garex AG", "self": "CN=Alice,OU=Fun dept.,O=garex AG"}
# Whether something stands in a variable, one location for each.
VARIABLES = """S_DN S_DN_CN S_DN_O S_DN_OU S_DN_OU_0 I_DN I_DN_CN S_DN_CN_RAW M_SERIAL M_VERSION V_START V_END
    V_REMAIN A_KEY A_SIG CERT CERT_CHAIN_0 SAN_Email_0 SAN_DNS_0 SAN_OTHER_msUPN_0 CERT_RFC4523_CEA""".split()
OWN = """SUBJECT ISSUER SERIAL SHA256 SPKI_SHA256 NOT_BEFORE NOT_AFTER SAN_EMAIL SAN_EMAIL_0 SAN_DNS SAN_UPN
    SOURCE""".split()
EMPTY = [f"%{{SSL_CLIENT_{name}}}" for name in VARIABLES] + [f"%{{CLIENTCERT_{name}}}" for name in OWN] + [
    f"SSL('SSL_CLIENT_{name}')" for name in ("S_DN", "S_DN_CN", "CERT", "SAN_Email_0")] + [
    f"%{{SSL:SSL_CLIENT_{name}}}" for name in ("S_DN", "S_DN_CN", "CERT")] + ["tolower(SSL('ssl_client_S_DN_CN'))"]
LISTS = ["'Alice' in clientcert('subject:CN')", "'clientAuth' in clientcert('eku')",
         "'a@example.org' in clientcert('san:email')", "'Lemons' in PeerExtList('1.3.6.1.4.1.18060.12.0')",
         "'Lemons' in OID('1.3.6.1.4.1.18060.12.0')"]
LEMONS = {"1.3.6.1.4.1.18060.12.0": "DER:0c064c656d6f6e73"}
MAKE = dict(san=["email:a@example.org", "DNS:a.example.org", "otherName:msUPN;UTF8:a@corp"], extensions=LEMONS)


def locations():
    rules = {f"state-{name}": f'%{{SSL_CLIENT_VERIFY}} eq "{state}"' for name, state in STATES.items()}
    rules |= {f"function-{name}": f"SSL('SSL_CLIENT_VERIFY') eq \"{state}\"" for name, state in STATES.items()}
    rules |= {f"verify-{name}": f'"%{{CLIENTCERT_VERIFY}}:%{{CLIENTCERT_REASON}}" in {{"{state}", "{state}:none"}}'
              for name, state in STATES.items()}
    rules |= {f"empty{i}": f"{variable} eq \"\"" for i, variable in enumerate(EMPTY)}
    rules |= {f"list{i}": f"not ({text})" for i, text in enumerate(LISTS)}
    rules["name"] = '%{SSL_CLIENT_S_DN_CN} eq "Alice"'
    rules["others"] = "%{SSL_PROTOCOL} =~ m/^TLS/ and SSL('SSL_PROTOCOL') =~ m/^TLS/"
    return "\n".join(f"<Location /{name}>\nClientCertRequire {rule}\n</Location>" for name, rule in rules.items())


@pytest.fixture(scope="module")
def people(pki):
    subject = "/O=garex AG/OU=Fun dept./CN=Alice"
    stranger = pki.authority("/O=Test/CN=Test CA").client(subject, **MAKE)  # a CA of the same name
    return {"stranger": stranger, "self": pki.self_signed(subject), "alice": pki.ca.client(subject, **MAKE),
            "nobody": None}


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("""
        Protocols h2 http/1.1
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional_no_ca
            FallbackResource /index.html
            Header always set X-Theirs "expr=%{SSL_CLIENT_VERIFY}"
            Header always set X-Ours "expr=%{CLIENTCERT_VERIFY}:%{CLIENTCERT_REASON}"
            <Location /required>
                Require clientcert
            </Location>
    """ + locations() + "\n</VirtualHost>", modules="http2 headers dir")
    server.start()


def asked(connection, paths):
    return {path: connection.get(path).status for path in paths}


@pytest.mark.parametrize("who", STATES)
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("kind", ["state", "function", "verify"])
def test_the_verdict_is_ours_in_every_request_of_a_connection(server, people, tls, who, kind):
    paths = [f"/{kind}-{name}" for name in STATES]
    expected = {f"/{kind}-{name}": 200 if name == who else 403 for name in STATES}
    with server.tls(people[who], version=tls) as connection:
        for _ in range(3):
            assert asked(connection, paths) == expected
    denials(server, 9)


@pytest.mark.parametrize("who", ["stranger", "self"])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_the_reason_is_told_in_every_request(server, people, tls, who):
    """With TLS 1.2, mod_ssl forgets it when the first request comes, and says GENEROUS."""
    with server.tls(people[who], version=tls) as connection:
        for _ in range(3):
            response = connection.get("/name")
            assert response.status == 403
            assert response.header("X-Ours") == STATES[who]
            assert response.header("X-Theirs").startswith("GENEROUS" if tls == "1.2" else "FAILED:")
    for found in denials(server, 3):
        assert (found.reason, found.verify) == (STATES[who].partition(":")[2], "FAILED")
        assert found.rule.values == {"SSL_CLIENT_S_DN_CN": ""}


@pytest.mark.parametrize("who", ["stranger", "self", "nobody"])
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_every_variable_of_a_certificate_that_is_not_valid_is_empty(server, people, tls, who):
    paths = [f"/empty{i}" for i in range(len(EMPTY))] + [f"/list{i}" for i in range(len(LISTS))]
    with server.tls(people[who], version=tls) as connection:
        for _ in range(2):
            filled = {path for path, status in asked(connection, paths).items() if status != 200}
            assert not filled, [(EMPTY + LISTS)[paths.index(path)] for path in filled]


def test_the_same_variables_of_a_valid_one_are_filled(server, people):
    """But for those that the test certificate does not have, and the spelling of mod_ssl's own."""
    paths = [f"/empty{i}" for i in range(len(EMPTY))] + [f"/list{i}" for i in range(len(LISTS))]
    with server.tls(people["alice"]) as connection:
        empty = [(EMPTY + LISTS)[i] for i, path in enumerate(paths) if connection.get(path).status == 200]
    assert empty in ([], ["tolower(SSL('ssl_client_S_DN_CN'))"])
    denials(server, len(paths) - len(empty))


@pytest.mark.parametrize("who", STATES)
def test_streams_of_http_2_see_the_same(server, people, who):
    with server.h2(people[who]) as connection:
        found = connection.gather([f"/state-{name}" for name in STATES] * 5 + ["/name"] * 5)
    assert [one.status == 200 for one in found] == [name == who for name in STATES] * 5 + [who == "alice"] * 5
    denials(server, 15 + 5 * (who != "alice"))


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("who", STATES)
def test_a_resumed_session_says_the_same(server, people, who, tls):
    with server.tls(people[who], version=tls) as first:
        assert first.get(f"/state-{who}").status == 200
        with first.resume() as second:
            expected = {f"/state-{name}": 200 if name == who else 403 for name in STATES}
            for _ in range(2):
                assert asked(second, expected) == expected
    denials(server, 6)


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_authorization_knows_it_too(server, people, tls):
    for who, cert in people.items():
        with server.tls(cert, version=tls) as connection:
            assert [connection.get("/required").status for _ in range(2)] == [200 if who == "alice" else 403] * 2
    server.allow_log("AH01630")
    reasons = [found.reason for found in denials(server, 6)]
    assert reasons == ["unknown-issuer"] * 2 + ["self-signed"] * 2 + ["rule"] * 2


@pytest.mark.parametrize("who", ["stranger", "self"])
def test_a_denial_names_the_certificate_all_the_same(server, people, who):
    assert server.status("/name", cert=people[who]) == 403
    found = denial(server)
    assert (found.serial, found.subject) == (people[who].serial, NAMES[who])


def test_other_values_of_mod_ssl_are_told(server, people):
    for cert in people.values():
        assert server.status("/others", cert=cert) == 200
