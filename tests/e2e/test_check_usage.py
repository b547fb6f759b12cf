# SPDX-License-Identifier: Apache-2.0
"""clientcert-check: its arguments, what it cannot read, and what it says then."""
import re
import subprocess

from harness.check import BAD, GOOD, PROGRAM, USAGE, Run, check, complains
from harness.crls import crl, pem


# -- what cannot be read -----------------------------------------------------------------------------

def test_files_that_cannot_be_read(pki, file, tmp_path):
    missing = tmp_path / "missing"
    check(missing).only_says(BAD, f' crl: "{missing}" cannot be opened: No such file or directory')
    check(tmp_path).only_says(BAD, f' crl: "{tmp_path}" is a directory: one of its files is expected')
    path = file("text", b"hello\n")
    check(path).only_says(BAD, f' crl: "{path}" is refused: there is no CRL in it, neither DER nor PEM')
    good = crl(pki.ca)
    for name, content in [("empty", b""), ("cut", good[:-1]), ("longer", good + b"\0"),
                          ("certificate", pki.ca.cert.read_bytes()), ("second", pem(good, good[:-1]))]:
        path = file(name, content)
        seen = check(path)
        assert (seen.status, seen.out) == (BAD, ""), name
        assert seen.err.startswith(f'clientcert-check crl: "{path}" is refused: ') and seen.err.count("\n") == 1


def test_names_with_control_characters_are_escaped(tmp_path):
    seen = check(tmp_path / "a\x1b[31m\n")
    assert "\\x1B[31m\\x0A" in seen.err and seen.err.count("\n") == 1


def test_standard_output_that_cannot_be_written(pki, file):
    path = file("full.crl", crl(pki.ca))
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "crl", path], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (BAD, "clientcert-check: cannot write to standard output\n")


# -- URLs --------------------------------------------------------------------------------------------

def test_urls_that_cannot_be_fetched(origin):
    check(origin.url + "/none").only_says(
        BAD, f" crl: {origin.url}/none: the server answered with status 404; 200 was expected")
    check("file:///etc/passwd").only_says(
        BAD, ' crl: "file:///etc/passwd" is no URL of a CRL: http, https, ldap or ldaps is expected, not file')
    url = origin.put("/text", b"hello")
    check(url).only_says(BAD, f' crl: "{url}" is refused: there is no CRL in it, neither DER nor PEM')


# -- arguments ---------------------------------------------------------------------------------------

def test_help():
    overview, command = Run("--help"), check("--help")
    assert (overview.status, command.status, overview.err + command.err) == (0, 0, "")
    assert re.search(r"^  crl        look at certificate revocation lists$", overview.out, re.M)
    for option in ["--ca FILE", "--serial HEX", "--issuer NAME", "--json", "--forget-number ISSUER", "--state-dir PATH"]:
        assert option in command.out
    assert re.findall(r"^  (\d)  ", command.out, re.M) == ["0", "1", "2", "3", "4", "5"]
    assert max(map(len, (overview.out + command.out).splitlines())) <= 100
    assert check("x", "-h").out == command.out


def test_wrong_arguments(pki, file, tmp_path):
    path = file("any.crl", crl(pki.ca))
    Run().only_says(USAGE, ": a command is missing (clientcert-check --help tells more)")
    Run("crls").only_says(USAGE, ': "crls" is no command (clientcert-check --help tells more)')
    complains("one FILE or URL is expected, not 0")
    complains("one FILE or URL is expected, not 2", path, path)
    complains('"--sreial" is no option', path, "--sreial", "01")
    complains("--ca needs a value: FILE", path, "--ca")
    complains("--json takes no value", path, "--json=yes")
    complains("--serial is given twice", path, "--serial", "01", "--serial=02")
    complains('"1g" is no serial number: hexadecimal digits are expected', path, "--serial", "1g")
    complains('"" is no serial number: hexadecimal digits are expected', path, "--serial=")
    complains("--issuer goes with --serial", path, "--issuer", "CN=x")
    complains('"x" is no distinguished name of RFC 4514, it has no \'=\' in "x"', path, "--serial=1", "--issuer=x")
    complains(f'--ca takes CA certificates in PEM: "{tmp_path}/none" cannot be opened: No such file or directory', path, "--ca", tmp_path / "none")
    complains(f'--ca takes CA certificates in PEM: there is none in "{path}"', path, "--ca", path)
    complains("--state-dir goes with --forget-number", path, "--state-dir", tmp_path)


def test_a_file_that_looks_like_an_option(pki, tmp_path):
    (tmp_path / "-x").write_bytes(crl(pki.ca))
    done = subprocess.run([PROGRAM, "crl", "--", "-x"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0]) == (GOOD, "-x")


# -- forgetting numbers ------------------------------------------------------------------------------

def test_forgetting_a_number(tmp_path):
    (tmp_path / "forget").mkdir()
    seen = check("--forget-number", "CN=Test CA,O=Test", "--state-dir", tmp_path)
    assert (seen.status, seen.out, seen.err) == (GOOD, "", "")
    requests = list((tmp_path / "forget").iterdir())
    assert len(requests) == 1
    assert check("--forget-number=cn=TEST  ca,o=test", f"--state-dir={tmp_path}").status == GOOD
    assert list((tmp_path / "forget").iterdir()) == requests


def test_forgetting_what_cannot_be_forgotten(tmp_path):
    check("--forget-number", "CN=x", "--state-dir", tmp_path / "none").only_says(
        BAD, f' crl: cannot write into the state directory "{tmp_path}/none": No such file or directory')
    complains('"x" is no distinguished name of RFC 4514, it has no \'=\' in "x"', "--forget-number", "x")
    complains("--forget-number takes --state-dir and nothing else", "--forget-number", "CN=x", "file")
    complains("--forget-number takes --state-dir and nothing else", "--forget-number", "CN=x", "--json")
