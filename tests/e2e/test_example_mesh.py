# SPDX-License-Identifier: Apache-2.0
# Two services with SPIFFE IDs: who may call, certificates that end, their renewal, a partner's CA.
import re

from harness.examples import run_example


def test_mesh():
    out = " ".join(run_example("mesh/run.sh").split())  # log lines are folded anywhere
    assert "spiffe://garex.example/ns/shop/sa/web asks for /cart/1" in out
    assert "spiffe://garex.example/ns/shop/sa/cart asks for /stock/7" in out
    assert "spiffe://partner.example/supplier asks for /stock/7" in out
    for reason in ("reason=expired", "reason=not-yet-valid", "reason=unknown-issuer", "reason=no-map-match"):
        assert reason in out
    assert "200, connections made: 1 403, connections made: 0" in out
    assert re.search(r"\d+ requests answered, 0 lost; web had 4 certificates, and cart 4", out)
    assert "Done: every outcome was as it should be" in out
