# SPDX-License-Identifier: Apache-2.0
"""clientcert-status for programs, read by parsers that are not ours; and the odd names that it has to tell."""
import html.parser
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from harness import crls, der, status
from harness.prometheus import Prometheus, check_metrics, promtool
from harness.waiting import wait_until

# As people would not name anything, and as others might.
ODD = "a\"b'c\\d<i>&amp;{}\n\x1b[1m\u202e\u00e9"
MAP, FOLDER = "<b onclick='x'>a\\b", "crls <u>&\u00e9"
SITE = """
    ClientCertMap "${map}" "lookup=dbm:${root}/<s>.dbm" key=subject:CN
    ClientCertMap "${map}" subject:CN "(.*)" "$1"
    ClientCertCRL "${folder}"
    ClientCertCRL "http://someone:secret@127.0.0.1:${closed}/<u>?a=b&c"
    AliasMatch "^/mapped$" "${htdocs}/index.html"
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${bundle}
        SSLVerifyClient optional
        <Location /mapped>
            AuthType ClientCert
            ClientCertUseMap "${map}"
            Require valid-user
        </Location>
    </VirtualHost>
""" + status.HANDLER


@pytest.fixture(scope="module")
def odd(pki):
    return pki.authority(der.name(("O", "odd"), ("CN", ODD)))


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, odd):
    folder = crls.folder(server, FOLDER)
    crls.publish(folder / "ca.crl", crls.pem(crls.crl(pki.ca, crls.many(2))))
    crls.publish(folder / "<o'dd>.crl", crls.crl(odd, number=2 ** 70))
    crls.publish(folder / "\u202eno.crl", b"none")
    server.configure(SITE, modules="alias authz_user", ports="http https closed", folder=folder, map=MAP,
                     bundle=pki.bundle(pki.ca, odd))
    server.allow_log(r"CC0\d+", always=True)
    server.start()
    crls.ready(server, pki.alice)
    assert server.status("/mapped", cert=pki.alice) == 500


def samples(families, name, *labels):
    """Values by these labels."""
    return {tuple(one.labels[label] for label in labels): one.value for one in families[name].samples}


def seen(text):
    """As it is shown where its direction must not deceive anybody."""
    return text.replace("\u202e", r"\u{202E}")


def test_json_is_as_its_schema_says(server):
    response = status.get(server, "json")
    assert response.header("Content-Type") == "application/json"
    told = status.valid(json.loads(response.body))
    assert told["server"]["started"] <= told["server"]["configured"] <= told["time"]
    assert told["maps"][0]["name"] == MAP and told["lookups"][0]["name"].endswith("/<s>.dbm")
    revocation = told["revocation"]
    by_file = {Path(crl["file"]).name: crl for crl in revocation["crls"]}
    assert by_file.keys() == {"ca.crl", "<o'dd>.crl"}
    assert (by_file["ca.crl"]["entries"], by_file["ca.crl"]["kind"]) == (2, "base")
    assert by_file["<o'dd>.crl"]["number"] == "0x" + f"{2 ** 70:X}".zfill(18)
    assert r"\<i\>" in by_file["<o'dd>.crl"]["issuer"] and by_file["ca.crl"]["source"].endswith("/" + FOLDER)


def test_sources_tell_what_is_wrong_and_no_password(server):
    sources = {one["kind"]: one for one in status.read(server)["revocation"]["sources"]}
    assert sources["path"]["crls"] == 2 and "\u202eno.crl" in sources["path"]["problems"][0]
    assert sources["path"]["failures"] == 1 and sources["path"]["last_error"]["text"] == sources["path"]["problems"][0]
    wait_until(lambda: status.read(server)["revocation"]["sources"][0]["problems"], "no problem with the URL")
    url = next(one for one in status.read(server)["revocation"]["sources"] if one["kind"] == "url")
    assert url["source"].startswith("http://127.0.0.1:") and "404" in url["problems"][0] and url["looked_at"]
    for form in ("html", "json", "openmetrics"):
        assert b"secret" not in status.get(server, form).body


def test_openmetrics_by_the_parser_of_prometheus_for_python(server):
    told = status.read(server)
    text, families = status.metrics(server)
    assert text.endswith("\n# EOF\n") and len(families) > 20
    assert all(family.documentation and family.name.startswith("clientcert_") for family in families.values())
    assert all(family.name.endswith(f"_{family.unit}") for family in families.values() if family.unit)
    assert samples(families, "clientcert_denials", "reason") == {(reason,): n for reason, n in told["denials"].items()}
    assert samples(families, "clientcert_map_answers", "map", "answer")[told["maps"][0]["name"], "error"] >= 1
    issuers = {crl["issuer"]: crl for crl in told["revocation"]["crls"]}
    entries = samples(families, "clientcert_crl_entries", "issuer")
    assert {issuer for issuer, in entries} == {seen(issuer) for issuer in issuers}
    assert samples(families, "clientcert_crl_source_problems", "source") == {
        (one["source"],): len(one["problems"]) for one in told["revocation"]["sources"]}


def test_openmetrics_by_promtool(server):
    text, _ = status.metrics(server)
    assert check_metrics(text) == (0, "")
    assert check_metrics(text.replace("# HELP clientcert_denials ", "# HELP x "))[0] != 0


def test_prometheus_scrapes_it(server, tmp_path):
    with Prometheus(tmp_path, f"127.0.0.1:{server.ports['http']}", "/status?format=openmetrics") as prometheus:
        target = prometheus.target()
        assert (target["health"], target["lastError"]) == ("up", "")
        _, families = status.metrics(server)
        for family in families.values():
            for sample in family.samples[:1]:
                assert prometheus.values(sample.name), sample
        # The names come through as they are.
        read = {dict(labels)["source"] for labels in prometheus.values("clientcert_crl_source_problems")}
        assert read == {one["source"] for one in status.read(server)["revocation"]["sources"]}


class Reader(html.parser.HTMLParser):
    """Text, and elements with their attributes."""

    def __init__(self):
        super().__init__()
        self.text, self.elements = "", []

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


def test_html_shows_names_and_obeys_none(server):
    response = status.get(server)
    assert response.header("Content-Type") == "text/html; charset=utf-8"
    reader = Reader()
    reader.feed(response.body.decode())
    # What was hidden is seen.
    assert "\u202e" not in reader.text and seen("\u202eno.crl") in reader.text
    for name in (MAP, FOLDER, "<o'dd>.crl", r"\<i\>&amp\;{}"):
        assert name in reader.text, name
    assert not {tag for tag, _ in reader.elements} & {"b", "i", "u", "s", "script", "img"}
    assert not any("onclick" in attributes or "style" in attributes for _, attributes in reader.elements)


@pytest.mark.parametrize("form", ["html", "json", "openmetrics"])
def test_headers_of_every_format(server, form):
    response = status.get(server, form)
    assert response.header("Cache-Control") == "no-store" and response.header("X-Content-Type-Options") == "nosniff"
    policy = response.header("Content-Security-Policy")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    head = server.curl(f"/status?format={form}", "-I", port="http")
    assert head.status == 200 and head.header("Content-Type") == response.header("Content-Type")


@pytest.mark.parametrize("query, wrong", [
    ("format=xml", '"xml"'), ("format=", '""'), ("format=%00", r'"\x00"'), ("format=%zz", "%zz"), ("a=b&format=JSON", '"JSON"'),
])
def test_unknown_formats_are_told(server, query, wrong):
    response = server.curl(f"/status?{query}", port="http")
    assert response.status == 400 and wrong in response.text
    assert "%" in wrong or "html, json, openmetrics" in response.text


def test_other_methods_are_refused(server):
    response = server.curl("/status", port="http", method="POST", data="format=json")
    assert response.status == 405
    assert {"GET", "HEAD"} <= set(response.header("Allow").replace(" ", "").split(",")) <= {"GET", "HEAD", "TRACE"}


@pytest.fixture
def rules(tmp_path):
    """A copy of the example of alerting rules, and of their tests."""
    top = Path(os.environ["top_srcdir"])
    for file in ("examples/prometheus-alerts.yml", "tests/data/prometheus-alerts-test.yml"):
        shutil.copy(top / file, tmp_path)
    return tmp_path / "prometheus-alerts.yml"


def test_alerts_come_when_they_should(rules):
    tests = rules.with_name("prometheus-alerts-test.yml")
    assert promtool("check", "rules", rules)[0] == 0
    returned, told = promtool("test", "rules", tests)
    assert returned == 0, told
    # Other rules do not pass.
    others = [("> 300", "> 3000"), ("< 0.1", "< 0.5"), ("for: 15m", "for: 1m"), ("> 5 *", "> 50 *"),
              ("problems > 0\n        for: 5m", "problems > 0\n        for: 1m")]
    for number, (was, becomes) in enumerate(others):
        assert was in rules.read_text()
        rules.with_name(f"{number}.yml").write_text(rules.read_text().replace(was, becomes))
        rules.with_name(f"{number}-test.yml").write_text(tests.read_text().replace(rules.name, f"{number}.yml"))
    _, told = promtool("test", "rules", *sorted(rules.parent.glob("[0-9]-test.yml")))
    assert told.count("FAILED") == len(others), told


def test_alerts_are_about_what_there_is(server, rules):
    _, families = status.metrics(server)
    there = {sample.name: sample.labels for family in families.values() for sample in family.samples}
    asked = set(re.findall(r"\bclientcert_\w+", rules.read_text()))
    assert asked <= there.keys() and len(asked) >= 7
    assert "answer" in there["clientcert_lookup_answers_total"]


def test_every_metric_is_documented(server):
    """And no other one is."""
    _, families = status.metrics(server)
    there = {sample.name: ", ".join(sample.labels) for family in families.values() for sample in family.samples}
    text = Path(os.environ["top_srcdir"], "docs", "status.md").read_text()
    rows = dict(re.findall(r"^\| `(clientcert_\w+)` \| (.*?) \|", text, re.M))
    assert rows.keys() == there.keys()
    for name, labels in there.items():
        if rows[name] != "the same":
            assert re.findall(r"`(\w+)`", rows[name]) == labels.split(", ") * bool(labels), name
