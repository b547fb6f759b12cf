# SPDX-License-Identifier: Apache-2.0
"""clientcert-explain under attack: askers without rights, forms of other sites, bodies without end, names that are
markup, paths that lead elsewhere; and what a question must not leave behind."""
import json
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from harness.explaining import ALIASES, CONTENTS, MODULES, ask, pages, post
from harness.pki import openssl

SITE = """
TypesConfig /dev/null
ALIASES
KeepAliveTimeout 60
MaxKeepAliveRequests 0
Protocols h2 http/1.1
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional_no_ca
    ClientCertVerify report
    CONTENTS
    <Location /explain/closed>
        Require clientcert-dn "CN=Nobody"
    </Location>
</VirtualHost>
<VirtualHost *:${other}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    <Location /explain>
        SetHandler clientcert-explain
    </Location>
    <Location /secret>
        ClientCertRequire "secret of the other host" eq "x"
    </Location>
</VirtualHost>
""".replace("ALIASES", ALIASES).replace("CONTENTS", CONTENTS.replace("ClientCertCRL ${crls}", ""))
HOWS = ("1.1", "2")


@pytest.fixture(scope="module", autouse=True)
def site(server, backends):
    server.configure(SITE, modules=MODULES + " mime", ports="https other", backend=backends.http.url)
    pages(server)
    server.start()


def connect(server, credential, how="1.1", **options):
    return (server.h2 if how == "2" else server.tls)(credential, **options)


def pem(credential):
    return credential.chain.read_bytes()


class Markup(HTMLParser):
    """The elements of a page; an assertion fails where one is not closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self._open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attributes):
        assert not any(name.startswith("on") for name, _ in attributes)
        self.tags.append(tag)
        if tag not in ("meta", "input"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


# -- who asks ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", HOWS)
def test_who_may_not_ask_learns_nothing(server, pki, how):
    """Whatever he sends, he gets the same answer."""
    bodies = [pem(pki.alice), b"", b"x" * 100, urlencode({"certificate": "x", "path": "/"}).encode()]
    for credential, port in (pki.mallory, "https"), (None, "https"), (pki.alice, "other"):
        with connect(server, credential, how, port=port) as connection:
            answers = {(response.status, response.text) for response in
                       (post(connection, f"/explain?{query}", body) for body in bodies for query in ("", "format=json&path=/rule", "format=no"))}
            assert {status for status, _ in answers} == {403} and len(answers) == 1
            assert "Alice" not in answers.pop()[1]
    server.expect_log("CC0401", times=3 * 3 * len(bodies))


def test_the_place_itself_may_be_closed(server, pki):
    with connect(server, pki.alice) as connection:
        assert post(connection, "/explain/closed", pem(pki.alice)).status == 403
    server.expect_log("CC0101")
    server.allow_log("AH01630")


# -- forms of other sites -----------------------------------------------------------------------------

def test_forms_come_from_this_server(server, pki):
    own = f"https://localhost:{server.ports['https']}"
    form = urlencode({"certificate": pem(pki.mallory).decode(), "path": "/rule/"}).encode()
    others = ["https://evil.example", own.replace("https", "http"), own + "0", "null", f"https://localhost:{server.ports['other']}", "https://localhost", ""]
    with connect(server, pki.alice) as connection:
        def status(headers, body=form):
            return post(connection, "/explain", body, headers).status

        for body in form, pem(pki.mallory):
            assert status({"Origin": own}, body) == status({"Sec-Fetch-Site": "same-origin"}, body) == 200
            assert {status({"Origin": origin}, body) for origin in others if origin} == {403}
            assert {status({"Origin": own, "Sec-Fetch-Site": site}, body) for site in ("cross-site", "same-site", "none", "x")} == {403}
            assert status({"Origin": others[0], "Sec-Fetch-Site": "same-origin"}, body) == 403
        assert status({}) == 403  # a form that does not say where it comes from
        assert status({}, pem(pki.mallory)) == 200
    with connect(server, pki.alice, "2") as connection:
        assert post(connection, "/explain", form, {"origin": own}).status == 200
        assert post(connection, "/explain", form, {"origin": others[0]}).status == 403


# -- what is sent ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("http", HOWS)
def test_bodies_are_bounded(server, pki, tmp_path, http):
    def status(body, *arguments):
        (tmp_path / "body").write_bytes(body)
        return server.status("/explain", *arguments, cert=pki.alice, http=http, data=f"@{tmp_path / 'body'}")

    certificate = pem(pki.alice)
    assert status(certificate.ljust(65536, b"\n")) == 200
    assert status(certificate.ljust(65537, b"\n")) == 413
    assert status(pem(pki.mallory) * 1000) == 413
    if http == "1.1":
        assert status(b"x" * 5_000_000) == 413
        chunked = "-H", "Transfer-Encoding: chunked"
        assert (status(certificate, *chunked), status(certificate.ljust(65537, b"\n"), *chunked)) == (200, 413)
    # Who gets another answer has sent all of it before: what ends a stream early is an error to curl.
    (tmp_path / "body").write_bytes(b"x" * 1_000_000)
    for path, credential, method, answer in (("", pki.mallory, "POST", 403), ("", pki.alice, "PUT", 405), ("?format=no", pki.alice, "POST", 400)):
        assert server.status("/explain" + path, cert=credential, http=http, method=method, data=f"@{tmp_path / 'body'}") == answer
    server.expect_log("CC0401", times=1)


@pytest.mark.parametrize("body, word", [
    (b"", "there is none"), (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "damaged"), (b"-----BEGIN ", "none"),
    (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "none"), (b"\x30\x82\x01\x00" * 100, "damaged"),
    (b"-----BEGIN CERTIFICATE-----\n" + b"\xff\0" * 1000, "damaged"), (b"\xff\0\xfe" * 100, "there is none"), (b"certificate=&path=/", "there is none"),
    (b'{"certificate": "x"}', "there is none"), (b"%zz=1", "%zz"),
], ids=range(10))
def test_what_is_no_certificate_is_told_so(server, pki, body, word):
    with connect(server, pki.alice) as connection:
        response = post(connection, "/explain", body)
    assert response.status == 400 and word in response.text and response.header("Content-Type").startswith("text/plain")


def test_files_as_people_have_them(server, pki):
    """DER; what `openssl x509 -text` and `openssl pkcs12` write; lines that end as in Windows. No upload of a form."""
    leaf = pki.mallory.cert.read_bytes()
    dumped = openssl("x509", "-in", pki.mallory.cert, "-text")
    bag = b"Bag Attributes\n    friendlyName: -----BEGIN \nsubject=CN = Mallory\n" + leaf
    with connect(server, pki.alice) as connection:
        told = [post(connection, "/explain?format=json&path=/rule/x.html", body)
                for body in (leaf, pki.mallory.der, dumped, bag, leaf.replace(b"\n", b"\r\n"), pem(pki.alice))]
        assert {response.status for response in told} == {200}
        outcomes = [(json.loads(response.text)["certificate"]["subject"], json.loads(response.text)["outcome"]["status"]) for response in told]
        assert outcomes == [("CN=Mallory,O=Evil", 403)] * 5 + [("CN=Alice,OU=Fun dept.,O=garex AG", 200)]
        assert post(connection, "/explain", pki.mallory.der + b"x").status == 400
    with connect(server, pki.alice) as connection:
        form = b'--x\r\nContent-Disposition: form-data; name="certificate"; filename="a"\r\n\r\n' + leaf + b"\r\n--x--\r\n"
        response = post(connection, "/explain?path=/rule/x.html", form, {"Content-Type": "multipart/form-data; boundary=x"})
        assert response.status == 415 and "--data-binary" in response.text


def test_many_certificates_and_private_keys(server, pki):
    with connect(server, pki.alice) as connection:
        assert post(connection, "/explain", pem(pki.mallory) * 16).status == 200
        response = post(connection, "/explain", pem(pki.mallory) * 17)
        assert (response.status, response.text) == (400, "More than 16 certificates are sent.\n")
    with connect(server, pki.alice) as connection:
        response = post(connection, "/explain", pki.mallory.pem.read_bytes())
        assert response.status == 400 and "private key" in response.text and "BEGIN" not in response.text


@pytest.mark.parametrize("name", ['<script>alert(1)</script>', "\"'><img src=x onerror=alert(1)>", "</textarea></title></style>&amp;", "\u202eevil\u2066"])
def test_no_name_becomes_markup(server, pki, name):
    credential = pki.ca.client(f"/O=x/CN={name.replace('/', chr(92) + '/')}", san=[f"email:{name.encode('ascii', 'ignore').decode() or 'x'}"])
    with connect(server, pki.alice) as connection:
        response = post(connection, "/explain?path=/rule/%3Cscript%3E\"'x", pem(credential))
        assert response.status == 200
        page = Markup(response.text)
        assert not {"script", "img"} & set(page.tags) and page.tags.count("textarea") == 1
        assert "\u202e" not in response.text and "\u2066" not in response.text
        assert ask(connection, credential)["certificate"]["issuer"] == "CN=Test CA,O=Test"
    with connect(server, credential) as connection:
        assert not {"script", "img"} & set(Markup(connection.get("/explain").text).tags)


# -- where it leads -------------------------------------------------------------------------------------

@pytest.mark.parametrize("path, status", [
    ("/../../etc/passwd", 400), ("/%2e%2e/x", 400), ("/rule/../index.html", 200), ("//rule/x", 403), ("/rule%2fx", 404), ("/%zz", 400), ("/%00", 404),
])
def test_paths_mean_what_they_mean_in_a_request(server, pki, path, status):
    with connect(server, pki.alice) as connection:
        assert ask(connection, pki.mallory, path)["outcome"]["status"] == status


@pytest.mark.parametrize("path", ["index.html", "https://evil.example/", "*", "\\x", "/a b", "/a%0d\n", "/" + "x" * 4096])
def test_what_is_no_path_is_refused(server, pki, path):
    with connect(server, pki.alice) as connection:
        response = post(connection, "/explain?" + urlencode({"path": path}), pem(pki.mallory))
    assert response.status == 400 and "begin with a slash" in response.text


def test_other_virtual_hosts_are_not_told_of(server, pki):
    with connect(server, pki.alice) as connection:
        for path in "/secret", f"//localhost:{server.ports['other']}/secret":
            told = ask(connection, pki.mallory, path, {"X-Forwarded-Host": "other"})
            assert "other host" not in json.dumps(told) and told["outcome"]["status"] == 200


def test_a_question_about_the_question_ends(server, pki, backends):
    before = len(backends.http.requests)
    with connect(server, pki.alice) as connection:
        for path in "/explain", "/explain?path=/explain", "/proxied/open", "/proxied/closed/x", "/cgi-bin/seen":
            assert ask(connection, pki.alice, path)["outcome"]["status"] == 200
        assert connection.get("/explain").status == 200
    assert len(backends.http.requests) == before  # nothing was run


def test_the_asker_stays_who_he_is(server, pki):
    """Rules and verdicts of one and the other do not mix, on one connection and in all streams at once."""
    with connect(server, pki.alice, "2") as connection:
        streams = []
        for credential in [pki.mallory, pki.alice] * 20:
            streams.append((credential, connection.send("/explain?format=json&path=/rule/two/x.html", {}, method="POST", body=pem(credential))))
            streams.append((None, connection.send("/rule/two/x.html", {})))
        for credential, stream in streams:
            response = connection.response(stream)
            assert response.status == 200
            if credential:
                assert json.loads(response.text)["outcome"]["status"] == (200 if credential is pki.alice else 403)


@pytest.mark.parametrize("how", HOWS)
def test_a_body_is_waited_for_and_asked_for(server, pki, how):
    with connect(server, pki.alice, how) as connection:
        for _ in range(3):
            assert post(connection, "/explain?format=json", pem(pki.alice), {} if how == "2" else {"Expect": "100-continue"}).status == 200
    with connect(server, pki.mallory) as connection:
        assert post(connection, "/explain", pem(pki.alice), {"Expect": "100-continue"}).status == 403
    server.expect_log("CC0401", times=1)
