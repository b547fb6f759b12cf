# SPDX-License-Identifier: Apache-2.0
"""What somebody was let in to see by certificate or password is not shown to others out of a cache:
mod_cache answers before any access control, and knows of no certificate."""
import itertools

import pytest
from harness.logins import Clients, basic, password_file

SECRET = "the secret"
LOGIN = "AuthType Basic\nAuthName here\nAuthUserFile ${root}/passwords\nClientCertBasicAuth "
PLACES = {"certificate": "AuthType ClientCert", "fallback": LOGIN + "fallback", "both": LOGIN + "both",
          "same-user": LOGIN + "same-user"}
SITE = """
Protocols h2 http/1.1
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    ClientCertUser subject:CN
    CacheEnable socache /
    CacheSocache shmcb
    # Public: an answer to a request with an Authorization header may be kept as well.
    Header set Cache-Control "public, max-age=3600"
    PLACES
</VirtualHost>
"""
RIGHT = basic("alice", "wonderland")
numbers = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def site(server):
    places = [f"<Location /{name}>\n{text}\nRequire valid-user\n</Location>" for name, text in PLACES.items()]
    server.configure(SITE.replace("PLACES", "\n".join(places)),
                     modules="http2 headers cache cache_socache auth_basic authn_file authz_user")
    password_file(server, alice="wonderland")
    for name in (*PLACES, "open"):
        server.page(f"{name}/page.html", SECRET)
    server.start()


@pytest.fixture(scope="module")
def clients(server, pki):
    with Clients(server, {"alice": pki.ca.client("/CN=alice"), "nobody": None}) as made:
        yield made


def test_what_is_open_is_kept(clients):
    """Otherwise the other tests would show nothing."""
    clients.ask("nobody", "/open/page.html")
    assert clients.ask("nobody", "/open/page.html").header("Age") is not None


@pytest.mark.parametrize("headers", [{}, RIGHT], ids=["certificate alone", "with a password"])
@pytest.mark.parametrize("http", ["1.1", "2"])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_protected_is_not(server, clients, place, http, headers):
    server.allow_log("CC0101")
    path = f"/{place}/page.html?{next(numbers)}"
    seen = headers or place in ("certificate", "fallback")
    for _ in range(2):
        response = clients.ask("alice", path, headers, http)
        assert (response.header("Age"), SECRET in response.text) == (None, bool(seen))
    response = clients.ask("nobody", path, {}, http)
    assert response.status == (401 if place == "fallback" else 403) and SECRET not in response.text
