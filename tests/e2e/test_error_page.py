# SPDX-License-Identifier: Apache-2.0
"""examples/error-pages.conf and its page: a person who comes with a bad certificate is told in plain words
what is wrong and what to do, whatever browser or screen reader there is; and no more than that."""
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from harness.crls import folder
from harness.flawed import SECRET, WAYS
from harness.verdicts import HOWS, connect
from harness.waiting import wait_until

TOP = Path(__file__).resolve().parents[2]
EXAMPLE, PAGES = TOP / "examples/error-pages.conf", TOP / "examples/error-pages"
SITE = """
    Protocols h2 http/1.1
    TypesConfig /dev/null
    <VirtualHost *:${{https}}>
        Include ${{tls}}
        SSLCipherSuite DEFAULT@SECLEVEL=2
        {example}
        ClientCertCRL ${{crls}}
        <Location /rule>
            Require clientcert-expr %{{SSL_CLIENT_S_DN_CN}} eq "somebody else"
        </Location>
        <Location /hidden>
            Require all denied
        </Location>
        AliasMatch "^/preview/[a-z-]+$" "{page}"
        <Location /preview/>
            ClientCertEnv Off
            Require all granted
            SetEnvIf Request_URI "^/preview/([a-z-]+)$" CLIENTCERT_REASON=$1
            SetEnv CLIENTCERT_VERIFY SUCCESS
            Options +IncludesNOEXEC
            AddType text/html .shtml
            AddOutputFilter INCLUDES .shtml
        </Location>
        <If "%{{QUERY_STRING}} == 'nobody'">
            SetEnv CLIENTCERT_VERIFY NONE
        </If>
    </VirtualHost>
"""
# Reason -> what its heading says.
HEADINGS = {
    "expired": "has expired", "not-yet-valid": "not valid yet", "revoked": "has been revoked",
    "unknown-issuer": "does not accept certificates of that kind", "self-signed": "Nobody vouches", "bad-signature": "is damaged",
    "wrong-purpose": "for something else", "chain-too-long": "cannot be checked here", "crl-missing": "cannot be checked right now",
    "crl-expired": "cannot be checked right now", "crl-invalid": "cannot be checked right now", "weak-key": "not safe any more",
    "weak-signature": "not safe any more", "malformed": "cannot be read", "no-map-match": "no account", "rule": "does not open this page",
    "user-mismatch": "belong to different people", "password": "wants a password as well", "error": "Something went wrong",
    "none": "may not see this page",
}
NOBODY = "for people with a certificate"
VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """The elements of a page with their text; an assertion fails where the markup is not in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self._open = [], []
        assert text.startswith("<!DOCTYPE html>\n<html lang=\"en\">\n"), text[:100]
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self._open and self._open[-1][0] == tag, f"</{tag}> in {[one[0] for one in self._open]}"
        self._open.pop()

    def handle_data(self, text):
        for _, _, texts in self._open:
            texts.append(text)

    def texts(self, tag):
        return [" ".join("".join(texts).split()) for name, _, texts in self.elements if name == tag]

    def text(self, tag):
        found, = self.texts(tag)
        return found

    @property
    def facts(self):
        return dict(zip(self.texts("dt"), self.texts("dd")))


def example():
    """As it is in the tree, with paths that are here."""
    text = EXAMPLE.read_text()
    paths = {'"/etc/pki/garex/client-ca.pem"': "${cas}",
             '"/usr/share/doc/mod_clientcert/examples/error-pages/"': "${pages}/"}
    for was, here in paths.items():
        assert text.count(was) == 1, was
        text = text.replace(was, here)
    return text


@pytest.fixture(scope="module", autouse=True)
def site(server, flawed):
    pages = folder(server, "pages")
    for page in PAGES.iterdir():
        (pages / page.name).write_text(page.read_text())
    server.configure(SITE.format(example=example(), page="${pages}/certificate.shtml"),
                     modules="http2 headers include alias mime env setenvif", cas=flawed.bundle, crls=folder(server), pages=pages)
    for page in "rule", "hidden":
        server.page(page)
    server.allow_log("CC0101|AH01630|CC0202.*late", always=True)
    server.start()
    # These chains make known who has signed two more CRLs.
    becomes(server, flawed["below"], "hello")
    becomes(server, flawed["revoked intermediate"], "<code>revoked</code>")


def becomes(server, credential, wanted):
    def there():
        with connect(server, credential) as connection:
            return wanted in connection.get("/index.html").text
    wait_until(there, f"never {wanted}")


def page_of(response, status=403):
    assert response.status == status, response.text
    assert response.header("Content-Type").replace(" ", "").lower() in ("text/html;charset=utf-8", "text/html")
    assert "[an error" not in response.text and "(none)" not in response.text and "<!--" not in response.text
    return Page(response.text)


# -- over real connections -----------------------------------------------------------------------

@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("way", WAYS)
def test_a_person_is_told_what_is_wrong_and_what_to_do(server, flawed, way, how):
    with connect(server, flawed[way], how) as connection:
        for path in "/index.html", "/rule", "/no/such/page":
            response = connection.get(path)
            page = page_of(response)
            assert HEADINGS[WAYS[way]] in page.text("h1") and page.text("h1") == page.text("title")
            assert page.facts["Reason"] == WAYS[way]
            assert "Certificate" not in page.facts and SECRET not in response.text
            assert response.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("how", HOWS)
def test_who_has_no_certificate_is_told_how_to_show_one(server, how):
    with connect(server, None, how) as connection:
        page = page_of(connection.get("/index.html"))
    assert NOBODY in page.text("h1") and "choose the certificate" in page.texts("p")[1]
    assert page.facts["Reason"] in ("rule", "none")


@pytest.mark.parametrize("how", HOWS)
def test_a_good_certificate_sees_pages_and_may_be_the_wrong_one(server, flawed, how):
    with connect(server, flawed["good"], how) as connection:
        assert connection.get("/index.html").text == "hello\n"
        page = page_of(connection.get("/rule"))
        assert HEADINGS["rule"] in page.text("h1")
        assert page.facts["Certificate"] == f"CN={SECRET},OU=Fun dept.,O=garex AG"
        page = page_of(connection.get("/hidden"))
        assert HEADINGS["none"] in page.text("h1")


@pytest.mark.parametrize("name", ['<script>alert("1")</script>', "a&amp;b<!--#echo var='SERVER_NAME' -->", "\"><img src=x>'"])
def test_nothing_from_a_certificate_becomes_markup(server, flawed, name):
    with connect(server, flawed.root.client(f"/O=x/CN={name.replace('/', chr(92) + '/')}")) as connection:
        response = connection.get("/rule")
    page = page_of(response)
    assert "<script" not in response.text and "<img" not in response.text
    shown = re.sub(r"\\(.)", r"\1", page.facts["Certificate"])
    assert shown == f"CN={name},O=x"


def test_the_help_desk_is_told_when_and_where(server, flawed):
    with connect(server, flawed["expired"]) as connection:
        facts = page_of(connection.get("/index.html")).facts
        assert "help@garex.example" in page_of(connection.get("/index.html")).texts("p")[2]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z+0-9-]+", facts["Time"])
    assert facts["Site"] == "localhost"


# -- every word ----------------------------------------------------------------------------------

def documented():
    """The reasons of the reference."""
    reference = (TOP / "docs/directives.md").read_text()
    section = reference[reference.index("\n### Reasons"):]
    rows = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", section[:section.index("\n## ", 5)], re.M)
    return {word for row in rows for word in re.findall(r"`([a-z-]+)`", row)}


def test_every_reason_has_a_text():
    words = documented()
    assert {"expired", "rule", "weak-key", "error"} <= words <= HEADINGS.keys()
    named = set(re.findall(r"'([a-z]+(?:-[a-z]+)*)'", (PAGES / "certificate.shtml").read_text()))
    assert HEADINGS.keys() <= named


@pytest.mark.parametrize("reason", HEADINGS)
def test_the_text_of_each_reason(server, reason):
    with connect(server, None) as connection:
        page = page_of(connection.get(f"/preview/{reason}"), 200)
    assert HEADINGS[reason] in page.text("h1")
    assert page.facts["Reason"] == reason
    meaning, todo = page.texts("p")[:2]
    assert 20 < len(meaning) < 200 and 20 < len(todo) < 300
    for jargon in "CRL", "TLS", "chain", "X.509", "CA ", "verif":  # the word for the help desk apart
        assert jargon not in page.text("main"), jargon


def test_who_has_neither_certificate_nor_password_is_told_of_both(server):
    with connect(server, None) as connection:
        for headers in {}, {"Authorization": "Basic eDp5"}:
            assert "a certificate or a password" in page_of(connection.get("/preview/password?nobody", headers), 200).text("h1")


# -- for everybody -------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def text(server, flawed):
    with connect(server, flawed["revoked"]) as connection:
        return connection.get("/index.html").text


def test_the_page_stands_alone_and_is_small(text):
    page = Page(text)
    assert len(text.encode()) < 4000
    for tag, attributes, _ in page.elements:
        assert tag not in ("script", "img", "link", "iframe", "object", "form", "input"), tag
        assert not {"src", "href", "style"} & attributes.keys() and not any(name.startswith("on") for name in attributes)
    assert not re.search(r"url\(|@import|https?:", text)


def test_a_screen_reader_finds_its_way(text):
    page = Page(text)
    tags = [tag for tag, _, _ in page.elements]
    assert [tags.count(tag) for tag in ("html", "head", "title", "body", "main", "h1", "footer")] == [1] * 7
    assert [tag for tag in tags if re.fullmatch("h[1-6]", tag)] == ["h1", "h2"]
    assert tags.count("dt") == tags.count("dd") > 2
    assert {"charset": "utf-8"} in [attributes for tag, attributes, _ in page.elements if tag == "meta"]
    viewport, = (attributes["content"] for tag, attributes, _ in page.elements if attributes.get("name") == "viewport")
    assert "maximum-scale" not in viewport and "user-scalable" not in viewport


def luminance(colour):
    """Of WCAG 2.1."""
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


def test_the_contrast_is_enough_by_day_and_by_night(text):
    """WCAG 2.1, 1.4.6: 7 to 1."""
    light, _, dark = Page(text).text("style").partition("@media (prefers-color-scheme: dark)")
    assert dark, "no dark mode"
    for style in light, dark:
        background = luminance(re.search(r"background: #(\w+)", style)[1])
        colours = re.findall(r"[ {;]color: #(\w+)", style)
        assert len(colours) == 2
        for colour in map(luminance, colours):
            brighter, darker = max(colour, background), min(colour, background)
            assert (brighter + 0.05) / (darker + 0.05) >= 7
