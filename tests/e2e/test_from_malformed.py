# SPDX-License-Identifier: Apache-2.0
"""What a trusted proxy sends and nobody can read: 400 with the field and the trouble in the log; no request of
these gets in, none of them brings the server down, and the connection serves the next one."""
import random

import pytest
from harness import der
from harness.crls import crl
from harness.forwarded import CHAIN_FIELD, CHAINED, FIELD, FORMATS, PASSED_THROUGH, armoured, base64_of
from harness.forwarded import byte_sequence, der_of, envoy, escaped, fields, of
from harness.intake import GLOBAL, MODULES, both, connect, host, who
from harness.odd_names import contents
from harness.pki import openssl

HOST = """
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCACertificateFile ${ca}
    ErrorDocument 400 "no"
    <LocationMatch "^/(?!index)">
        ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"
    </LocationMatch>
"""
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
PROXY_SG = "sno=0A&subject=CN%3DAlice&validfrom=20260101&validto=20270101&issuer=CN%3DTest%20CA&policy_oids=1.2.3"
JUNK = "".join(random.Random(9440).choices("ABCDEFGHabcdefgh0123456789+/=:;,\"\\% -", k=65536))


@pytest.fixture(scope="module", autouse=True)
def site(server, pki):
    hosts = [both(kind, f"ClientCertFrom {kind}\n{HOST}") for kind in FORMATS]
    hosts += [host("named", "http", f"ClientCertFrom nginx header=X-Mine\n{HOST}"),
              host("first", "http", f"ClientCertFrom xfcc hop=first\n{HOST}")]
    server.configure(GLOBAL + "".join(hosts), modules=MODULES)
    server.start()


def refused(server, connection, headers, kind, shown=""):
    """400, one line that names the field; then the connection is as good as before."""
    mark = server.mark()
    response = connection.get("/index.html", headers)
    assert response.status == 400, (response.status, [(name, value[:100]) for name, value in headers])
    line, = server.errors.wait("CC0210", since=mark)
    names = {name.lower() for name, _ in headers} | {FIELD[kind].lower()}
    assert ":error]" in line and any(name in line.lower() for name in names) and shown in line, line
    assert len(line) < 1000, "the log has the whole value"
    server.allow_log("CC0210")
    assert who(connection.get(headers=of(kind, server.pki.alice))).verify == "SUCCESS"


# -- octets that are no certificate, in the clothes of each format ------------------------------------

def payloads(pki):
    data = pki.alice.der
    body, _ = contents(data)
    damaged = bytearray(data)
    damaged[5] ^= 0x10  # the length of the signed part
    return {
        "no octets": b"",
        "one octet": b"\x30",
        "text": b"hello, world",
        "64 KiB of junk": random.Random(1).randbytes(48 * 1024),
        "64 KiB of nothing": der.tlv(0x30, bytes(48 * 1024)),
        "cut off": data[:-1],
        "half of it": data[:len(data) // 2],
        "one octet more": data + b"\0",
        "garbage behind it": data + b"garbage",
        "twice": data + data,
        "BER: a length of no fixed size": b"\x30\x80" + body + b"\0\0",
        "BER: a longer length": b"\x30\x83" + len(body).to_bytes(3, "big") + body,
        "a length beyond its end": bytes(damaged),
        "a length of 2^63": b"\x30\x88\x7f" + b"\xff" * 7 + body,
        "an empty sequence": b"\x30\x00",
        "nested without end": b"\x30\x80" * 2000,
        "a CRL": crl(pki.ca),
        "a public key": openssl("pkey", "-in", pki.alice.key, "-pubout", "-outform", "DER"),
        "PEM": armoured(data).encode(),
    }


@pytest.fixture(scope="module")
def octets(pki):
    return payloads(pki)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("way", ["http/1.1", "https/1.1"])
def test_octets_that_are_no_certificate(server, pki, octets, kind, way):
    with connect(server, way, kind) as connection:
        for what, data in octets.items():
            if what == "no octets" and kind in ("haproxy", "traefik"):
                continue  # says that there is no certificate
            refused(server, connection, fields(kind, data), kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_over_http_2(server, octets, kind):
    with connect(server, "h2", kind) as connection:
        for what in "text", "one octet more", "twice", "cut off", "a CRL", "BER: a longer length":
            refused(server, connection, fields(kind, octets[what]), kind)


@pytest.mark.parametrize("kind", CHAINED)
def test_octets_that_are_no_certificate_in_the_chain(server, pki, octets, kind):
    issuing = pki.ca.intermediate("/CN=Issuing")
    with connect(server, "http/1.1", kind) as connection:
        for what, data in octets.items():
            if len(data) > 40000:
                continue
            refused(server, connection, fields(kind, pki.alice.der, data), kind)
            refused(server, connection, fields(kind, pki.alice.der, der_of(issuing.cert), data), kind)


# -- what is wrong around them ------------------------------------------------------------------------

def wrong_values(pki):
    """By format, values of its field."""
    leaf, other = pki.alice.der, pki.mallory.der
    text, pem = base64_of(leaf), armoured(leaf)
    url, element = escaped(pem), envoy(leaf)
    broken = text[:40] + "%s" + text[40:]
    armour = [BEGIN, END, BEGIN + END, pem.replace(BEGIN, ""), pem.replace(END, ""), pem.replace("CERTIFICATE", "X509 CRL"),
              pem.replace(BEGIN, "-----BEGIN TRUSTED CERTIFICATE-----"), pem + "x", "x" + pem, pem.replace("M", "*", 1),
              pem.replace("=", "") if "=" in pem else pem[:30], text]
    quoted = [escaped(one) for one in armour]
    torn = [url + "%", url + "%4", url.replace("%0A", "%0G", 1), url.replace("%0A", "%00", 1), "%00", url + "%00",
            url.replace("%0A", "%", 1), "%2", "%%", url + " x", url.replace("%20", "\t\xff", 1)]
    return {
        "rfc9440": [
            text, ":" + text, text + ":", "::", ":", f":{text}:x", f":{text}:, :{base64_of(other)}:",
            f":{text}:,", f",:{text}:", f": {text}:", f":{broken % ' '}:", f":{broken % '-'}:", f":{broken % '%2B'}:",
            f":{broken % '='}:", f'":{text}:"', f"?{text}?", f"(:{text}:)", PROXY_SG, url, f'"{text}"', element, "?1", "1"],
        "xfcc": [
            element + '"', element.replace('Cert="', 'Cert='), element[:-1], element + ";" + element, element + ";Cert",
            element + ";Hash", f'Cert="{text}"', f'"Cert"="{url}"', f'Cert="\\"{url}\\""', f'Cert=""{url}""',
            f'Cert="{url}"x', text, ";", "garbage", *(f'Cert="{one}"' for one in quoted + torn), f'Chain="{url}%00"',
            f'{element};Chain="%zz"'],
        "nginx": [*quoted, *torn, f'"{url}"', url + "," + url, url + ", " + url, url + url, f":{text}:", "(nil)", "null",
                  "NULL", "NONE", "-", pem + "x"],
        "haproxy": [
            '"', f'"{text}', f'{text}"', f'""{text}""', f'"{text}""', f'"{text}","{text}"', f"{text}, {text}", f"'{text}'",
            broken % " ", broken % "-", broken % "=", broken % "\\", text.rstrip("=") + "*", url, f":{text}:", BEGIN,
            "(null)", "-", f'" {text}"'],
        "traefik": [
            ",", text + ",", "," + text, f"{text},,{text}", f"{text};{text}", f'"{text}"', broken % " ", broken % "%2B",
            broken % "=", url, f":{text}:", f"{text},x", "-"],
        "aws": [*quoted, *torn, f'"{url}"', url + "," + url, f":{text}:", "NONE", "-"],
    }


@pytest.mark.parametrize("kind", FORMATS)
def test_a_value_that_is_not_of_its_format(server, pki, kind):
    with connect(server, "http/1.1", kind) as connection:
        for value in wrong_values(pki)[kind]:
            refused(server, connection, [(FIELD[kind], value.replace("\n", " "))], kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_junk(server, kind):
    """64 KiB, and every octet that a field's value can have."""
    every = "".join(map(chr, [9, *range(0x20, 0x7f), *range(0x80, 0x100)]))
    values = [JUNK, "A" * 65536, "=" * 65536, ":" * 65536, '"' * 65536, "," * 65536, "%" * 65536, "%00" * 20000,
              "%2" * 30000, "\\" * 65535, every, every[::-1], "-" * 65536, BEGIN * 2400, '";' * 32768]
    with connect(server, "http/1.1", kind) as connection:
        for value in values:
            refused(server, connection, [(FIELD[kind], value.strip())], kind)


def test_a_field_twice(server, pki):
    """Whichever of two values was meant, nobody knows; a list, as XFCC and the chain are, is another thing."""
    for kind in FORMATS:
        once, again, other = (of(kind, one) for one in (pki.alice, pki.alice, pki.mallory))
        with connect(server, "http/1.1", kind) as connection:
            for headers in [*once, *again], [*once, *other]:
                if kind in ("xfcc", "traefik"):
                    assert connection.get("/index.html", headers).status in (200, 400)
                else:
                    refused(server, connection, headers, kind)
            if kind != "xfcc":
                refused(server, connection, [*once, (FIELD[kind], "x")], kind)
    server.allow_log("CC0210")


def test_a_chain_without_a_certificate(server, pki):
    with connect(server, "http/1.1", "rfc9440") as connection:
        refused(server, connection, [(CHAIN_FIELD, byte_sequence(pki.alice.der))], "rfc9440")
        refused(server, connection, [(CHAIN_FIELD, "x")], "rfc9440")


def test_a_chain_that_is_not_one(server, pki):
    leaf, item = fields("rfc9440", pki.alice.der), byte_sequence(pki.ca.client().der)
    with connect(server, "http/1.1", "rfc9440") as connection:
        for value in (item + ",", "," + item, f"{item},,{item}", f"{item} {item}", f"({item})", "x", "::",
                      item + ", x", PROXY_SG, item[1:-1], ":" * 1000, f"{item}, :{'A' * 40000}:"):
            refused(server, connection, [*leaf, (CHAIN_FIELD, value)], "rfc9440")


def test_both_fields_of_aws(server, pki):
    leaf, passed = fields("aws", pki.alice.der), fields("aws", pki.alice.der, der_of(pki.ca.cert))
    with connect(server, "http/1.1", "aws") as connection:
        for headers in [*leaf, *passed], [*passed, *leaf], [*leaf, (PASSED_THROUGH, "x")]:
            refused(server, connection, headers, "aws")


def test_the_hop_that_counts_has_to_be_readable_and_the_list_whole(server, pki):
    good = envoy(pki.alice.der)
    for name in "xfcc", "first":
        with connect(server, "http/1.1", name) as connection:
            for value in f'{good},Cert="', f'{good},Hash="a', f'Cert="x",Cert="y"', f'Subject="a,{good}':
                response = connection.get(headers=[(FIELD["xfcc"], value)])
                assert response.status == 400, value
    server.expect_log("CC0210", times=8)


def test_the_log_names_the_field_by_the_name_that_it_has_here(server):
    with connect(server, "http/1.1", "named") as connection:
        assert connection.get(headers=[("X-Mine", "a\\b\"c")]).status == 400
    assert "X-Mine" in server.expect_log("CC0210", times=1)[0]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_bad_value_does_not_reach_a_rule_a_script_or_an_error_page(server, pki, kind):
    """Every way through the server: a rule that lets everybody in, too."""
    with connect(server, "https/1.1", kind) as connection:
        for path in "/index.html", "/secret", "/nowhere", "/":
            assert connection.get(path, [(FIELD[kind], "junk")]).status == 400, path
        assert connection.request("POST", "/index.html", [(FIELD[kind], "junk")], b"body").status == 400
        assert connection.request("OPTIONS", "*", [(FIELD[kind], "junk")]).status in (200, 400)
        assert connection.get("/index.html", of(kind, pki.alice)).status == 200
    server.allow_log("CC0210")
