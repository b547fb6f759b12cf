# SPDX-License-Identifier: Apache-2.0
# The example of a load balancer does what its README says.
from harness.examples import run_example


def test_load_balancer():
    out = " ".join(run_example("load-balancer/run.sh").split())
    assert "X-Forwarded-Clientcert-subjectdn: CN=Till 7,OU=Shops,O=garex AG" in out
    assert "CC0205: handshake refused: reason=self-signed" in out
    assert "The next two requests: 2 of ECS01" in out
    assert "The health check has taken it out: after " in out
    assert "The health check has put it back: after " in out
    assert "Done: every outcome was as it should be" in out
