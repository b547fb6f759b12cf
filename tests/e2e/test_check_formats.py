# SPDX-License-Identifier: Apache-2.0
"""clientcert-check formats: what each format sends, and certificates out of headers."""
import re
import subprocess

import pytest
from harness import der
from harness.check import BAD, GOOD, PROGRAM, USAGE, Run
from harness.odd_names import issue
from harness.pki import openssl

READABLE = {"rfc9440": "Client-Cert", "xfcc": "X-Forwarded-Client-Cert", "nginx": "X-SSL-Client-Cert",
            "haproxy": "X-SSL-CERT", "traefik": "X-Forwarded-Tls-Client-Cert", "aws": "X-Amzn-Mtls-Clientcert-Leaf"}
WITH_CHAIN = ("rfc9440", "xfcc", "traefik")
FORMATS = (*READABLE, "f5", "elb", "webmux")


def formats(*arguments):
    return Run("formats", *arguments)


def complains(text, *arguments):
    formats(*arguments).only_says(USAGE, f" formats: {text} (clientcert-check formats --help tells more)")


def read(lines, *arguments):
    """With the headers on standard input."""
    done = subprocess.run([PROGRAM, "formats", "--read", *arguments, "-"], input=lines, capture_output=True, text=True)
    assert re.fullmatch(r"[ -~\n]*", done.stdout + done.stderr)
    return done


def headers(path, name):
    """{name: value} of what the format sends."""
    seen = formats(path, "--format", name)
    assert (seen.status, seen.err) == (GOOD, "")
    head, *lines = seen.out.splitlines()
    assert head.startswith(f"# {name}: ")
    return dict(line.split(": ", 1) for line in lines)


@pytest.fixture(scope="module")
def chain(pki, tmp_path_factory):
    """Alice's certificate, and that of her CA behind it."""
    path = tmp_path_factory.mktemp("formats") / "chain.pem"
    path.write_bytes(pem(pki.alice.cert) + pem(pki.ca.cert))
    return path


def pem(path):
    return openssl("x509", "-in", path)


# -- writing -----------------------------------------------------------------------------------------

def test_the_list():
    seen = formats()
    rows = [re.fullmatch(r"(\w+) +(read, write|write) +(\S.*)", line).groups() for line in seen.out.splitlines()]
    assert (seen.status, seen.err) == (GOOD, "")
    assert [name for name, *_ in rows] == [*FORMATS]
    assert [name for name, use, _ in rows if use == "read, write"] == [*READABLE]


def test_all_formats_one_below_the_other(chain):
    seen = formats(chain)
    blocks = seen.out.rstrip("\n").split("\n\n")
    assert (seen.status, seen.err) == (GOOD, "")
    assert [block[2:].partition(":")[0] for block in blocks] == [*FORMATS]
    assert [formats(chain, f"--format={name}").out.rstrip("\n") for name in FORMATS] == blocks
    assert formats("--format", "webmux", chain, "--format", "aws").out.rstrip("\n") == blocks[-1] + "\n\n" + blocks[5]


def test_values_are_those_of_openssl(pki):
    cert = pki.alice.cert
    say = {option: openssl("x509", "-in", cert, "-noout", option, *more).decode().strip().partition("=")[2].strip()
           for option, *more in [["-serial"], ["-fingerprint", "-sha1"], ["-subject", "-nameopt", "RFC2253"],
                                 ["-enddate"]]}
    sent = {**headers(cert, "nginx"), **headers(cert, "elb")}
    assert sent["X-SSL-Client-Serial"] == say["-serial"]
    assert sent["X-SSL-Client-Fingerprint"] == say["-fingerprint"].replace(":", "").lower()
    assert sent["X-SSL-Client-S-DN"] == say["-subject"]
    assert sent["X-Forwarded-Clientcert-end"] == say["-enddate"]
    assert sent["X-SSL-Client-Verify"] == "SUCCESS"


def test_odd_names_stay_on_their_lines(pki):
    subject = der.name(("O", b"a\r\nX-Evil: 1\r\n\r\nb"), ("OU", bytes(range(1, 0x20)) + b"\x7f"), ("CN", b"a\0b"))
    cert = issue(pki, "odd-lines", subject, pki.ca, 77).cert
    for name in FORMATS:
        assert len(headers(cert, name)) == len(headers(pki.alice.cert, name))
    assert headers(cert, "nginx")["X-SSL-Client-S-DN"].endswith(r",O=a\0D\0AX-Evil: 1\0D\0A\0D\0Ab")
    assert headers(cert, "haproxy")["X-SSL-Client-CN"] == r'a\00b'


# -- reading -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", READABLE)
def test_reading_what_was_written(pki, chain, name):
    expected = (chain.read_bytes() if name in WITH_CHAIN else pem(pki.alice.cert)).decode()
    lines = formats(chain, "--format", name).out
    for given in [lines, lines.replace("\n", "\r\n"), lines.replace(READABLE[name], READABLE[name].lower())]:
        seen = read(given, name)
        assert (seen.returncode, seen.stdout, seen.stderr) == (GOOD, expected, "")
    header = f"{READABLE[name]}: {headers(chain, name)[READABLE[name]]}"
    assert formats("--read", name, header).out.startswith(pem(pki.alice.cert).decode())


def test_reading_a_hop_of_xfcc(pki):
    one, other = (headers(cert, "xfcc")["X-Forwarded-Client-Cert"] for cert in (pki.alice.cert, pki.ca.cert))
    alice, ca = pem(pki.alice.cert).decode(), pem(pki.ca.cert).decode()
    for header in [[f"X-Forwarded-Client-Cert: {one},{other}"],
                   [f"X-Forwarded-Client-Cert: {one}", f"X-Forwarded-Client-Cert: {other}"]]:
        assert formats("--read", "xfcc", *header).out == ca
        assert formats("--read", "xfcc", "--hop", "last", *header).out == ca
        assert formats("--read", "xfcc", "--hop=first", *header).out == alice


def test_headers_that_cannot_be_read(chain):
    for name, value, why in [
            ("rfc9440", "junk", '"junk" is no Byte Sequence (RFC 8941, section 3.3.5): base64 between colons is expected'),
            ("rfc9440", ":aGVsbG8=:", "what is encoded is no certificate in DER"),
            ("xfcc", "Hash=00", "the element has neither Cert nor Chain: set_current_client_cert_details of Envoy has "
                                "to say cert: true and chain: true"),
            ("nginx", "%00\x1b", r'"\x00\x1B" is no certificate in PEM: -----BEGIN CERTIFICATE----- is expected'),
            ("haproxy", '""', "the header says that the client has no certificate"),
            ("traefik", "", "the header says that the client has no certificate")]:
        formats("--read", name, f"{READABLE[name]}: {value}").only_says(BAD, f" formats: {why}")


# -- arguments ---------------------------------------------------------------------------------------

def test_help():
    command = formats("--help")
    assert (command.status, command.err) == (GOOD, "")
    assert re.search(r"^  formats    show what header formats send, and read them$", Run("--help").out, re.M)
    for option in ["--format NAME", "--read FORMAT", "--hop first|last"]:
        assert re.search(rf"^  {re.escape(option)} ", command.out, re.M)
    assert re.findall(r"^  (\d)  ", command.out, re.M) == ["0", "1", "2"]
    assert max(map(len, command.out.splitlines())) <= 100


def test_files_that_cannot_be_read(pki, tmp_path):
    missing, text = tmp_path / "missing", tmp_path / "text"
    text.write_text("hello\n")
    formats(missing).only_says(BAD, f' formats: cannot read certificates: "{missing}" cannot be opened: No such file or '
                                    "directory")
    formats(text).only_says(BAD, f' formats: cannot read certificates: there is none in "{text}"')


def test_wrong_arguments(chain):
    readable, every = ", ".join(READABLE), ", ".join(FORMATS)
    complains("one FILE is expected, not 2", chain, chain)
    complains("one FILE is expected, not 0", "--format", "xfcc")
    complains(f'--format takes one of {every}, not "envoy"', chain, "--format", "envoy")
    complains(f'--read takes one of {readable}, not "f5"', "--read", "f5", "SSLClientCert: x")
    complains(f'--read takes one of {readable}, not "envoy"', "--read=envoy")
    complains("--format does not go with --read", "--read", "xfcc", "--format", "xfcc", "x: y")
    complains("--hop goes with --read", "--hop", "last", chain)
    complains('--hop takes first or last, not "2"', "--read", "xfcc", "--hop", "2")
    complains("--hop goes with a format that has several hops, not with nginx", "--read", "nginx", "--hop", "last")
    complains("no header is Client-Cert or Client-Cert-Chain", "--read", "rfc9440")
    complains("no header is X-SSL-CERT", "--read", "haproxy", "X-SSL-Client-Cert: x")
    for line in ["x", ": x", "a b: x", '"a": x']:
        shown = f"'{line}'" if '"' in line else f'"{line}"'
        complains(f'{shown} is no header: "Name: value" is expected', "--read", "xfcc", line)
    complains('"--raed" is no option', "--raed", "xfcc")
