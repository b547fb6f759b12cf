# SPDX-License-Identifier: Apache-2.0
"""What a trusted proxy sends and nobody can read: 400 with the field and the trouble in the log; no request of
these gets in, none of them brings the server down, and the next one is served."""
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


class Proxy:
    """Asks on one connection for as long as it lasts: httpd ends one of HTTP/1.1 with every 400."""

    def __init__(self, server, way, kind, name=None):
        self._server, self._way, self._kind, self._name = server, way, kind, name or kind
        self._connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._connection:
            self._connection.__exit__()

    def get(self, headers):
        self._connection = self._connection or connect(self._server, self._way, self._name)
        response = self._connection.get("/index.html", headers)
        if response.header("Connection") == "close":
            self._connection.__exit__()
            self._connection = None
        return response

    def refused(self, headers):
        """400, and one line that names the field; the next request is served."""
        mark = self._server.mark()
        response = self.get(headers)
        assert response.status == 400, (response.status, [(name, value[:100]) for name, value in headers])
        line, = self._server.errors.wait("CC0210", since=mark)
        names = {name.lower() for name, _ in headers} | {FIELD[self._kind].lower()}
        assert ":error]" in line and any(name in line.lower() for name in names), line
        assert len(line) < 1000, "the log has the whole value"
        self._server.allow_log("CC0210")

    def serves(self):
        return who(self.get(of(self._kind, self._server.pki.alice))).verify == "SUCCESS"


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
    with Proxy(server, way, kind) as proxy:
        for what, data in octets.items():
            if what == "no octets" and kind in ("haproxy", "traefik"):
                continue  # says that there is no certificate
            proxy.refused(fields(kind, data))
        assert proxy.serves()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_over_http_2(server, octets, kind):
    with Proxy(server, "h2", kind) as proxy:
        for what in "text", "one octet more", "twice", "cut off", "a CRL", "BER: a longer length":
            proxy.refused(fields(kind, octets[what]))
            assert proxy.serves()


@pytest.mark.parametrize("kind", CHAINED)
def test_octets_that_are_no_certificate_in_the_chain(server, pki, octets, kind):
    issuing = pki.ca.intermediate("/CN=Issuing")
    with Proxy(server, "http/1.1", kind) as proxy:
        for what, data in octets.items():
            if len(data) > 40000:
                continue
            proxy.refused(fields(kind, pki.alice.der, data))
            proxy.refused(fields(kind, pki.alice.der, der_of(issuing.cert), data))
        assert proxy.serves()


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
            f'Cert="{url}"x', f":{text}:", ";", "garbage", *(f'Cert="{one}"' for one in quoted + torn), f'Chain="{url}%00"',
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
    with Proxy(server, "http/1.1", kind) as proxy:
        for value in wrong_values(pki)[kind]:
            proxy.refused([(FIELD[kind], value.replace("\n", " "))])


@pytest.mark.parametrize("kind", FORMATS)
def test_junk(server, kind):
    """64 KiB, and every octet that a field's value can have."""
    every = "".join(map(chr, [9, *range(0x20, 0x7f), *range(0x80, 0x100)]))
    values = [JUNK, "A" * 65536, "=" * 65536, ":" * 65536, '"' * 65536, "," * 65536, "%" * 65536, "%00" * 20000,
              "%2" * 30000, "\\" * 65535, every, every[::-1], "-" * 65536, BEGIN * 2400, '";' * 32768]
    with Proxy(server, "http/1.1", kind) as proxy:
        for value in values:
            if kind != "xfcc" or value.strip(","):  # that is a list without elements
                proxy.refused([(FIELD[kind], value.strip())])


def test_a_field_twice(server, pki):
    """Whichever of two values was meant, nobody knows; a list, as XFCC and the chain are, is another thing."""
    for kind in FORMATS:
        once, again, other = (of(kind, one) for one in (pki.alice, pki.alice, pki.mallory))
        with Proxy(server, "http/1.1", kind) as proxy:
            for headers in [*once, *again], [*once, *other]:
                if kind in ("xfcc", "traefik"):
                    assert proxy.get(headers).status in (200, 400)
                else:
                    proxy.refused(headers)
            if kind != "xfcc":
                proxy.refused([*once, (FIELD[kind], "x")])
    server.allow_log("CC0210")


def test_a_chain_without_a_certificate(server, pki):
    with Proxy(server, "http/1.1", "rfc9440") as proxy:
        proxy.refused([(CHAIN_FIELD, byte_sequence(pki.alice.der))])
        proxy.refused([(CHAIN_FIELD, "x")])


def test_a_chain_that_is_not_one(server, pki):
    leaf, item = fields("rfc9440", pki.alice.der), byte_sequence(pki.ca.client().der)
    with Proxy(server, "http/1.1", "rfc9440") as proxy:
        for value in (item + ",", "," + item, f"{item},,{item}", f"{item} {item}", f"({item})", "x", "::",
                      item + ", x", PROXY_SG, item[1:-1], ":" * 1000, f"{item}, :{'A' * 40000}:"):
            proxy.refused([*leaf, (CHAIN_FIELD, value)])


def test_both_fields_of_aws(server, pki):
    leaf, passed = fields("aws", pki.alice.der), fields("aws", pki.alice.der, der_of(pki.ca.cert))
    with Proxy(server, "http/1.1", "aws") as proxy:
        for headers in [*leaf, *passed], [*passed, *leaf], [*leaf, (PASSED_THROUGH, "x")]:
            proxy.refused(headers)


def test_the_hop_that_counts_has_to_be_readable_and_the_list_whole(server, pki):
    good = envoy(pki.alice.der)
    for name in "xfcc", "first":
        with Proxy(server, "http/1.1", "xfcc", name) as proxy:
            for value in f'{good},Cert="', f'{good},Hash="a', 'Cert="x",Cert="y"', f'Subject="a,{good}':
                proxy.refused([(FIELD["xfcc"], value)])


def test_the_log_names_the_field_by_the_name_that_it_has_here(server):
    with connect(server, "http/1.1", "named") as connection:
        assert connection.get(headers=[("X-Mine", "a\\b\"c")]).status == 400
    assert "X-Mine" in server.expect_log("CC0210", times=1)[0]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_bad_value_does_not_reach_a_rule_a_script_or_an_error_page(server, pki, kind):
    """Every way through the server: a rule that lets everybody in, too."""
    bad = [(FIELD[kind], "junk")]
    for path in "/index.html", "/secret", "/nowhere", "/":
        with connect(server, "https/1.1", kind) as connection:
            assert connection.get(path, bad).status == 400, path
    with connect(server, "https/1.1", kind) as connection:
        assert connection.request("POST", "/index.html", bad, b"body").status == 400
    server.expect_log("CC0210", times=5)
