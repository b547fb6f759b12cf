# SPDX-License-Identifier: Apache-2.0
"""A response that says it depends on Client-Cert leaves as one that depends on what no cache can
know, `Vary: *` (RFC 9440, section 3): where these headers are forwarded, and nowhere else."""
import pytest
from harness.gateways import Gateways

SITE = """
    CacheRoot ${root}/cache
    CacheLock off
    CacheHeader on
    CacheDefaultExpire 600
    CacheIgnoreNoLastMod on
    %(quick)s
    <VirtualHost *:${https}>
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        %(gateways)s
        %(plain)s
        CacheEnable disk /cached/
        CacheEnable disk /plain/cached/
        ProxyPass /cached/ ${http_backend}/cached/
        ProxyPass /plain/cached/ ${http_backend}/cached/
        ProxyErrorOverride Off
        ClientCertForward rfc9440
        ClientCertHeader X-Client-DN "%%{SSL_CLIENT_S_DN}"
        <LocationMatch "^/plain/">
            ClientCertForward none
        </LocationMatch>
        ErrorDocument 503 /cgi-bin/vary?Client-Cert
        <LocationMatch "/forbidden">
            Require all denied
        </LocationMatch>
        <LocationMatch "/mod_headers">
            Header set Vary Client-Cert
        </LocationMatch>
        <LocationMatch "/mod_headers-always">
            Header unset Vary
            Header always set Vary Client-Cert
        </LocationMatch>
        <LocationMatch "/mod_headers-append">
            Header unset Vary
            Header append Vary Accept
            Header append Vary Client-Cert-Chain
        </LocationMatch>
        <LocationMatch "/mod_headers-expr">
            Header unset Vary
            Header set Vary Accept
            Header always set Vary Client-Cert
        </LocationMatch>
        Alias /plain/page ${htdocs}/page
    </VirtualHost>
"""
CGI = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\n'
IFS=/
for value in $QUERY_STRING; do printf 'Vary: %s\\r\\n' "$value"; done
[ -z "$REDIRECT_STATUS" ] || printf 'Status: %s\\r\\n' "$REDIRECT_STATUS"
printf '\\r\\nhello\\n'
"""
NAMED = (["Client-Cert"], ["client-cert"], ["CLIENT-CERT-CHAIN"], ["Accept-Encoding, Client-Cert"],
         ["Client-Cert,Accept"], ["Accept ,\tclient-cert-chain\t, Cookie"], ["Accept", "Client-Cert"],
         ["Client-Cert", "Accept"], ["Accept", "Cookie, Client-Cert-Chain", "Client-Cert"], [",,Client-Cert,,"])
OTHER = (["Accept-Encoding"], ["Accept", "Cookie"], ["*"], ["X-Client-Cert"], ["Client-Cert-Chains"],
         ["Client-Certificate, Accept"], ["Client_Cert"], ["X-Client-DN"], ["Accept, My-Client-Cert-Chain"], [])


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    parts = {"gateways": gateways.configuration(), "plain": gateways.configuration("/plain"), "quick": ""}
    (server.root / "cache").mkdir()
    (server.root / "cache").chmod(0o777)
    server.configure(SITE % parts, modules=f"http2 headers cache cache_disk {Gateways.MODULES}",
                     http_backend=gateways.http.url)
    server.page("cgi-bin/vary", CGI, mode=0o755)
    for path in ("page/mod_headers", "page/forbidden", *(f"page/mod_headers-{kind}"
                                                         for kind in ("always", "append", "expr"))):
        server.page(path)
    server.start()


def members(response):
    """All that the response varies by, whatever lines they stand in."""
    return [name.strip() for value in response.values("Vary") for name in value.split(",") if name.strip()]


def by(lines):
    return [name.strip() for line in lines for name in line.split(",") if name.strip()]


def answering(gateways, kind, vary, *others):
    getattr(gateways, kind).response_headers = [*(("Vary", value) for value in vary), *others]


@pytest.mark.parametrize("kind", Gateways.KINDS)
def test_an_application_behind_a_proxy_that_names_them_varies_by_everything(server, pki, gateways, kind):
    for vary in NAMED:
        answering(gateways, kind, vary)
        assert server.curl(f"/{kind}/x", cert=pki.alice).values("Vary") == ["*"], vary
        assert server.curl(f"/{kind}/x").values("Vary") == ["*"], vary


@pytest.mark.parametrize("kind", Gateways.KINDS)
def test_other_values_of_an_application_behind_a_proxy_are_untouched(server, pki, gateways, kind):
    for vary in OTHER:
        answering(gateways, kind, vary)
        assert members(server.curl(f"/{kind}/x", cert=pki.alice)) == by(vary)


@pytest.mark.parametrize("kind", Gateways.KINDS)
def test_where_nothing_is_forwarded_all_values_are_untouched(server, pki, gateways, kind):
    for vary in (NAMED[0], NAMED[3], NAMED[6]):
        answering(gateways, kind, vary)
        assert members(server.curl(f"/plain/{kind}/x", cert=pki.alice)) == by(vary)


def test_a_script_that_names_them_varies_by_everything(server, pki):
    for query in ("Client-Cert", "client-cert-chain", "Accept,Client-Cert", "Accept/Client-Cert"):
        assert server.curl(f"/cgi-bin/vary?{query}", cert=pki.alice).values("Vary") == ["*"]
        untouched = server.curl(f"/plain/cgi-bin/vary?{query}", cert=pki.alice)
        assert members(untouched) == query.replace("/", ",").split(",")
    assert members(server.curl("/cgi-bin/vary?Accept/Cookie", cert=pki.alice)) == ["Accept", "Cookie"]


@pytest.mark.parametrize("path", ["mod_headers", "mod_headers-always", "mod_headers-append", "mod_headers-expr"])
def test_a_header_that_mod_headers_sets_counts_as_well(server, pki, path):
    response = server.curl(f"/page/{path}", cert=pki.alice)
    assert response.status == 200
    assert "*" in members(response) and not {"Client-Cert", "Client-Cert-Chain"} & set(members(response))
    assert "*" not in members(server.curl(f"/plain/page/{path}", cert=pki.alice))


def test_an_error_document_of_the_server_counts_as_well(server, pki):
    response = server.curl("/missing/mod_headers-always", cert=pki.alice)
    assert response.status == 404
    assert response.values("Vary") == ["*"]
    assert server.curl("/plain/missing/mod_headers-always", cert=pki.alice).values("Vary") == ["Client-Cert"]


def test_a_denial_counts_as_well(server, pki):
    response = server.curl("/forbidden/mod_headers-always", cert=pki.alice)
    assert (response.status, response.values("Vary")) == (403, ["*"])
    server.expect_log("AH01630")


def test_a_script_that_answers_with_an_error_counts_as_well(server, pki):
    gone = server.curl("/http-nobody/x", cert=pki.alice)
    assert gone.status == 404 and gone.values("Vary") == []
    for status in ("404 Not Found", "500 Internal Server Error", "304 Not Modified"):
        server.page("cgi-bin/failing", f"#!/bin/sh\nprintf 'Status: {status}\\r\\nVary: Client-Cert\\r\\n"
                                       "Content-Type: text/plain\\r\\n\\r\\nno\\n'\n", mode=0o755)
        response = server.curl("/cgi-bin/failing", cert=pki.alice)
        assert (response.status, response.values("Vary")) == (int(status[:3]), ["*"])


@pytest.mark.parametrize("path", ["/http/x", "/fcgi/x", "/cgi-bin/vary?Client-Cert", "/page/mod_headers-always"])
def test_http_2_is_told_the_same(server, pki, gateways, path):
    answering(gateways, "http", ["Accept, Client-Cert"])
    answering(gateways, "fcgi", ["Client-Cert-Chain"])
    with server.h2(pki.alice) as connection:
        for response in connection.gather([path] * 3):
            assert response.values("vary") == ["*"]


def test_the_answer_to_head_is_the_same(server, pki, gateways):
    with server.tls(pki.alice) as connection:
        assert connection.request("HEAD", "/cgi-bin/vary?Client-Cert").values("Vary") == ["*"]


# -- caches ------------------------------------------------------------------------------------

FRESH = ("Cache-Control", "max-age=600")


def asked_twice(server, gateways, path, **options):
    """How often the application was asked when the client asked twice, and the last response."""
    before = gateways.count()
    server.curl(path, **options)
    response = server.curl(path, **options)
    return gateways.count() - before, response


@pytest.mark.parametrize("quick", ["CacheQuickHandler on", "CacheQuickHandler off"])
@pytest.mark.parametrize("vary", ["Client-Cert", "Accept, client-cert-chain"])
def test_a_cache_in_this_server_does_not_store_it(server, pki, gateways, quick, vary):
    parts = {"gateways": gateways.configuration(), "plain": gateways.configuration("/plain"), "quick": quick}
    server.write(SITE % parts)
    server.graceful()
    path = f"/cached/{quick}-{vary}".replace(" ", "-")
    answering(gateways, "http", [vary], FRESH)
    times, response = asked_twice(server, gateways, path, cert=pki.alice)
    assert times == 2
    assert response.values("Vary") == ["*"]
    seen = server.curl(path, cert=pki.mallory).seen
    assert seen.value("X-Client-DN") == "CN=Mallory,O=Evil"


@pytest.mark.parametrize("quick", ["CacheQuickHandler on", "CacheQuickHandler off"])
def test_the_same_cache_stores_what_does_not_depend_on_it(server, pki, gateways, quick):
    """The proof that the test above could fail."""
    parts = {"gateways": gateways.configuration(), "plain": gateways.configuration("/plain"), "quick": quick}
    server.write(SITE % parts)
    server.graceful()
    for number, vary in enumerate((["Accept"], [])):
        answering(gateways, "http", vary, FRESH)
        times, response = asked_twice(server, gateways, f"/cached/{quick}{number}".replace(" ", "-"), cert=pki.alice)
        assert times == 1
        assert response.header("X-Cache").startswith("HIT")


def test_a_cache_does_not_store_what_mod_headers_says_to_depend_on_it(server, pki, gateways):
    answering(gateways, "http", [], FRESH)
    times, response = asked_twice(server, gateways, "/cached/mod_headers", cert=pki.alice)
    assert times == 2
    assert response.values("Vary") == ["*"]
