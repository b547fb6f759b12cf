# SPDX-License-Identifier: Apache-2.0
# nginx in front of httpd: certificates pass, made-up ones do not, and httpd's CRLs count.
from harness.examples import run_example


def test_behind_nginx():
    out = " ".join(run_example("behind-nginx/run.sh").split())  # log lines are folded anywhere
    assert "X-Client-User: alice" in out
    assert 'from=nginx "CN=Alice,OU=Fun dept.,O=garex AG,C=DE"' in out
    assert 'from=tls "CN=Alice,OU=Fun dept.,O=garex AG,C=DE"' in out
    for reason in ("expired", "revoked"):
        assert f"reason={reason} verify=FAILED" in out
    assert "alert certificate revoked" in out
    assert "Done: every outcome was as it should be" in out
