# SPDX-License-Identifier: Apache-2.0
"""clientcert-check crl: every line that a person sees, what programs get, and the exit status."""
import re

import pytest
from harness import der
from harness.check import BAD, GOOD, OVERDUE, REVOKED, TIME, WAITING, check
from harness.crls import crl, pem
from harness.origin import Origin
from harness.pki import openssl


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


@pytest.mark.parametrize("name, status", [("/O=Test/CN=Test CA", BAD), ("/CN=Not Configured", WAITING)])
def test_a_crl_that_is_not_used_revokes_nobody(pki, file, name, status):
    other = pki.authority(name)
    path = file("unused.crl", crl(other, ["1002"], extensions={"authorityKeyIdentifier": None}))
    seen = check(path, "--ca", pki.ca.cert, "--serial", "1002")
    assert seen.status == status
    assert seen.rows["certificate"] == "1002: listed in what the module does not use: unspecified (TIME)"
    assert check(path, "--ca", pki.ca.cert, "--serial", "1002", "--json").json["revoked"] is False


def test_an_overdue_crl_still_revokes(pki, file):
    path = file("late.crl", crl(pki.ca, ["1002"], since="-2d", until="-1d"))
    assert check(path, "--serial", "1002").status == REVOKED


def test_a_delta_has_the_last_word(pki, file):
    def delta(revoked):
        return crl(pki.ca, revoked, extensions={"deltaCRL": "critical,ASN1:INTEGER:1"})
    base = crl(pki.ca, [("1002", "certificateHold")])
    told = check(file("d.pem", pem(base, delta([("1002", "removeFromCRL")]))), "--serial", "1002")
    assert told.status == GOOD
    assert ": not revoked any more: removeFromCRL (" in told.out
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
