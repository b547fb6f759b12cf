# SPDX-License-Identifier: Apache-2.0
"""What somebody was let in to see is not shown to others out of a cache: mod_cache answers before
any access control, unless it was kept from storing the page."""
import pytest
from harness.intrusion import MARKER, RULE, SECRET, SETTINGS, Intrusion


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(SETTINGS + """
        Protocols h2 http/1.1
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${ca}
            SSLVerifyClient optional
            CacheEnable socache /
            CacheSocache shmcb
            Header set Cache-Control max-age=3600
            <Location /hidden>
                RULE
            </Location>
            <Directory ${htdocs}/hidden>
                DirectoryIndex /application.html
                FallbackResource /application.html
            </Directory>
            MARKER
        </VirtualHost>
    """.replace("RULE", RULE).replace("MARKER", MARKER), modules="http2 headers dir cache cache_socache")
    server.page("hidden/page.html", SECRET)
    for name in ("open", "application"):
        server.page(f"{name}.html", SECRET)
    server.start()


@pytest.fixture(scope="module")
def intrusion(server, pki):
    made = Intrusion(server, {"alice": pki.alice, "mallory": pki.mallory, "nobody": None})
    yield made
    made.close()


def test_the_cache_works(server, pki):
    assert [server.curl("/open.html").header("Age") for _ in range(3)][0] is None
    assert server.curl("/open.html").header("Age") is not None


@pytest.mark.parametrize("path", ["/hidden/page.html", "/hidden/", "/hidden/made-by-an-application"])
def test_a_page_behind_a_rule_is_never_taken_from_the_cache(intrusion, path):
    """Not even where the answer comes from a place that has no rule."""
    for _ in range(2):
        intrusion.attempt(path)
