# SPDX-License-Identifier: Apache-2.0
"""The identity out of a header stays with its request on every way through the server: error documents, internal
redirects, subrequests, directory indexes, per-directory CAs; and it is passed on like one from TLS."""
import json

import pytest
from harness.forwarded import FIELD, FORMATS, NAMES, base64_of, chain_of, fields, of
from harness.gateways import PATHS, Gateways, arrived
from harness.intake import GLOBAL, MODULES, connect, host, nobody, who

ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
PAGES = """
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCACertificateFile ${ca}
    DirectoryIndex index.cgi index.html
    AddHandler cgi-script .cgi
    AddType text/html .html
    AddLanguage en .en
    ErrorDocument 404 /cgi-bin/seen?404
    ErrorDocument 403 /cgi-bin/seen?403
    ClientCertEnv On
    RewriteEngine On
    RewriteRule ^/rewritten$ /cgi-bin/seen [PT]
    RewriteRule ^/internal$ /secret/index.html [PT]
    Alias /aliased ${htdocs}/secret
    <Directory ${htdocs}>
        Options +Includes +ExecCGI +MultiViews
        AllowOverride All
        <Files *.shtml>
            SetOutputFilter INCLUDES
        </Files>
    </Directory>
    <Directory ${htdocs}/secret>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Directory>
    <Location /staff>
        ClientCertCA ${staff}
        ClientCertRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"
    </Location>
    ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
"""
OUTER = """
    ClientCertForward rfc9440
    ProxyPass /inner/ http://rfc9440.example.org:${http}/
    ProxyRemote * http://127.0.0.1:${http}
"""
AGAIN = """
    ClientCertForward rfc9440
    ScriptAlias /cgi-bin/ ${root}/cgi-bin/
    ProxyPass /again/ http://127.0.0.1:${http}/
    ProxyPreserveHost On
"""
OUT = ("rfc9440", "xfcc", "nginx", "haproxy", "traefik", "aws", "f5", "elb", "webmux")


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module")
def staff(pki):
    return pki.authority("/CN=Staff CA")


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, gateways, staff):
    hosts = [host(kind, port, f"ClientCertFrom {kind}\n{PAGES}{gateways.configuration()}")
             for kind in FORMATS for port in ("http", "https")]
    forwards = "\n".join(f"<Location /{out}>\nProxyPass {gateways.http.url}/{out}\nClientCertForward {out}\n</Location>"
                         for out in OUT)
    hosts += [host(f"from-{kind}", "http", f"ClientCertFrom {kind}\n{PAGES}{forwards}\n<Location /all>\n"
                   f"ProxyPass {gateways.http.url}/all\nClientCertForward rfc9440 xfcc nginx traefik aws\n</Location>")
              for kind in FORMATS]
    # A server of ours behind a server of ours, which is this one.
    hosts += [host("outer", "http", f"ClientCertFrom xfcc\n{PAGES}{OUTER}"),
              host("again", "http", f"ClientCertFrom rfc9440\n{PAGES}{AGAIN}")]
    server.configure(GLOBAL + "TypesConfig /dev/null\n" + "".join(hosts), staff=staff.cert,
                     modules=f"{MODULES} dir rewrite include mime negotiation {Gateways.MODULES}")
    for path in "secret/index.html", "secret/page.en.html", "plain/index.html", "staff/index.html":
        server.page(path, "the secret\n" if "secret" in path else "hello\n")
    server.page("included.shtml", '[<!--#include virtual="/cgi-bin/seen" -->]')
    server.page("includes-secret.shtml", '[<!--#include virtual="/secret/index.html" -->]')
    server.page("echoed.shtml", '[<!--#echo var="CLIENTCERT_SUBJECT" -->|<!--#echo var="CLIENTCERT_SOURCE" -->]')
    server.page("index/index.cgi", (server.root / "cgi-bin" / "seen").read_text(), 0o755)
    server.htaccess("lenient", 'ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"\n')
    server.allow_log("AH01630", always=True)
    server.start()


def env_of(response):
    return json.loads(response.text)["env"]


@pytest.mark.parametrize("kind,way", [*((kind, "http/1.1") for kind in FORMATS), ("nginx", "https/1.1"), ("nginx", "h2")])
def test_every_way_through_the_server(server, pki, kind, way):
    with connect(server, way, kind) as connection:
        for credential, subject in (pki.alice, ALICE), (pki.mallory, "CN=Mallory,O=Evil"):
            headers = of(kind, credential)
            for path in "/cgi-bin/seen", "/rewritten", "/index/", "/nowhere":
                env = env_of(connection.get(path, headers))
                assert (env.get("CLIENTCERT_SUBJECT"), env.get("CLIENTCERT_SOURCE")) == (subject, kind), path
                assert env["HTTP_X_CLIENT"] == subject, path
            assert f"[{subject}|{kind}]" in connection.get("/echoed.shtml", headers).text
            assert f'"CLIENTCERT_SUBJECT": "{subject}"' in connection.get("/included.shtml", headers).text
        for path in "/cgi-bin/seen", "/rewritten", "/index/", "/nowhere":
            assert "CLIENTCERT_SUBJECT" not in env_of(connection.get(path)), path


@pytest.mark.parametrize("way", ["http/1.1", "h2"])
@pytest.mark.parametrize("kind", ["rfc9440", "nginx"])
def test_no_way_leads_around_a_rule(server, pki, kind, way):
    ways = ("/secret/", "/secret/index.html", "/secret/page", "/internal", "/aliased/index.html", "/lenient/")
    with connect(server, way, kind) as connection:
        for path in ways:
            assert connection.get(path, of(kind, pki.alice)).status == 200, path
            for headers in of(kind, pki.mallory), []:
                response = connection.get(path, headers)
                assert response.status == 403 and "the secret" not in response.text, path
                told = env_of(response)
                assert told["QUERY_STRING"] == "403"
                assert told.get("CLIENTCERT_SUBJECT") == ("CN=Mallory,O=Evil" if headers else None)
        assert "the secret" in connection.get("/includes-secret.shtml", of(kind, pki.alice)).text
        assert "the secret" not in connection.get("/includes-secret.shtml", of(kind, pki.mallory)).text
    server.allow_log("CC0101|unable to include")


def test_a_refused_certificate_has_its_reason_on_the_error_page(server, pki):
    late = pki.ca.client("/CN=Late", valid=("-2d", "-1d"))
    with connect(server, "http/1.1", "nginx") as connection:
        response = connection.get("/index.html", of("nginx", late))
        assert response.status == 403
        env = env_of(response)
        assert (env["CLIENTCERT_REASON"], env["CLIENTCERT_VERIFY"]) == ("expired", "FAILED")
        assert "CLIENTCERT_SUBJECT" not in env and env["QUERY_STRING"] == "403"
    server.expect_log("CC0101: .*reason=expired", times=1)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_cas_of_a_directory(server, pki, staff, kind):
    """ClientCertCA names others than those of the virtual host."""
    member = staff.client("/CN=Member")
    with connect(server, "http/1.1", kind) as connection:
        for _ in range(2):
            assert connection.get("/staff/", of(kind, member)).status == 200
            assert connection.get("/staff/", of(kind, pki.alice)).status == 403
            assert connection.get("/plain/", of(kind, member)).status == 403
            assert connection.get("/plain/", of(kind, pki.alice)).status == 200
            assert connection.get("/staff/").status == 403
    server.allow_log("CC0101")


@pytest.mark.parametrize("path", PATHS)
def test_towards_every_kind_of_application(server, pki, path):
    with connect(server, "http/1.1", "xfcc") as connection:
        for credential, subject in (pki.alice, [ALICE]), (pki.mallory, ["CN=Mallory,O=Evil"]):
            response = connection.get(path, [*of("xfcc", credential), ("X-Client", "CN=Admin")])
            assert arrived(response.seen, "X-Client") == subject
        assert arrived(connection.get(path, [("X_Client", "CN=Admin")]).seen, "X-Client") == []


# -- passed on ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("out", FORMATS)
@pytest.mark.parametrize("kind", FORMATS)
def test_one_format_in_and_another_out(server, pki, kind, out):
    """What arrives is the certificate; beside it there may be more than this test writes."""
    with connect(server, "http/1.1", f"from-{kind}") as connection:
        for credential in pki.alice, pki.mallory, pki.alice:
            seen = connection.get(f"/{out}/x", of(kind, credential)).seen
            for name, value in fields(out, credential.der):
                if out == "xfcc":
                    assert value.split(";")[1] in seen.value(name).split(";")
                elif out == "aws":
                    assert seen.value(name) == value
                else:
                    assert seen.values(name) == [value]
        seen = connection.get(f"/{out}/x").seen
        assert not any(seen.values(name) for name, _ in fields(out, pki.alice.der))


@pytest.mark.parametrize("out", ["f5", "elb", "webmux"])
def test_the_other_formats_out(server, pki, out):
    marks = {"f5": ("SSLClientCertStatus", "OK"), "elb": ("X-Forwarded-Clientcert-clientverify", "SUCCESS"),
             "webmux": ("X-WebMux-SSL-Client-Verify", "SUCCESS")}
    name, good = marks[out]
    with connect(server, "http/1.1", "from-rfc9440") as connection:
        assert connection.get(f"/{out}/x", of("rfc9440", pki.alice)).seen.value(name) == good
        assert connection.get(f"/{out}/x").seen.value(name) != good


def test_the_chain_that_came_is_passed_on(server, pki):
    carol = pki.ca.intermediate("/CN=Middle").intermediate("/CN=Issuing").client("/CN=Carol")
    chain = chain_of(carol)
    with connect(server, "http/1.1", "from-traefik") as connection:
        seen = connection.get("/rfc9440/x", of("traefik", carol)).seen
        assert [(name, seen.value(name)) for name, _ in fields("rfc9440", *chain)] == fields("rfc9440", *chain)
    with connect(server, "http/1.1", "from-rfc9440") as connection:
        seen = connection.get("/traefik/x", of("rfc9440", carol)).seen
        assert seen.value(FIELD["traefik"]) == fields("traefik", *chain)[0][1]


def test_in_and_out_under_the_same_name(server, pki):
    """Ours replaces what came in; what a stranger adds under the other names is gone."""
    with connect(server, "http/1.1", "from-nginx") as connection:
        for credential in pki.alice, pki.mallory:
            extra = [pair for kind in FORMATS if kind != "nginx" for pair in of(kind, pki.server)]
            for path in "/nginx/x", "/all/x":
                seen = connection.get(path, [*extra, *of("nginx", credential)]).seen
                assert seen.values(FIELD["nginx"]) == [of("nginx", credential)[0][1]]
                assert base64_of(pki.server.der)[:60] not in json.dumps(seen.headers)
        seen = connection.get("/all/x", extra).seen
        assert not {name.lower() for name in NAMES} & set(seen.names())


def test_a_server_of_ours_behind_a_server_of_ours(server, pki):
    with connect(server, "http/1.1", "outer") as connection:
        for credential, subject in (pki.alice, ALICE), (pki.mallory, "CN=Mallory,O=Evil"), (None, None):
            headers = of("xfcc", credential) if credential else []
            env = env_of(connection.get("/inner/cgi-bin/seen", [*headers, *of("rfc9440", pki.server)]))
            assert env.get("CLIENTCERT_SUBJECT") == subject
            assert env.get("CLIENTCERT_SOURCE", "rfc9440") == "rfc9440"


def test_what_this_server_sets_itself_is_not_taken_in(server, pki):
    """An internal redirect of a request that has our own Client-Cert by then, and no certificate of its own."""
    with connect(server, "http/1.1", "again") as connection:
        for path in "/rewritten", "/nowhere", "/index/":
            assert env_of(connection.get(path, of("rfc9440", pki.alice)))["CLIENTCERT_SUBJECT"] == ALICE
            env = env_of(connection.get(path))
            assert "CLIENTCERT_SUBJECT" not in env and "HTTP_CLIENT_CERT" not in env
        response = connection.get("/again/cgi-bin/seen", of("rfc9440", pki.mallory))
        assert env_of(response)["CLIENTCERT_SUBJECT"] == "CN=Mallory,O=Evil"
        assert nobody(connection.get("/index.html"))
        assert who(connection.get("/index.html", of("rfc9440", pki.alice))).subject == ALICE
