# SPDX-License-Identifier: Apache-2.0
# The quickstart does what it says, and so does the small PKI that all examples have.
import os
import subprocess

from harness.check import check
from harness.examples import EXAMPLES, run_example

BY_HAND = """
    pki=$EXAMPLES/pki/pki.sh
    $pki ca root '/O=garex AG/CN=Root'
    $pki intermediate staff root '/O=garex AG/CN=Staff'
    PKI_KEY=rsa $pki server www staff localhost 127.0.0.1
    $pki client alice staff '/O=garex AG/CN=Alice' email:alice@garex.example
    $pki p12 alice secret staff root
    $pki der alice
    $pki crl staff
    $pki revoke alice staff
    $pki delta staff
    cat root.pem staff.pem > cas.pem

    openssl verify -CAfile root.pem -untrusted staff.pem -purpose sslserver -verify_ip 127.0.0.1 www.pem
    openssl pkcs12 -in alice.p12 -passin pass:secret -nokeys | grep -c BEGIN
    cmp <(openssl x509 -in alice.pem -outform der) alice.der
    stat -c %a:%n *.key *.p12
"""


def test_quickstart():
    out = run_example("quickstart.sh")
    assert "X-Client-DN: CN=Alice,OU=Fun dept.,O=garex AG,C=DE" in out
    assert "Done: every outcome was as it should be" in out


def test_pki_by_hand(tmp_path):
    def run(script):
        return subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=os.environ | {"EXAMPLES": str(EXAMPLES)},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)

    done = run(BY_HAND)
    assert done.returncode == 0, done.stdout
    shown, seen = done.stdout.split("www.pem: OK\n")
    assert "    $ openssl ca -config staff/ca.cnf -revoke alice.pem -crl_reason keyCompromise\n" in shown
    assert seen.split() == ["3", *(f"600:{name}" for name in ("alice.key", "root.key", "staff.key", "www.key", "alice.p12"))]
    crl, delta = (check(tmp_path / name, "--ca", tmp_path / "cas.pem").rows for name in ("staff.crl", "staff.delta.crl"))
    assert (crl["kind"], crl["entries"]) == ("complete", "0")
    assert (delta["kind"], delta["entries"]) == ("delta: what changed since number 4096", "1")
    assert crl["the module"] == delta["the module"] == "puts it in force"
    refused = run("$EXAMPLES/pki/pki.sh client bob staff")
    assert (refused.returncode, refused.stdout) == (2, "pki.sh: client wants more words; see the top of pki.sh\n")
