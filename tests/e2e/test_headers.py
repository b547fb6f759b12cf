# SPDX-License-Identifier: Apache-2.0
"""ClientCertHeader: formats, sections, and whose values they have."""
import pytest
from harness.gateways import Gateways, arrived

SITE = """
    <VirtualHost *:${https}>
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        %(gateways)s
        ClientCertHeader X-Verify "%%{SSL_CLIENT_VERIFY}"
        ClientCertHeader X-Verdict "%%{CLIENTCERT_VERIFY}/%%{CLIENTCERT_REASON}"
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
        ClientCertHeader X-Serial %%{SSL_CLIENT_M_SERIAL}
        ClientCertHeader X-Mail "mailto:%%{CLIENTCERT_SAN_EMAIL}"
        ClientCertHeader X-Several "%%{SSL_CLIENT_S_DN_CN} of %%{SSL_CLIENT_S_DN_O}, #%%{CLIENTCERT_SERIAL}"
        ClientCertHeader X-Half "%%{SSL_CLIENT_S_DN_CN} %%{CLIENTCERT_SAN_URI}"
        ClientCertHeader X-Text "a gateway"
        ClientCertHeader X-Lower "%%{tolower:%%{SSL_CLIENT_S_DN_CN}}"
        ClientCertHeader X-Function "%%{SSL:SSL_CLIENT_S_DN_CN}"
        ClientCertHeader X-PEM "%%{SSL_CLIENT_CERT}"
        ClientCertHeader X-From "%%{REMOTE_ADDR} %%{SSL_CLIENT_S_DN_CN}"
        ClientCertHeader X-Asked "%%{req:X-Question}: %%{SSL_CLIENT_S_DN_CN}"
        RequestHeader set X-Other-PEM "%%{SSL_CLIENT_CERT}s"
        <Location /http/inner>
            ClientCertHeader x-client-dn "inner %%{SSL_CLIENT_S_DN_CN}"
            ClientCertHeader X-Serial unset
            ClientCertHeader X-More "%%{SSL_CLIENT_I_DN_CN}"
        </Location>
        <Location /http/inner/most>
            ClientCertHeader X-Serial "again %%{SSL_CLIENT_M_SERIAL}"
            ClientCertHeader X-More UNSET
        </Location>
        <Location /http/once>
            ClientCertHeader X-Twice "first"
            ClientCertHeader X-Twice "second"
        </Location>
        <If "%%{REQUEST_URI} == '/http/when'">
            ClientCertHeader X-When "%%{SSL_CLIENT_S_DN_CN}"
        </If>
    </VirtualHost>
    <VirtualHost *:${http}>
        %(gateways)s
        ClientCertHeader X-Verify "%%{SSL_CLIENT_VERIFY}"
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
        ClientCertHeader X-Text "a gateway"
    </VirtualHost>
"""
ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    server.configure(SITE % {"gateways": gateways.configuration()}, modules=f"http2 headers {Gateways.MODULES}")
    server.start()


def seen(server, path="/http/x", **options):
    return server.curl(path, **options).seen


# -- formats -----------------------------------------------------------------------------------

def test_a_format_has_variables_and_text(server, pki):
    got = seen(server, cert=pki.alice)
    assert got.value("X-Client-DN") == ALICE
    assert got.value("X-Serial") == pki.alice.serial
    assert got.value("X-Mail") == "mailto:alice@example.org"
    assert got.value("X-Several") == f"Alice of garex AG, #{pki.alice.serial}"
    assert got.value("X-Text") == "a gateway"


def test_a_format_may_call_functions(server, pki):
    got = seen(server, cert=pki.alice)
    assert (got.value("X-Lower"), got.value("X-Function")) == ("alice", "Alice")


def test_a_header_with_an_empty_variable_is_left_out(server, pki):
    got = seen(server, cert=pki.mallory)
    assert got.value("X-Several") == f"Mallory of Evil, #{pki.mallory.serial}"
    assert got.values("X-Mail") == [] and got.values("X-Half") == []
    assert "(null)" not in str(got.headers)


def test_a_certificate_in_a_header_is_on_one_line_as_with_mod_headers(server, pki):
    got = seen(server, cert=pki.alice)
    pem = pki.alice.cert.read_text()
    body = pem[pem.index("-----BEGIN"):].strip()
    assert got.value("X-PEM") == got.value("X-Other-PEM") == body.replace("\n", " ")


@pytest.mark.parametrize("path", ["/h2c/x", "/fcgi/x", "/ajp/x", "/cgi-bin/seen"])
def test_a_certificate_reaches_every_application_on_one_line(server, pki, path):
    """As mod_headers has it, whose value keeps the space that the last line break became."""
    got = seen(server, path, cert=pki.alice)
    ours, theirs = arrived(got, "X-PEM"), arrived(got, "X-Other-PEM")
    assert ours == [value.rstrip(" ") for value in theirs]
    assert ours[0].count("-----") == 4


# -- whose values ------------------------------------------------------------------------------

def check_bare(got, verify, reason):
    """Only the verdict has values."""
    assert arrived(got, "X-Verify") == [verify]
    assert arrived(got, "X-Verdict") == [f"{verify.partition(':')[0]}/{reason}"]
    assert arrived(got, "X-Text") == ["a gateway"]
    for name in ("X-Client-DN", "X-Serial", "X-Mail", "X-Several", "X-Half", "X-Lower", "X-Function", "X-PEM",
                 "X-From", "X-Asked"):
        assert arrived(got, name) == [], name


@pytest.mark.parametrize("path", ["/http/x", "/h2c/x", "/fcgi/x", "/ajp/x", "/cgi-bin/seen"])
def test_without_a_certificate_only_the_verdict_has_values(server, path):
    got = seen(server, path, headers={"X-Question": "who"})
    check_bare(got, "NONE", "none")
    assert "(null)" not in [value for name, value in got.headers if "PEM" not in name.upper()]


@pytest.mark.parametrize("path", ["/http/x", "/h2c/x", "/fcgi/x", "/ajp/x", "/cgi-bin/seen"])
def test_with_a_certificate_of_an_unknown_issuer_only_the_verdict_has_values(server, pki, path):
    stranger = pki.authority("/CN=Stranger CA").client("/O=garex AG/OU=Fun dept./CN=Alice", san=["email:a@b.example"])
    got = seen(server, path, cert=stranger, headers={"X-Question": "who"})
    check_bare(got, "FAILED:unknown-issuer", "unknown-issuer")


def test_with_a_certificate_that_is_its_own_issuer_only_the_verdict_has_values(server, pki):
    got = seen(server, cert=pki.self_signed("/O=garex AG/CN=Alice"), headers={"X-Question": "who"})
    check_bare(got, "FAILED:self-signed", "self-signed")


def test_without_tls_only_the_verdict_has_values(server):
    got = seen(server, port="http")
    assert (got.value("X-Verify"), got.value("X-Text")) == ("NONE", "a gateway")
    assert got.values("X-Client-DN") == []


# -- sections ----------------------------------------------------------------------------------

def test_an_inner_section_overrides_removes_and_adds(server, pki):
    got = seen(server, "/http/inner/x", cert=pki.alice)
    assert got.value("X-Client-DN") == "inner Alice"
    assert got.values("X-Serial") == []
    assert got.value("X-More") == "Test CA"
    assert got.value("X-Mail") == "mailto:alice@example.org"


def test_the_innermost_section_has_the_last_word(server, pki):
    got = seen(server, "/http/inner/most/x", cert=pki.alice)
    assert got.value("X-Client-DN") == "inner Alice"
    assert got.value("X-Serial") == f"again {pki.alice.serial}"
    assert got.values("X-More") == []


def test_what_an_inner_section_unsets_does_not_come_from_the_client(server, pki):
    headers = {"X-Serial": "spoofed", "X_Serial": "spoofed", "X-More": "spoofed"}
    for path in ("/http/inner/x", "/http/inner/most/x", "/http/x"):
        assert "spoofed" not in server.curl(path, cert=pki.alice, headers=headers).text


def test_of_two_in_one_section_the_last_counts(server, pki):
    assert seen(server, "/http/once", cert=pki.alice).value("X-Twice") == "second"


def test_a_condition_makes_a_section(server, pki):
    assert seen(server, "/http/when", cert=pki.alice).value("X-When") == "Alice"
    assert seen(server, "/http/otherwise", cert=pki.alice).values("X-When") == []


# -- per request -------------------------------------------------------------------------------

def test_what_depends_on_the_request_is_made_for_each(server, pki):
    with server.tls(pki.alice) as connection:
        for question in ("who", "what", "who"):
            got = connection.get("/http/x", {"X-Question": question}).seen
            assert got.value("X-Asked") == f"{question}: Alice"
            assert got.value("X-From") == "127.0.0.1 Alice"
        assert connection.get("/http/x").seen.values("X-Asked") == []


def test_streams_that_depend_on_their_request_do_not_mix(server, pki):
    with server.h2(pki.alice) as connection:
        streams = {number: connection.send("/http/x", [("X-Question", f"number {number}")]) for number in range(50)}
        for number, stream in streams.items():
            assert connection.response(stream).seen.value("X-Asked") == f"number {number}: Alice"


# -- errors in the configuration ---------------------------------------------------------------

@pytest.mark.parametrize("line, complaint", [
    ('ClientCertHeader "X Name" "a"', "X Name"), ('ClientCertHeader "" "a"', "ClientCertHeader"),
    ('ClientCertHeader X-Name: "a"', "X-Name:"), ('ClientCertHeader Host "a"', "Host"),
    ('ClientCertHeader content_length "1"', "content_length"), ('ClientCertHeader X-Name', "ClientCertHeader"),
    ('ClientCertHeader X-Name "%{NO_SUCH_THING"', "%{NO_SUCH_THING"),
    ('ClientCertHeader X-Name "%{CLIENTCERT_NOTHING}"', "CLIENTCERT_NOTHING"),
    ('ClientCertHeader X-Name "%{SSL_CLIENT_NOTHING}"', "SSL_CLIENT_NOTHING"),
    ('ClientCertForward', "rfc9440"), ('ClientCertForward rfc9441', "rfc9441"),
    ('ClientCertForward none rfc9440', "none"),
])
def test_a_wrong_line_is_refused_and_named(server, line, complaint):
    checked = server.check(line)
    assert checked.returncode == 1
    assert line.split()[0] in checked.stderr and complaint in checked.stderr


def test_htaccess_files_cannot_set_headers(server, pki):
    server.write(SITE % {"gateways": "<Directory ${htdocs}>\nAllowOverride All\n</Directory>"})
    server.graceful()
    for folder, line in (("/a", 'ClientCertHeader X-Name "a"'), ("/b", "ClientCertForward rfc9440")):
        server.htaccess(folder, line)
        assert server.status(f"{folder}/index.html", cert=pki.alice) == 500
    server.expect_log("not allowed here")
