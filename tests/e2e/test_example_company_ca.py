# SPDX-License-Identifier: Apache-2.0
# The example of a company with its own CA does what its README says.
from harness.examples import run_example


def test_company_ca():
    out = " ".join(run_example("company-ca/run.sh").split())
    assert 'values={SSL_CLIENT_S_DN_O="garex AG", SSL_CLIENT_S_DN_OU="Accounts dept."}' in out
    assert "The organizationName field is different between CA certificate (garex AG)" in out
    assert "Your password is that of: alice" in out
    assert "The server has closed Alice's open connection: after " in out
    assert "CC0205: handshake refused: reason=revoked serial=1001" in out
    assert "Done: every outcome was as it should be" in out
