# SPDX-License-Identifier: Apache-2.0
"""Every SSL_CLIENT_* variable and PeerExtList() have mod_ssl's own values, on every kind of connection and
for certificates of every kind. (Names that nobody should give are in test_odd_names.py.)"""
import hashlib

import pytest
from harness import odd_names, variables
from harness.denial import denial
from harness.variables import same

VALID = ("-1d", "+8772h")  # not whole days: what remains must not change while the tests run
SAN = ["email:alice@example.org", "email:a,b+c@example.org", "DNS:a.example.org", "DNS:*.example.org",
       "URI:http://example.org/", "IP:192.0.2.1", "dirName:other", "RID:1.2.3",
       "otherName:msUPN;UTF8:alice@corp", "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_http.example.org",
       "otherName:1.2.3.4;UTF8:unknown", "otherName:msUPN;UTF8:bob@corp", "email:third@example.org"]
LEMONS = "1.3.6.1.4.1.18060.12.0"
COMMENT = "2.16.840.1.113730.1.13"
COMMENT_TO_BE = "2.16.840.1.113730.1.99"  # openssl gives no certificate two extensions of one kind
EXTENSIONS = {"nsComment": "a comment", LEMONS: "ASN1:UTF8String:Lemons", "1.2.3.4.1": "ASN1:UTF8String:b\u00f6b",
              COMMENT_TO_BE: "ASN1:IA5String:another", "1.2.3.4.2": "DER:04020102", "1.2.3.4.3": "DER:0101ff",
              "1.2.3.4.4": "DER:ffff", "1.2.3.4.5": 'ASN1:UTF8String:with "quotes" and \\\\'}
# What may stand in a list, and in which: mod_ssl says which of them do.
ASKED = {COMMENT: ["a comment", "another", "a comment, another", "A comment"],
         "nsComment": ["a comment", "another"], "Netscape Comment": ["another"],
         LEMONS: ["Lemons", "lemons", "Lemon", ""], "1.2.3.4.1": ["b\u00f6b", "b\\C3\\B6b"],
         "1.2.3.4.2": ["04 02 01 02", "", "...."], "1.2.3.4.3": ["TRUE", ""], "1.2.3.4.4": ["", "...."],
         "1.2.3.4.5": ['with \\"quotes\\" and \\\\', "with"], "1.2.3.4.99": [""], "no such name": [""], "": [""],
         "subjectAltName": ["email:alice@example.org, DNS:a.example.org", "alice@example.org"],
         "extendedKeyUsage": ["TLS Web Client Authentication", "clientAuth"],
         "basicConstraints": ["CA:FALSE"], "2.5.29.15": ["Digital Signature"]}
QUESTIONS = [(oid, text) for oid, texts in ASKED.items() for text in texts]


def lists():
    lines = []
    for number, (oid, text) in enumerate(QUESTIONS):
        question = f'"{text}" in PeerExtList(\'{oid}\')'
        escaped = question.replace("\\", "\\\\").replace('"', '\\"')
        lines += [f"<Location /list/{number}>",
                  f'Header always set X-Theirs yes "expr={escaped}"', f"ClientCertRequire {question}",
                  "</Location>", f"<Location /old-list/{number}>",
                  f"ClientCertRequire {question.replace('PeerExtList', 'OID')}", "</Location>"]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def cas(pki):
    made = {kind: pki.authority(f"/O=Test/CN={kind} CA", key=kind) for kind in ("rsa", "p384", "ed25519")}
    made["issuing"] = pki.ca.intermediate("/O=Test/CN=Policy CA").intermediate("/O=Test/CN=Issuing CA")
    return made


@pytest.fixture(scope="module")
def people(pki, cas):
    subject = "/C=DE/ST=BW/L=Karlsruhe/O=garex AG/OU=Fun dept./OU=Other/CN=Alice/UID=alice/emailAddress=a@example.org"
    made = {f"{kind} key": pki.ca.client(subject, key=kind, valid=VALID) for kind in ("rsa", "p384", "ed25519")}
    made |= {f"signed by {kind}": cas[kind].client(subject, valid=VALID) for kind in ("rsa", "p384", "ed25519")}
    made |= {f"serial {serial}": pki.ca.client(subject, serial=serial, valid=VALID)
             for serial in ("00", "0A", "7F", "80", "FF" * 8, "01" * 20, "AB" * 35, "CD" * 36, "EF" * 100)}
    made |= {f"until {valid[1]}": pki.ca.client(subject, valid=valid)
             for valid in (("-1d", "+1h"), ("-10d", "+36h"), ("-30y", "+28y"), ("-80y", "+200y"))}
    made["Alice"] = pki.ca.client(subject, san=SAN, sections="[other]\nCN = Boss\n", valid=VALID)
    made["chain"] = cas["issuing"].client(subject, valid=VALID)
    extended = pki.ca.client(subject, san=["email:alice@example.org", "DNS:a.example.org"], extensions=EXTENSIONS,
                             valid=VALID)
    made["extensions"] = odd_names.with_bytes(extended, pki.ca, odd_names.der.oid(COMMENT_TO_BE),
                                              odd_names.der.oid(COMMENT))
    made["nobody"] = None
    return made


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, backends, cas, people):
    server.configure(f"""
        Protocols h2 http/1.1
        <VirtualHost *:${{https}}>
            Include ${{tls}}
            SSLCACertificateFile ${{cas}}
            SSLVerifyClient optional
            SSLVerifyDepth 3
            {variables.configuration()}
            {lists()}
            <Location /whole>
                ClientCertRequire %{{SSL_CLIENT_CERT}} eq file('${{root}}/htdocs/alice.pem')
                ClientCertRequire sha1(%{{SSL_CLIENT_CERT}}) eq sha1(reqenv('THEIRS_CERT'))
                ClientCertRequire base64(%{{SSL_CLIENT_CERT}}) eq base64(file('${{root}}/htdocs/alice.pem'))
                ClientCertRequire sha1(%{{SSL_CLIENT_CERT}}) eq "${{sha1}}"
            </Location>
        </VirtualHost>
    """, modules=f"http2 headers {variables.MODULES}", ports="https",
        sha1=hashlib.sha1(people["Alice"].cert.read_bytes()).hexdigest(),
        cas=pki.bundle(pki.ca, cas["rsa"], cas["p384"], cas["ed25519"]), application=backends.fcgi.url)
    for number in range(len(QUESTIONS)):
        server.page(f"list/{number}")
        server.page(f"old-list/{number}")
    server.page("whole")
    server.page("alice.pem", people["Alice"].cert.read_text())
    server.start()


KINDS = ("rsa key", "p384 key", "ed25519 key", "signed by rsa", "signed by p384", "signed by ed25519",
         *(f"serial {serial}" for serial in ("00", "0A", "7F", "80", "FF" * 8, "01" * 20, "AB" * 35, "CD" * 36,
                                             "EF" * 100)),
         "until +1h", "until +36h", "until +28y", "until +200y", "Alice", "chain", "extensions", "nobody")


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
@pytest.mark.parametrize("who", KINDS, ids=lambda who: who[:20])
def test_each_request_of_each_connection_has_the_values_of_mod_ssl(server, people, who, tls):
    with server.tls(people[who], version=tls) as connection:
        first = same(connection)
        assert same(connection) == first
        with connection.resume() as resumed:
            assert resumed.resumed
            assert same(resumed) == first | {f"CERT_CHAIN_{index}": "" for index in range(4)}
            same(resumed)


@pytest.mark.parametrize("who", ["Alice", "chain", "serial " + "CD" * 36, "nobody"], ids=lambda who: who[:9])
def test_each_stream_of_http_2_has_the_values_of_mod_ssl(server, people, who):
    with server.h2(people[who]) as connection:
        responses = connection.gather(["/headers", "/rules"] * 10)
    for response in responses[::2]:
        variables.compare_headers(response.seen)
    assert len({str(variables.theirs(response.seen)) for response in responses}) == 1


# -- that what is compared is really there -------------------------------------------------------------

def test_the_subject_has_its_variables(server, people):
    with server.tls(people["Alice"]) as connection:
        found = same(connection)
    assert found["S_DN"] == ("emailAddress=a@example.org,UID=alice,CN=Alice,OU=Other,OU=Fun dept.,O=garex AG,"
                             "L=Karlsruhe,ST=BW,C=DE")
    assert found["I_DN"] == "CN=Test CA,O=Test"
    assert (found["S_DN_OU"], found["S_DN_OU_1"], found["S_DN_OU_2"]) == ("Fun dept.", "Other", "")
    assert (found["A_KEY"], found["A_SIG"], found["V_REMAIN"]) == ("id-ecPublicKey", "ecdsa-with-SHA256", "365")
    assert found["CERT_RFC4523_CEA"] == (
        f'{{ serialNumber {int(people["Alice"].serial, 16)}, issuer rdnSequence:"CN=Test CA,O=Test" }}')
    assert found["CERT"] == people["Alice"].cert.read_text()


def test_alternative_names_have_their_variables(server, people):
    with server.tls(people["Alice"]) as connection:
        found = same(connection)
    assert [found[f"SAN_Email_{i}"] for i in range(4)] == [
        "alice@example.org", "a,b+c@example.org", "third@example.org", ""]
    assert [found[f"SAN_DNS_{i}"] for i in range(3)] == ["a.example.org", "*.example.org", ""]
    assert found["SAN_OTHER_msUPN_0"] == "alice@corp"
    assert (found["SAN_OTHER_msUPN_1"], found["SAN_OTHER_msUPN_2"]) == ("bob@corp", "")
    assert found["SAN_OTHER_dnsSRV_0"] == "_http.example.org"


def test_functions_see_the_line_breaks_of_a_certificate(server, people):
    assert server.status("/whole", cert=people["Alice"]) == 200
    assert server.status("/whole", cert=people["rsa key"]) == 403
    told = denial(server).rule.values["SSL_CLIENT_CERT"]
    assert told.count("\n") > 1 and people["rsa key"].cert.read_text().startswith(told.removesuffix("..."))


def test_keys_and_signatures_are_named_as_mod_ssl_names_them(server, people):
    for who, name, text in (("rsa key", "A_KEY", "rsaEncryption"), ("ed25519 key", "A_KEY", "ED25519"),
                            ("signed by rsa", "A_SIG", "sha256WithRSAEncryption"),
                            ("signed by ed25519", "A_SIG", "ED25519")):
        with server.tls(people[who]) as connection:
            assert same(connection)[name] == text


def test_the_chain_is_what_the_client_sent(server, people, cas):
    with server.tls(people["chain"]) as connection:
        found = same(connection)
    sent = [path.read_text() for path in cas["issuing"].intermediates()]
    assert [found["CERT_CHAIN_0"], found["CERT_CHAIN_1"], found["CERT_CHAIN_2"]] == [*sent[:2], ""]


def test_a_long_serial_number_has_the_line_break_of_mod_ssl(server, people):
    with server.tls(people["serial " + "CD" * 36]) as connection:
        assert same(connection)["M_SERIAL"] == "CD" * 35 + "\\\nCD"


# -- PeerExtList ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("who", ["extensions", "Alice", "nobody"])
def test_the_lists_of_extensions_are_those_of_mod_ssl(server, people, who):
    with server.tls(people[who]) as connection:
        answers = [connection.get(f"/list/{number}") for number in range(len(QUESTIONS))]
        old = [connection.get(f"/old-list/{number}") for number in range(len(QUESTIONS))]
    ours = [answer.status == 200 for answer in answers]
    theirs = [answer.header("X-Theirs") == "yes" for answer in answers]
    assert dict(zip(QUESTIONS, ours)) == dict(zip(QUESTIONS, theirs))
    assert [answer.status == 200 for answer in old] == ours
    inside = {question for question, there in zip(QUESTIONS, theirs) if there}
    if who == "extensions":
        assert {(COMMENT, "a comment"), (COMMENT, "another"), ("nsComment", "another"), (LEMONS, "Lemons"),
                ("subjectAltName", "email:alice@example.org, DNS:a.example.org")} <= inside
        assert (LEMONS, "lemons") not in inside
    elif who == "nobody":
        assert not inside
    server.allow_log("CC0101")


# -- names and options -----------------------------------------------------------------------------------

SPELLINGS = ("SSL_CLIENT_s_dn_CN", "ssl_client_S_DN_CN", "Ssl_Client_m_serial", "SSL_CLIENT_S_dn_CN",
             "SSL_CLIENT_san_email_0", "SSL_CLIENT_cert", "ssl_client_cert_chain_0", "SSL_CLIENT_cert_rfc4523_cea",
             "SSL_CLIENT_S_DN_CN_00", "SSL_CLIENT_SAN_DNS_0001", "SSL_CLIENT_S_DN_cn",
             "SSL_CLIENT_S_DN_CN_99999")


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_name_that_mod_ssl_knows_in_another_spelling_means_the_same(make_server, pki, people, name):
    """What mod_ssl leaves empty under that spelling may be a configuration error."""
    server = make_server()
    server.configure(f"""
        <VirtualHost *:${{https}}>
            Include ${{tls}}
            SSLCACertificateFile ${{ca}}
            SSLVerifyClient require
            RewriteEngine On
            RewriteRule ^ - [E=THEIRS:%{{SSL:{name}}}]
            Header always set X-Theirs "expr=%{{base64:%{{reqenv:THEIRS}}}}"
            Header always set X-Empty yes "expr=-z reqenv('THEIRS')"
            <Location />
                ClientCertRequire %{{{name}}} eq reqenv('THEIRS')
            </Location>
        </VirtualHost>
    """, modules="rewrite headers")
    checked = server.check()
    if checked.returncode:
        assert name in checked.stderr
        server.write(server.site.read_text().replace("ClientCertRequire", "Require expr"))
        server.start()
        assert server.curl(cert=people["Alice"]).header("X-Empty") == "yes", checked.stderr
    else:
        server.start()
        assert server.status(cert=people["Alice"]) == 200


def test_another_value_is_not_the_same(server, people):
    """The proof that the rules compare: the list that is empty here has nothing in it."""
    with server.tls(people["Alice"]) as connection:
        assert connection.get(f"/list/{QUESTIONS.index((LEMONS, 'Lemons'))}").status == 403
    assert denial(server).rule.values == {f"PeerExtList('{LEMONS}')": ""}
