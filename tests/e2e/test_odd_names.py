# SPDX-License-Identifier: Apache-2.0
"""SSL_CLIENT_* variables have mod_ssl's own values, also of certificates with odd names."""
import pytest
from harness import odd_names, variables
from harness.denial import denial

# Not the days that remain: of certificates with a whole number of days they soon change.
COMPARED = tuple(name for name in variables.NAMES if name != "V_REMAIN")


@pytest.fixture(scope="module")
def odd_ca(pki):
    return odd_names.issue(pki, "odd-ca", odd_names.ISSUER, extensions=odd_names.CA)


@pytest.fixture(scope="module")
def odd(pki):
    return {label: odd_names.issue(pki, f"odd{number}", name, pki.ca, number)
            for number, (label, name) in enumerate(odd_names.NAMES.items(), 1)}


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, backends, odd_ca):
    server.configure(f"""
        Protocols h2 http/1.1
        <VirtualHost *:${{https}}>
            Include ${{tls}}
            SSLCACertificateFile ${{cas}}
            SSLVerifyClient optional
            {variables.configuration(COMPARED)}
            <Location /other>
                ClientCertRequire %{{SSL_CLIENT_S_DN_CN}} eq reqenv('THEIRS_S_DN_O')
            </Location>
        </VirtualHost>
    """, modules=f"http2 {variables.MODULES}", cas=pki.bundle(pki.ca, odd_ca),
                     application=backends.fcgi.url)
    server.page("other")
    server.start()


def same(connection):
    return variables.same(connection, COMPARED)


@pytest.fixture(autouse=True)
def big_sessions(server):
    """The session of a certificate with very long values is too big for mod_ssl's cache."""
    server.allow_log("AH01875")


@pytest.mark.parametrize("label", odd_names.NAMES)
@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_an_odd_subject_has_the_values_of_mod_ssl(server, odd, label, tls):
    with server.tls(odd[label], version=tls) as connection:
        first = same(connection)
        assert same(connection) == first
        with connection.resume() as resumed:
            assert resumed.resumed
            # A session has no chain: the client does not send it again.
            assert same(resumed) == first | {"CERT_CHAIN_0": ""}
    assert first["M_VERSION"] == "3" and first["CERT"].startswith("-----BEGIN CERTIFICATE-----\n")


@pytest.mark.parametrize("label", ["every attribute", "UTF-8", "NUL", "300 attributes", "very long values"])
def test_an_odd_subject_has_the_values_of_mod_ssl_over_http_2(server, odd, label):
    with server.h2(odd[label]) as connection:
        assert same(connection) == same(connection)


def test_an_odd_issuer_has_the_values_of_mod_ssl(server, pki, odd_ca):
    with server.tls(odd_names.issue(pki, "below", "/CN=Below", odd_ca)) as connection:
        values = same(connection)
    assert values["S_DN_CN"] == "Below"
    assert values["I_DN_O"].encode("latin-1").decode() == odd_names.MUELLER
    assert (values["I_DN_CN"], values["I_DN_CN_1"]) == ('x,y"z"', "a\\00b\\0Ac")
    assert values["I_DN"].startswith("description=\u00c3\u00a9,emailAddress=a@b,1.2.3.4.5.6=#")


def test_an_odd_subject_below_an_odd_issuer_has_the_values_of_mod_ssl(server, pki, odd_ca):
    for label in ("every attribute", "BMPString", "separators"):
        below = odd_names.issue(pki, f"below-{label.replace(' ', '-')}", odd_names.NAMES[label], odd_ca, 2 ** 64)
        with server.tls(below) as connection:
            assert same(connection)["CERT_RFC4523_CEA"].startswith("{ serialNumber 18446744073709551616, ")


@pytest.mark.parametrize("number", [0, -1, -5, -128, -129, -2 ** 63, -2 ** 300], ids=str)
def test_a_negative_serial_number_has_the_values_of_mod_ssl(server, pki, number):
    cert = odd_names.issue(pki, f"number{abs(number)}"[:20], "/CN=Negative", pki.ca, number)
    with server.tls(cert) as connection:
        found = same(connection)
    assert found["CERT_RFC4523_CEA"].startswith(f"{{ serialNumber {number}, ")
    assert found["M_SERIAL"].startswith("-" if number < 0 else "00")


def test_odd_alternative_names_have_the_values_of_mod_ssl(server, pki):
    cert = odd_names.issue(pki, "odd-san", "/CN=Odd", pki.ca, 77, f"{odd_names.LEAF}\n{odd_names.SAN}")
    with server.tls(cert) as connection:
        found = same(connection)
        assert same(connection) == found
    assert found["SAN_Email_0"] == "nul\\00@example.org"
    assert found["SAN_Email_1"] == "\u00c3\u00a9\\0D\\0A@example.org"
    assert (found["SAN_DNS_0"], found["SAN_DNS_1"], found["SAN_DNS_2"]) == ("a\\00.example.org", "", "\\\\x\\7F")
    assert found["SAN_OTHER_msUPN_0"] == "a\\00b"


# -- that what is compared is really there -----------------------------------------------------------

def values(server, odd, label):
    with server.tls(odd[label]) as connection:
        return same(connection)


def test_every_attribute_has_its_variables(server, odd):
    found = values(server, odd, "every attribute")
    for tag, kind in zip("C ST L O OU CN T I G S D UID Email".split(), odd_names.EVERY):
        for place, text in (("", 0), ("_0", 0), ("_1", 1), ("_2", 2), ("_1_RAW", 1)):
            assert found[f"S_DN_{tag}{place}"] == f"{kind} {text}"
    assert found["S_DN_SP_2"] == "ST 2"


def test_control_characters_arrive_escaped(server, odd):
    found = values(server, odd, "control characters")
    assert found["S_DN_O"] == "a\\0D\\0AX-Evil: 1\\0D\\0A\\0D\\0Ab"
    assert values(server, odd, "NUL")["S_DN_O"] == "a\\00b"


def test_each_of_many_attributes_is_found(server, odd):
    found = values(server, odd, "300 attributes")
    assert [found[f"S_DN_OU_{index}"] for index in (0, 99, 299, 300)] == ["unit 0", "unit 99", "unit 299", ""]


def test_another_value_is_not_the_same(server, odd):
    """The proof that the comparison can fail."""
    with server.tls(odd["UTF-8"]) as connection:
        assert connection.get("/other").status == 403
    found = denial(server).rule.values
    assert found["reqenv:THEIRS_S_DN_O"] == odd_names.MUELLER != found["SSL_CLIENT_S_DN_CN"]
