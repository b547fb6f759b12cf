# SPDX-License-Identifier: Apache-2.0
"""Where CRLs come from, files and directories in every form; and what is no CRL, which changes nothing."""
import pytest
from harness.crls import becomes, crl, folder, hashed, outcome, pem, publish, ready, rewrite, rolled_over
from harness.curl import CurlError
from harness.waiting import wait_until

SITE = """
    ClientCertCRL ${file}
    ClientCertCRL ${folder}
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${both}
        SSLVerifyClient optional
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    </VirtualHost>
"""


@pytest.fixture(scope="module")
def other(pki):
    return pki.authority("/O=Test/CN=Other CA")


@pytest.fixture(scope="module")
def file(server, pki):
    return publish(folder(server) / "ca.crl", crl(pki.ca))


@pytest.fixture(scope="module")
def directory(server, other):
    made = folder(server, "directory")
    publish(made / "other.crl", crl(other))
    return made


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, other, file, directory):
    server.configure(SITE, modules="headers", file=file, folder=directory, both=pki.bundle(pki.ca, other))
    server.start()
    ready(server, pki.alice)


@pytest.fixture
def bob(pki):
    return pki.ca.client("/CN=Bob")


@pytest.fixture
def olga(other):
    return other.client("/CN=Olga")


def verdict(server, credential):
    try:
        response = server.curl(cert=credential)
    except CurlError as refused:
        return refused.code  # revoked: the handshake fails
    return response.status, response.header("X-Verify")


MISSING = (403, "FAILED crl-missing")


def becomes_missing(server, credential):
    server.allow_log("CC0101|CC0205")
    wait_until(lambda: verdict(server, credential) == MISSING, lambda: verdict(server, credential))


# -- forms -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("form", [pem, bytes])
def test_pem_and_der_one_after_the_other(server, pki, bob, olga, other, file, directory, form):
    publish(file, form(crl(pki.ca, [bob])))
    publish(directory / "other.crl", form(crl(other, [olga])))
    becomes(server, bob, "revoked")
    becomes(server, olga, "revoked")
    assert outcome(server, pki.alice) == 200


def test_several_crls_in_one_file(server, pki, bob, olga, other, file, directory):
    server.allow_log("CC0202.*is older than one")  # the file in the directory is
    publish(file, pem(crl(other, [olga]), crl(pki.ca, [bob])))
    becomes(server, bob, "revoked")
    becomes(server, olga, "revoked")
    publish(file, pem(crl(pki.ca), crl(other)))
    becomes(server, bob, 200)
    becomes(server, olga, 200)
    publish(directory / "other.crl", crl(other))


def test_a_number_is_revoked_for_its_own_issuer_only(server, pki, other, file, directory):
    bob, olga = (ca.client("/CN=Same number", serial="5A5A5A") for ca in (pki.ca, other))
    publish(file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked")
    assert outcome(server, olga) == 200
    publish(directory / "other.crl", crl(other, [olga]))
    publish(file, crl(pki.ca))
    becomes(server, olga, "revoked")
    becomes(server, bob, 200)
    publish(directory / "other.crl", crl(other))
    becomes(server, olga, 200)


# -- directories -------------------------------------------------------------------------------------

def test_files_come_to_a_directory_and_go(server, other, olga, directory):
    server.allow_log("CC0202.* is older than")  # both files may be read in one look, the newer one first
    assert outcome(server, olga) == 200
    publish(directory / "newer", pem(crl(other, [olga])))  # names do not matter
    becomes(server, olga, "revoked")
    (directory / "newer").unlink()
    (directory / "other.crl").unlink()
    becomes_missing(server, olga)
    publish(directory / "again.pem", pem(crl(other)))
    becomes(server, olga, 200)
    publish(directory / "other.crl", crl(other))
    (directory / "again.pem").unlink()
    becomes(server, olga, 200)


def test_a_file_written_piece_by_piece_into_a_directory_is_there_when_it_is_whole(server, other, olga, directory):
    server.allow_log("CC0202")
    content = pem(crl(other, [olga]))
    with (directory / "slow.pem").open("wb", buffering=0) as slow:
        for at in range(0, len(content), 50):
            assert outcome(server, olga) == 200
            slow.write(content[at:at + 50])
    becomes(server, olga, "revoked")
    publish(directory / "other.crl", crl(other))
    (directory / "slow.pem").unlink()
    becomes(server, olga, 200)


def test_hashed_links_do_no_harm_and_work(server, other, olga, directory):
    link = hashed(publish(directory / "other.crl", pem(crl(other))))
    becomes(server, olga, 200)
    publish(directory / "other.crl", pem(crl(other, [olga])))
    becomes(server, olga, "revoked")
    publish(directory / "other.crl", pem(crl(other)))
    becomes(server, olga, 200)
    link.unlink()


def test_a_hashed_link_to_a_file_elsewhere_is_followed(server, other, olga, directory):
    elsewhere = publish(folder(server, "elsewhere") / "other.crl", pem(crl(other, [olga])))
    link = directory / "01234567.r0"
    link.symlink_to(elsewhere)
    becomes(server, olga, "revoked")
    publish(elsewhere, pem(crl(other)))  # behind a link: no change of the directory tells of it
    publish(directory / "other.crl", crl(other))
    becomes(server, olga, 200)
    link.unlink()


# -- what is not right changes nothing ---------------------------------------------------------------

def broken(content, at=-10):
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


def of_a_stranger(pki, bob, tmp_path):
    return crl(rolled_over(pki.ca, tmp_path / "stranger"), [bob], extensions={"authorityKeyIdentifier": None})


# name -> (content by pki, bob, a directory; what the log says of it)
WRONG = {
    "empty": (lambda pki, bob, tmp: b"", "CRL"),
    "text": (lambda pki, bob, tmp: b"to be done\n", ""),
    "truncated": (lambda pki, bob, tmp: crl(pki.ca, [bob])[:-20], ""),
    "cut after the header": (lambda pki, bob, tmp: crl(pki.ca, [bob])[:4], ""),
    "truncated PEM": (lambda pki, bob, tmp: pem(crl(pki.ca, [bob]))[:-60], ""),
    "PEM without an end": (lambda pki, bob, tmp: pem(crl(pki.ca, [bob])).replace(b"-----END", b"-----"), ""),
    "trailing bytes": (lambda pki, bob, tmp: crl(pki.ca, [bob]) + b"\0", ""),
    "certificate": (lambda pki, bob, tmp: pki.ca.cert.read_bytes(), ""),
    "CRL and certificate": (lambda pki, bob, tmp: pem(crl(pki.ca, [bob])) + pki.ca.cert.read_bytes(), ""),
    "wrong signature": (lambda pki, bob, tmp: broken(crl(pki.ca, [bob])), "signed"),
    "changed entry": (lambda pki, bob, tmp: changed_entry(pki, bob), "signed"),
    "stranger's": (of_a_stranger, "signed"),
    "older number": (lambda pki, bob, tmp: crl(pki.ca, [bob], number=0), "older"),
    "from the future": (lambda pki, bob, tmp: crl(pki.ca, [bob], since="+10m"), "still to come"),
    "unknown critical extension": (lambda pki, bob, tmp: crl(pki.ca, [bob], extensions={
        "1.2.3.4.5": "critical,DER:0500"}), "critical"),
}


def changed_entry(pki, bob):
    """Somebody else's number instead of Bob's, under the signature for Bob's."""
    content, number = crl(pki.ca, [pki.mallory]), bytes.fromhex(pki.mallory.serial)
    assert content.count(b"\x02\x02" + number) == 1
    return content.replace(b"\x02\x02" + number, b"\x02\x02" + bytes.fromhex(bob.serial))


@pytest.mark.parametrize("kind,replace", [*((kind, publish) for kind in WRONG),
                                          *((kind, rewrite) for kind in ("empty", "truncated", "wrong signature"))])
def test_what_is_not_right_changes_nothing_and_is_told(server, pki, bob, file, tmp_path, kind, replace):
    publish(file, crl(pki.ca, [pki.mallory]))
    becomes(server, pki.mallory, "revoked")
    make, word = WRONG[kind]
    content = make(pki, bob, tmp_path)
    server.settle()
    mark = server.mark()
    replace(file, content)
    line, = server.errors.wait(r":(warn|error)\].*CC0202", since=mark)
    server.allow_log("CC0202")
    assert str(file) in line and word in line, line
    for _ in range(4):
        assert (outcome(server, pki.mallory), outcome(server, bob), outcome(server, pki.alice)) == ("revoked", 200, 200)
    publish(file, crl(pki.ca, [bob]))  # and it heals
    becomes(server, bob, "revoked")
    becomes(server, pki.mallory, 200)
    told = server.log_lines(r":(warn|error)\].*CC0202", since=mark)
    assert len(told) == 1, told  # once, and not each second


def test_a_clock_that_is_a_little_ahead_is_borne_with(server, pki, bob, file):
    publish(file, crl(pki.ca, [bob], since="+4m"))
    becomes(server, bob, "revoked")
    publish(file, crl(pki.ca))
    becomes(server, bob, 200)


def test_the_number_in_force_counts_after_a_restart_too(server, pki, bob, file):
    publish(file, crl(pki.ca, [bob]))
    becomes(server, bob, "revoked")
    server.stop()
    publish(file, crl(pki.ca, number=0))
    server.start()
    server.expect_log("CC0202.*older")
    ready(server, pki.alice)
    assert (outcome(server, bob), outcome(server, pki.alice)) == ("revoked", 200)
    publish(file, crl(pki.ca))
    becomes(server, bob, 200)
