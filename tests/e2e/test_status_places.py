# SPDX-License-Identifier: Apache-2.0
"""clientcert-status where there is little to tell, while sources break and are mended, and in mod_status's page."""
import json
import re

import pytest
from harness import crls, processes, status
from harness.forwarded import of
from harness.intake import connect
from harness.waiting import wait_until

SITE = """
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        ClientCertCRL ${crl}
        <Location /rule>
            ClientCertRequire false
        </Location>
    </VirtualHost>
""" + status.HANDLER + """
    <Location /server-status>
        SetHandler server-status
    </Location>
"""


@pytest.fixture(scope="module")
def bare(make_server):
    """Nothing is configured but the handler."""
    server = make_server()
    server.configure(status.HANDLER + "ErrorDocument 404 /status?format=json", clientcert=True)
    server.start()
    return server


@pytest.fixture(scope="module")
def file(server, pki):
    return crls.publish(crls.folder(server) / "ca.crl", crls.crl(pki.ca, number=1))


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, file):
    server.configure(SITE, modules="status", crl=file)
    server.start()
    crls.ready(server, pki.alice)


def test_a_server_that_has_nothing_to_tell(bare):
    told = status.valid(status.read(bare))
    assert told["revocation"] is None and told["maps"] == told["lookups"] == []
    assert set(told["denials"].values()) == {0} and told["handshakes"]["full"] == 0
    assert b"Nothing needs attention" in status.get(bare).body and b"Revocation" not in status.get(bare).body
    text, families = status.metrics(bare)
    assert "clientcert_denials" in families and "clientcert_crl" not in text and "lookup" not in text


def test_an_error_document_has_the_status_of_the_error(bare):
    response = bare.curl("/missing", port="http")
    assert response.status == 404 and status.valid(json.loads(response.body))["revocation"] is None


def crl_of(server):
    return status.read(server)["revocation"]["crls"][0]


def problems(server):
    return status.read(server)["revocation"]["sources"][0]["problems"]


def test_a_source_that_breaks_and_is_mended(server, pki, file):
    server.allow_log("CC0202")
    assert problems(server) == [] and crl_of(server)["problem"] is None
    before = status.read(server)["revocation"]
    crls.publish(file, b"nothing")
    wait_until(lambda: problems(server), "no problem is told")
    broken = status.valid(status.read(server))["revocation"]
    assert broken["sources"][0]["problems"] == ["there is no CRL in it, neither DER nor PEM"]
    assert broken["sources"][0]["last_error"]["text"] == broken["sources"][0]["problems"][0]
    assert broken["crls"][0]["number"] == "1" and broken["crls"][0]["problem"] == broken["sources"][0]["problems"][0]
    assert broken["published"] == before["published"]
    assert b"CRL source" in status.get(server).body and b"What came after it" in status.get(server).body
    crls.publish(file, crls.crl(pki.ca, crls.many(5), number=2))
    wait_until(lambda: crl_of(server)["number"] == "2", lambda: str(status.read(server)["revocation"]))
    mended = status.read(server)["revocation"]
    assert problems(server) == [] and mended["sources"][0]["last_error"] is not None
    assert mended["published"] == before["published"] + 1 and mended["generation"] > broken["generation"]
    assert mended["crls"][0]["entries"] == 5 and mended["crls"][0]["read"] >= broken["crls"][0]["read"]
    assert mended["crls"][0]["id"] == before["crls"][0]["id"]
    assert b"Nothing needs attention" in status.get(server).body


def test_another_child_watches_when_one_is_killed(server):
    server.allow_log("AH0005|exit signal Killed")
    first = status.read(server)["revocation"]["watcher"]
    assert first["process"] in processes.children(server.pid)
    processes.kill(first["process"])

    def another():
        now = status.read(server)["revocation"]["watcher"]
        return now if now["process"] != first["process"] else None
    second = wait_until(another, "nobody else watches")
    assert second["process"] in processes.children(server.pid) and second["since"] >= first["since"]
    wait_until(lambda: status.read(server)["revocation"]["watcher"]["seen"] > second["seen"], "it does not work")


def test_our_lines_in_the_server_status(server, pki):
    server.allow_log("CC0101")
    assert server.status("/rule", cert=pki.alice) == 403
    told = status.read(server)
    text = server.curl("/server-status?auto", port="http").text
    lines = dict(re.findall(r"^ClientCert(\w+): (\d+)$", text, re.M))
    assert len(lines) == len(re.findall("^ClientCert", text, re.M))
    lines = {name: int(value) for name, value in lines.items()}
    assert lines["HandshakesFull"] == told["handshakes"]["full"]
    assert lines["Denied"] == sum(told["denials"].values()) and lines["DeniedRule"] == told["denials"]["rule"] >= 1
    assert lines["VerdictsJudged"] == told["verdicts"]["judged"]
    assert (lines["CRLs"], lines["CRLsOverdue"], lines["CRLSourceProblems"], lines["NeedsAttention"]) == (1, 0, 0, 0)
    assert lines["CRLWatcher"] == told["revocation"]["watcher"]["process"]
    page = server.curl("/server-status", port="http").text
    assert page.count("<h1>") == 2 and "Client certificates</h1>" in page and page.rstrip().endswith("</html>")


def test_an_overdue_crl_is_told_everywhere(server, pki, file):
    crls.publish(file, crls.crl(pki.ca, since="-2d", until="-1d", number=3))
    wait_until(lambda: crl_of(server)["number"] == "3", "it is not in force")
    server.expect_log("CC0202.*is overdue")
    assert json.loads(status.get(server, "json").body)["revocation"]["crls"][0]["next_update"] < status.read(server)["time"]
    assert b"overdue for" in status.get(server).body
    assert "ClientCertCRLsOverdue: 1" in server.curl("/server-status?auto", port="http").text
    _, families = status.metrics(server)
    sample = families["clientcert_crl_next_update_timestamp_seconds"].samples[0]
    assert sample.labels["kind"] == "base" and sample.value > 10 ** 9


def test_verdicts_on_what_a_proxy_passes_on(make_server, pki):
    """The same header on one connection is judged once."""
    server = make_server()
    server.configure("""
        ClientCertTrustedProxy 127.0.0.1
        ClientCertCACertificateFile ${ca}
        ClientCertFrom rfc9440
        <Location /index.html>
            ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"
        </Location>
    """ + status.HANDLER, ports="http")
    server.start()
    before = status.read(server)
    connection = connect(server, "http/1.1", "any")
    for _ in range(4):
        assert connection.get("/index.html", headers=of("rfc9440", pki.alice)).status == 200
    connection.close()
    server.settle()
    told = status.difference(before, status.read(server), "verdicts")
    assert (told["success"], told["cached"]) == (1, 3)  # and one, that there is no certificate, for who reads the status
