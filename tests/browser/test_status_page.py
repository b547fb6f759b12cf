# SPDX-License-Identifier: Apache-2.0
"""The status page as people see it: by day, by night, on a phone, without JavaScript, with a screen reader."""
import pytest
from chromium.accessibility import accessibility_violations
from chromium.browser import SIZE
from harness import crls, status
from harness.waiting import wait_until

PHONE = (360, 780)
SITE = """
    ClientCertMap staff lookup=file:${users} key=subject:CN cache=1h
    ClientCertMap staff subject:CN "svc-(.*)" "$1"
    ClientCertMap partners lookup=dbm:${root}/partners.dbm key=san:email
    ClientCertMap partners subject:CN "(.*)" "$1"
    ClientCertCRL ${folder}
    ClientCertCRL http://127.0.0.1:${closed}/production/issuing-ca-2.crl timeout=1s
    AliasMatch "^/(rule|staff|partners)$" "${htdocs}/index.html"
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        <Location /rule>
            ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG" and %{TIME_HOUR} -lt 0
        </Location>
        <Location /staff>
            AuthType ClientCert
            ClientCertUseMap staff
            Require valid-user
        </Location>
        <Location /partners>
            AuthType ClientCert
            ClientCertUseMap partners
            Require valid-user
        </Location>
    </VirtualHost>
""" + status.HANDLER + """
    <Location /server-status>
        SetHandler server-status
    </Location>
"""


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, browser):
    folder = crls.folder(server)
    intermediate = pki.ca.intermediate("/O=garex AG/OU=Fun dept./CN=Issuing CA 1")
    old = pki.ca.intermediate("/O=garex AG/OU=Retired/CN=Issuing CA 0, for machines that nobody has replaced yet")
    (server.root / "issuers.pem").write_bytes(intermediate.cert.read_bytes() + old.cert.read_bytes())
    crls.publish(folder / "root.crl", crls.pem(crls.crl(pki.ca, crls.many(3), since="-3d")))
    crls.publish(folder / "issuing.crl", crls.crl(intermediate, crls.many(4711), since="-6d", until="+8h"))
    crls.publish(folder / "retired.crl", crls.crl(old, crls.many(12), since="-30d", until="-2d"))
    crls.publish(folder / "broken.crl", b"no CRL at all")
    users = server.root / "users"
    users.write_text("Alice alice\n")
    server.configure(SITE + 'ClientCertCRLIssuer "${root}/issuers.pem"\n', ports="http https closed",
                     modules="alias authz_user status", folder=folder, users=users)
    server.allow_log("CC0|AH", always=True)
    server.start()
    crls.ready(server, pki.alice)
    be_busy(server, pki)
    wait_until(lambda: len(status.read(server)["revocation"]["crls"]) == 3, lambda: str(status.read(server)["revocation"]))
    browser.start()
    browser.look(size=SIZE)


def be_busy(server, pki):
    bob = pki.ca.client("/O=garex AG/CN=Bob", san=["email:bob@example.org"])
    for cert in (pki.alice, bob, None):
        with server.tls(cert) as connection:
            for path in ("/rule", "/staff", "/staff", "/partners"):
                connection.get(path)


@pytest.fixture(params=["light", "dark", "phone"])
def page(request, server, browser):
    """The page under one look of the browser."""
    phone = request.param == "phone"
    browser.look(dark=request.param == "dark", size=PHONE if phone else SIZE)
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    page = browser.get(server.url("/status", port="http"))
    assert page.status == 200 and page.heading == "Client certificates on localhost", page
    browser.whole_picture(f"status-{request.param}")
    return page


def test_everything_can_be_read_and_nothing_is_too_wide(page, browser):
    assert accessibility_violations(browser.driver) == []
    assert browser.too_wide() <= 0 and browser.cut_off() == []
    # Nor does the name of a column, which stands beside each value on a phone, reach into that.
    assert browser.driver.execute_script("""
        const pen = document.createElement("canvas").getContext("2d");
        return [...document.querySelectorAll("tbody td")].filter(e => {
            const style = getComputedStyle(e, "::before"), name = e.dataset.name;
            pen.font = style.font;
            return style.content != "none" && (style.whiteSpace == "nowrap" ? [name] : name.split(" ")).some(
                word => pen.measureText(word).width > parseFloat(style.width) + 1);
        }).map(e => e.outerHTML)""") == []
    for words in ("CRL overdue: CN=Issuing CA 0", "CRL due: CN=Issuing CA 1", "broken.crl", "4,711", "94 % of its life",
                  "no-map-match", "partners.dbm", "staff"):
        assert words in page.text or words in browser.driver.page_source, words


def test_it_needs_no_script(server, browser):
    browser.look(size=SIZE)
    with_scripts = browser.get(server.url("/status", port="http")).text
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.driver.get(server.url("/status", port="http"))
        source = browser.driver.page_source
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    assert "<script" not in source
    assert "Denials" in with_scripts and "Denials" in source


def test_bars_are_as_long_as_lives(server, browser):
    browser.look(size=SIZE)
    browser.get(server.url("/status", port="http"))
    bars = browser.driver.execute_script("""
        return [...document.querySelectorAll("svg.life")].map(svg => [svg.getAttribute("aria-label"),
            svg.children[1].getBoundingClientRect().width / svg.children[0].getBoundingClientRect().width])
    """)
    shares = [(int(label.split(" %")[0]), round(100 * share)) for label, share in bars]
    assert [label for label, _ in shares] == [100, 94, 9]
    assert all(abs(label - drawn) <= 1 for label, drawn in shares), shares


def test_our_part_of_the_server_status_page(server, browser):
    page = browser.get(server.url("/server-status", port="http"))
    assert page.status == 200 and "Apache Server Status" in page.text
    assert "Client certificates" in page.text and "CRL overdue: CN=Issuing CA 0" in page.text
    assert "CN=Test CA,O=Test\nfrom /" in page.text and "29 days left\n" in page.text  # without our style sheet, too
    browser.whole_picture("server-status")
