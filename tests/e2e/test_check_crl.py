# SPDX-License-Identifier: Apache-2.0
"""clientcert-check crl: every line that a person sees, what programs get, and the exit status."""
import json
import os
import re
import subprocess

import pytest
from harness import der
from harness.crls import crl, pem
from harness.origin import Origin
from harness.pki import openssl

PROGRAM = os.environ["CLIENTCERT_CHECK"]
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not re.fullmatch(r"(?i)(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE", name)}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
GOOD, BAD, USAGE, REVOKED, WAITING, OVERDUE = range(6)


class Run:
    def __init__(self, *arguments, environment=None):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              env={**ENVIRONMENT, **(environment or {})})
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert re.fullmatch(r"[ -~\n]*", self.out + self.err)

    @property
    def rows(self):
        """What stands behind each label, times as TIME; for one CRL."""
        head, *lines = self.out.splitlines()
        rows = {line[2:16].strip(): re.sub(TIME, "TIME", line[16:]) for line in lines}
        assert len(rows) == len(lines) and all(line.startswith("  ") and line[15] == " " for line in lines), self.out
        return rows

    @property
    def json(self):
        return json.loads(self.out)

    def only_says(self, status, text):
        """Nothing but one line on standard error."""
        assert (self.status, self.out, self.err) == (status, "", f"clientcert-check{text}\n")


def check(*arguments, **options):
    return Run("crl", *arguments, **options)


def complains(text, *arguments):
    check(*arguments).only_says(USAGE, f" crl: {text} (clientcert-check crl --help tells more)")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    directory = tmp_path_factory.mktemp("crls")

    def write(name, content):
        path = directory / name
        path.write_bytes(content)
        return path
    return write


@pytest.fixture(scope="module")
def origin():
    made = Origin()
    yield made
    made.close()


# -- what it tells -----------------------------------------------------------------------------------

def test_every_line_of_a_good_crl(pki, file):
    path = file("good.crl", crl(pki.ca, ["1002", ("1003", "superseded")], number=12, since="-9d", until="+1d"))
    seen = check(path, "--ca", pki.ca.cert)
    assert (seen.status, seen.err) == (GOOD, "")
    assert seen.out.splitlines()[0] == str(path)
    assert list(seen.rows.items()) == [
        ("issuer", "CN=Test CA,O=Test"),
        ("number", "12"),
        ("kind", "complete"),
        ("this update", "TIME"),
        ("next update", "TIME; 90.0% of its life is over"),
        ("scope", "all certificates of its issuer"),
        ("entries", "2"),
        ("size", f"{path.stat().st_size} octets of DER"),
        ("signature", "ecdsa-with-SHA256, good, by CN=Test CA,O=Test"),
        ("the module", "puts it in force"),
    ]
    update = openssl("crl", "-inform", "DER", "-in", path, "-noout", "-lastupdate", "-dateopt", "iso_8601").decode()
    assert f"this update   {update.strip().partition('=')[2].replace(' ', 'T')}" in seen.out


def test_without_ca_the_signature_is_not_checked(pki, file):
    seen = check(file("unchecked.crl", crl(pki.ca)))
    assert seen.status == GOOD
    assert seen.rows["signature"] == "ecdsa-with-SHA256, not checked (--ca names the CA certificates)"
    assert seen.rows["the module"] == "needs the CA certificates to say"


def test_pem_and_der_are_told_alike(pki, file):
    made = crl(pki.ca, ["01"])
    lines = [check(file(name, content), "--ca", pki.ca.cert).out.splitlines()[1:]
             for name, content in [("same.crl", made), ("same.pem", pem(made))]]
    assert lines[0] == lines[1]


def test_a_crl_of_version_1_has_no_number(pki, file):
    seen = check(file("old.crl", crl(pki.ca, ["01"], minimal=True)), "--ca", pki.ca.cert)
    assert (seen.status, seen.rows["number"], seen.rows["the module"]) == (GOOD, "none", "puts it in force")


def test_a_large_number_is_hexadecimal(pki, file):
    assert check(file("n.crl", crl(pki.ca, number=2 ** 64 - 1))).rows["number"] == "18446744073709551615"
    assert check(file("n.crl", crl(pki.ca, number=2 ** 68))).rows["number"] == "0x100000000000000000"


@pytest.mark.parametrize("point, lines", [
    ("onlyuser:TRUE", {"scope": "end-entity certificates only of its issuer"}),
    ("onlyCA:TRUE", {"scope": "CA certificates only of its issuer"}),
    ("onlyAA:TRUE", {"scope": "attribute certificates only of its issuer"}),
    ("indirectCRL:TRUE", {"scope": "all certificates, of other issuers too (indirect)"}),
    ("onlysomereasons:keyCompromise,CACompromise",
     {"scope": "all certificates of its issuer; revoked for keyCompromise, cACompromise only"}),
    ("fullname:URI:http://crl.example.com/1.crl", {"scope": "all certificates of its issuer",
                                                   "published at": 'URI "http://crl.example.com/1.crl"'}),
])
def test_the_scope_is_told(pki, file, point, lines):
    name, _, value = point.partition(":")
    section = f"critical,@point\n[point]\n{name} = {value}"
    rows = check(file("scope.crl", crl(pki.ca, extensions={"issuingDistributionPoint": section}))).rows
    assert {label: rows[label] for label in lines} == lines


def test_a_delta_names_its_base(pki, file):
    delta = crl(pki.ca, number=9, extensions={"deltaCRL": "critical,ASN1:INTEGER:7", "2.5.29.27": None})
    assert check(file("delta.crl", delta)).rows["kind"] == "delta: what changed since number 7"


def test_without_next_update_there_is_no_life(pki, file):
    """openssl's command line cannot make such a CRL."""
    crl_with_one = crl(pki.ca, minimal=True)
    outer, length = crl_with_one[3:], crl_with_one[4]  # behind a length of two octets, then of one
    to_be_signed, rest = outer[2:2 + length], outer[2 + length:]
    next_update = re.findall(rb"\x17\x0d\d{12}Z", to_be_signed)[1]
    shorter = der.tlv(der.SEQUENCE, to_be_signed.replace(next_update, b""))
    cut = der.tlv(der.SEQUENCE, shorter + rest)
    seen = check(file("forever.crl", cut))
    assert (seen.status, seen.rows["next update"]) == (GOOD, "none")
    told = check(file("forever.crl", cut), "--json").json["crls"][0]
    assert told["next_update"] is None and told["life_over_percent"] is None


def test_several_crls_in_a_file(pki, file):
    other = pki.authority("/CN=Other CA")
    path = file("several.pem", pem(crl(pki.ca), crl(other)))
    seen = check(path, "--ca", pki.ca.cert, "--ca", other.cert)
    assert seen.status == GOOD
    first, second = seen.out.split("\n\n")
    assert first.startswith(f"{path}, CRL 1 of 2\n  issuer        CN=Test CA,O=Test\n")
    assert second.startswith(f"{path}, CRL 2 of 2\n  issuer        CN=Other CA\n")
    assert seen.out.count("puts it in force") == 2


# -- what the module would say -----------------------------------------------------------------------

def test_an_unknown_issuer_is_waited_for(pki, file):
    other = pki.authority("/CN=Not Configured")
    seen = check(file("pending.crl", crl(other, number=5)), "--ca", pki.ca.cert)
    assert seen.status == WAITING
    assert seen.rows["signature"] == "ecdsa-with-SHA256, not checked"
    assert seen.rows["the module"] == (
        'does not use it yet: the CRL of "CN=Not Configured" (number 5) waits until its issuer\'s certificate is known: '
        "from a client's chain, the CA file or ClientCertCRLIssuer")


def test_a_forged_signature_is_refused(pki, file):
    forger = pki.authority("/O=Test/CN=Test CA")
    forged = crl(forger, number=5, extensions={"authorityKeyIdentifier": None})
    seen = check(file("forged.crl", forged), "--ca", pki.ca.cert)
    assert seen.status == BAD
    assert seen.rows["signature"] == "ecdsa-with-SHA256, not accepted"
    assert seen.rows["the module"] == ('refuses it: the CRL of "CN=Test CA,O=Test" (number 5) is not signed with the key '
                                       "of any known certificate of that name")


def test_a_ca_without_crl_sign_is_refused(pki, file):
    ca = pki.authority("/CN=No CRLs", extensions={"keyUsage": "critical,keyCertSign"})
    seen = check(file("usage.crl", crl(ca)), "--ca", ca.cert)
    assert seen.status == BAD
    assert "keyUsage has no cRLSign" in seen.rows["the module"]


def test_a_crl_of_tomorrow_waits(pki, file):
    path = file("tomorrow.crl", crl(pki.ca, since="+1d", number=5))
    for arguments, signature in [([], "not checked"), (["--ca", pki.ca.cert], "good, by CN=Test CA,O=Test")]:
        seen = check(path, *arguments)
        assert seen.status == WAITING
        assert seen.rows["next update"] == "TIME; its life has not begun"
        assert seen.rows["signature"] == f"ecdsa-with-SHA256, {signature}"
        assert seen.rows["the module"] == (
            'does not use it yet: the CRL of "CN=Test CA,O=Test" (number 5) is of TIME, which is still to come, and '
            "waits until then")


def test_five_minutes_of_skew_are_allowed(pki, file):
    assert check(file("skew.crl", crl(pki.ca, since="+4m")), "--ca", pki.ca.cert).status == GOOD


def test_an_overdue_crl(pki, file):
    path = file("overdue.crl", crl(pki.ca, since="-2d", until="-1d"))
    told = ": ClientCertCRLPolicy expired=... says what then happens"
    for arguments, module in [([], "finds it overdue"), (["--ca", pki.ca.cert], "puts it in force, overdue")]:
        seen = check(path, *arguments)
        assert seen.status == OVERDUE
        assert (seen.rows["next update"], seen.rows["the module"]) == ("TIME; overdue", module + told)


def test_the_issuing_ca_is_found_below_its_root(pki, file):
    sub = pki.ca.intermediate("/CN=Issuing CA")
    path = file("sub.crl", crl(sub))
    assert check(path, "--ca", pki.bundle(pki.ca, sub)).rows["signature"].endswith("good, by CN=Issuing CA")
    assert check(path, "--ca", pki.ca.cert).status == WAITING
    seen = check(path, "--ca", sub.cert)
    assert (seen.status, "without a path to a trusted one" in seen.rows["the module"]) == (BAD, True)


# -- one certificate ---------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def listed(pki, file):
    return file("listed.crl", crl(pki.ca, ["1002", ("1003", "certificateHold"), "8001", "00A1B2C3D4E5F60718"]))


@pytest.mark.parametrize("serial, shown, answer, status", [
    ("1001", "1001", "not revoked", GOOD),
    ("1002", "1002", "REVOKED: unspecified (TIME)", REVOKED),
    ("1003", "1003", "REVOKED: certificateHold (TIME)", REVOKED),
    ("0x1003", "1003", "REVOKED: certificateHold (TIME)", REVOKED),
    ("10:03", "1003", "REVOKED: certificateHold (TIME)", REVOKED),
    ("8001", "8001", "REVOKED: unspecified (TIME)", REVOKED),
    ("a1b2c3d4e5f60718", "A1B2C3D4E5F60718", "REVOKED: unspecified (TIME)", REVOKED),
    ("0", "00", "not revoked", GOOD),
    ("001", "01", "not revoked", GOOD),
])
def test_one_certificate(pki, listed, serial, shown, answer, status):
    for arguments in [], ["--ca", pki.ca.cert]:
        seen = check(listed, "--serial", serial, *arguments)
        assert (seen.rows["certificate"], seen.status) == (f"{shown}: {answer}", status)


def test_the_issuer_of_the_certificate_counts(listed):
    seen = check(listed, "--serial=1002", "--issuer=o=TEST,cn=other")
    assert (seen.rows["certificate"], seen.status) == ("1002: is of another issuer than those of this CRL", GOOD)
    assert check(listed, "--serial=1002", "--issuer=cn=TEST ca,o=test").status == REVOKED


def test_a_refused_crl_revokes_nobody(pki, file):
    forger = pki.authority("/O=Test/CN=Test CA")
    forged = file("forged2.crl", crl(forger, ["1002"], extensions={"authorityKeyIdentifier": None}))
    assert check(forged, "--ca", pki.ca.cert, "--serial", "1002").status == BAD


def test_an_overdue_crl_still_revokes(pki, file):
    path = file("late.crl", crl(pki.ca, ["1002"], since="-2d", until="-1d"))
    assert check(path, "--serial", "1002").status == REVOKED


def test_a_delta_has_the_last_word(pki, file):
    def delta(revoked):
        return crl(pki.ca, revoked, extensions={"deltaCRL": "critical,ASN1:INTEGER:1"})
    base = crl(pki.ca, [("1002", "certificateHold")])
    told = check(file("d.pem", pem(base, delta([("1002", "removeFromCRL")]))), "--serial", "1002")
    assert told.status == GOOD
    assert "removed from the CRL, not revoked any more" in told.out
    told = check(file("d.pem", pem(base, delta([]))), "--serial", "1002")
    assert told.status == REVOKED
    assert "not in it: nothing has changed" in told.out
    assert check(file("d.pem", pem(delta(["1003"]), base)), "--serial", "1003").status == REVOKED


# -- for programs ------------------------------------------------------------------------------------

def test_json(pki, file):
    path = file("json.crl", crl(pki.ca, [("1002", "keyCompromise")], number=300, since="-1d", until="+3d"))
    seen = check(path, "--ca", pki.ca.cert, "--serial", "1002", "--json")
    assert seen.status == REVOKED
    told = seen.json
    one = told["crls"][0]
    for dated, name in [(one, "this_update"), (one, "next_update"), (one["certificate"], "date")]:
        assert re.fullmatch(TIME, dated.pop(name))
    assert told == {
        "source": str(path), "use": "in-force", "revoked": True,
        "crls": [{
            "issuer": "CN=Test CA,O=Test", "number": "300", "delta_base": None, "life_over_percent": 25.0,
            "scope": {"only_user_certificates": False, "only_ca_certificates": False,
                      "only_attribute_certificates": False, "indirect": False, "reasons": None, "published_at": []},
            "entries": 1, "size": path.stat().st_size, "signature_algorithm": "ecdsa-with-SHA256",
            "signed_by": "CN=Test CA,O=Test", "use": "in-force",
            "certificate": {"serial": "1002", "covered": True, "listed": True, "reason": "keyCompromise"},
        }],
    }


def test_json_of_what_is_not_in_force(pki, file):
    other = pki.authority("/CN=Not Configured")
    told = check(file("two.pem", pem(crl(pki.ca), crl(other))), "--ca", pki.ca.cert, "--json").json
    assert [one["use"] for one in told["crls"]] == ["in-force", "waiting"]
    assert told["use"] == "waiting" and "waits until its issuer's" in told["crls"][1]["why"]
    assert told["crls"][1]["signed_by"] is None and "revoked" not in told


def test_json_of_what_cannot_be_read(file):
    seen = check(file("no.crl", b"no CRL"), "--json")
    assert seen.status == BAD and seen.json["use"] == "refused" and "there is no CRL in it" in seen.json["why"]


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

def test_a_url(pki, origin):
    url = origin.put("/ca.crl", crl(pki.ca, ["1002"]))
    seen = check(url, "--ca", pki.ca.cert, "--serial", "1002")
    assert (seen.status, seen.out.splitlines()[0]) == (REVOKED, url)
    assert seen.rows["the module"] == "puts it in force"


def test_a_password_is_not_shown(pki, origin):
    url = origin.put("/ca.crl", crl(pki.ca))
    seen = check(url.replace("://", "://me:secret@"))
    assert (seen.status, seen.out.splitlines()[0]) == (GOOD, url)
    assert origin.asked("/ca.crl")[-1].value("Authorization").startswith("Basic ")


def test_urls_that_cannot_be_fetched(origin):
    check(origin.url + "/none").only_says(
        BAD, f" crl: {origin.url}/none: the server answered with status 404; 200 was expected")
    check("file:///etc/passwd").only_says(
        BAD, ' crl: "file:///etc/passwd" is no URL of a CRL: http, https, ldap or ldaps is expected, not file')
    url = origin.put("/text", b"hello")
    check(url).only_says(BAD, f' crl: "{url}" is refused: there is no CRL in it, neither DER nor PEM')


def test_https_with_the_ca_of_the_environment(pki):
    ca = pki.authority("/CN=Private Web CA")
    secure = Origin(ca.server("localhost"))
    try:
        url = secure.put("/ca.crl", crl(pki.ca))
        seen = check(url)
        assert seen.status == BAD and "certificate" in seen.err and "SSL_CERT_FILE" in seen.err
        assert check(url, environment={"SSL_CERT_FILE": str(ca.cert)}).status == GOOD
        assert check(url, environment={"CURL_CA_BUNDLE": str(ca.cert)}).status == GOOD
    finally:
        secure.close()


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
    complains(f'"{tmp_path}/none" cannot be opened: No such file or directory', path, "--ca", tmp_path / "none")
    complains(f'"{path}" has no certificate in PEM in it', path, "--ca", path)
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
