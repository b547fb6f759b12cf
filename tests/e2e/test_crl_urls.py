# SPDX-License-Identifier: Apache-2.0
"""CRLs from URLs: http, https and ldap; asked for again, kept over restarts; and those that certificates
name themselves."""
import ssl

import pytest
from harness.crl_trouble import remove
from harness.crls import becomes, crl, outcome, ready
from harness.ldap import Directory
from harness.origin import Origin
from harness.waiting import wait_until

SITE = """
    ClientCertCRL ${plain} refresh=1s
    ClientCertCRL ${secure} refresh=1s
    ClientCertCRL ${ldap} refresh=1s
    ClientCertCRL http://crl.invalid/proxied.crl refresh=1s
    ClientCertCRL cdp refresh=1s
    ClientCertCRLHosts localhost 127.0.0.1
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${cas}
        SSLVerifyClient optional
    </VirtualHost>
"""
# What the log says of a client without CRL.
MISSING = "CC0101"


class Place:
    """A CA, and where its CRL is published."""

    def __init__(self, pki, name):
        self.ca = pki.authority(f"/O=Test/CN={name}")
        self.client = self.ca.client(f"/CN=client of {name}")

    def named(self, url):
        """A client whose certificate names its distribution point."""
        return self.ca.client("/CN=with CDP", extensions={"crlDistributionPoints": f"URI:{url}"})


@pytest.fixture(scope="module")
def places(pki):
    return {name: Place(pki, name) for name in ("plain", "secure", "ldap", "proxied", "named", "both", "forbidden")}


@pytest.fixture(scope="module")
def proxy():
    made = Origin()
    yield made
    made.close()


@pytest.fixture(scope="module")
def web_ca(pki):
    return pki.authority("/CN=CA of web servers")


@pytest.fixture(scope="module")
def secure_origin(web_ca):
    made = Origin(web_ca.server("localhost"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def directory(web_ca):
    made = Directory(web_ca.server("localhost"))
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(pki, places, origin, secure_origin, directory, proxy, web_ca, server):
    proxy.put("http://crl.invalid/proxied.crl", crl(places["proxied"].ca))
    directory.publish("ldap", crl(places["ldap"].ca))
    server.environment.update(SSL_CERT_FILE=str(trusted(server, web_ca)), http_proxy=proxy.url, no_proxy="127.0.0.1")
    server.configure(SITE, ldap=directory.url("ldap"), plain=origin.put("/plain.crl", crl(places["plain"].ca)),
                     secure=secure_origin.put("/secure.crl", crl(places["secure"].ca)),
                     cas=pki.bundle(*(place.ca for place in places.values())))
    server.start()
    ready(server, places["plain"].client)


def trusted(server, ca):
    """A copy that the server's children can read."""
    copy = server.root / "web-ca.pem"
    copy.write_bytes(ca.cert.read_bytes())
    copy.chmod(0o644)
    return copy


@pytest.fixture
def revoke(places, origin, secure_origin, directory, proxy):
    """Publishes a CRL with these clients where it belongs; none where none is named."""
    def publish(name, *clients):
        content = crl(places[name].ca, clients)
        {
            "plain": lambda: origin.put("/plain.crl", content),
            "secure": lambda: secure_origin.put("/secure.crl", content),
            "proxied": lambda: proxy.put("http://crl.invalid/proxied.crl", content),
            "ldap": lambda: directory.publish("ldap", content),
        }[name]()
        return content
    return publish


def another(place):
    return place.ca.client("/CN=Bob")


def asked(origin, path, more=1):
    """Waits for that many further requests; the last."""
    count = len(origin.asked(path)) + more
    wait_until(lambda: len(origin.asked(path)) >= count, f"{path} is not asked for")
    return origin.asked(path)[-1]


# -- configured URLs ---------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["plain", "secure", "ldap", "proxied"])
def test_a_new_crl_is_fetched(server, places, revoke, name):
    bob = another(places[name])
    assert outcome(server, bob) == 200
    revoke(name, bob)
    becomes(server, bob, "revoked")
    assert outcome(server, places[name].client) == 200


def test_a_proxy_of_the_environment_is_used(proxy):
    assert asked(proxy, "http://crl.invalid/proxied.crl").value("Host") == "crl.invalid"


def test_what_is_known_is_not_sent_again(server, places, origin, revoke):
    bob = another(places["plain"])
    revoke("plain", bob)
    becomes(server, bob, "revoked")
    mark = server.mark()
    seen = asked(origin, "/plain.crl", more=2)
    tag, date = seen.value("If-None-Match"), seen.value("If-Modified-Since")
    assert (tag, date) == origin.validators("/plain.crl")
    assert seen.value("User-Agent") == "mod_clientcert"
    assert outcome(server, bob) == "revoked" and outcome(server, places["plain"].client) == 200
    server.allow_log("CC0205")
    assert server.log_lines("notice.*CRL", mark) == []


def test_a_failure_changes_nothing_and_is_told_once(server, places, origin, revoke):
    bob = another(places["plain"])
    content = revoke("plain", bob)
    becomes(server, bob, "revoked")
    origin.answer("/plain.crl", 404)
    line = server.expect_log("status 404")
    assert line.count(origin.url + "/plain.crl") == 1 and "stays in force" in line
    asked(origin, "/plain.crl", more=2)
    assert outcome(server, bob) == "revoked" and outcome(server, places["plain"].client) == 200
    server.expect_log("status 404", times=1)
    mark = server.mark()
    origin.put("/plain.crl", content)
    server.errors.wait("was downloaded again", since=mark)


@pytest.mark.parametrize("content", [b"", b"<html>Maintenance</html>", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_crl_changes_nothing(server, places, origin, revoke, content):
    bob = another(places["plain"])
    revoke("plain", bob)
    becomes(server, bob, "revoked")
    origin.put("/plain.crl", content)
    server.expect_log(f"{origin.url}/plain.crl")
    assert outcome(server, bob) == "revoked" and outcome(server, places["plain"].client) == 200
    revoke("plain")
    becomes(server, bob, 200)


def test_a_server_that_is_busy_is_left_alone(server, origin, secure_origin, revoke):
    origin.answer("/plain.crl", 503, {"Retry-After": "3600"})
    server.expect_log("status 503")
    count = len(origin.asked("/plain.crl"))
    asked(secure_origin, "/secure.crl", more=4)
    assert len(origin.asked("/plain.crl")) == count
    revoke("plain")
    server.graceful()  # forgets the appointment
    asked(origin, "/plain.crl")


def test_downloads_outlive_their_origin(server, places, revoke, origin, secure_origin):
    clients = {name: another(places[name]) for name in ("plain", "secure", "ldap")}
    for name, bob in clients.items():
        revoke(name, bob)
        becomes(server, bob, "revoked")
    server.stop()
    origin.answer("/plain.crl", 500)
    secure_origin.answer("/secure.crl", 500)
    server.allow_log("status 500")
    server.allow_log("CC0205")
    server.start()
    ready(server, places["plain"].client)
    for name, bob in clients.items():
        assert outcome(server, bob) == "revoked" and outcome(server, places[name].client) == 200
    revoke("plain")
    revoke("secure")
    becomes(server, clients["plain"], 200)
    becomes(server, clients["secure"], 200)


@pytest.mark.parametrize("name", ["seen", "downloads", "forget"])
def test_a_folder_of_the_state_directory_is_removed(server, places, revoke, name):
    """A careless clean-up: nothing that is in force is lost, and what comes later is taken in."""
    bob = another(places["plain"])
    revoke("plain", bob)
    becomes(server, bob, "revoked")
    folder = server.root / "run" / "clientcert" / name
    remove(folder)
    wait_until(folder.exists, "it is not made again")
    assert (folder.stat().st_mode & 0o777, folder.owner()) == (0o700, folder.parent.owner())
    assert outcome(server, bob) == "revoked" and outcome(server, places["plain"].client) == 200
    revoke("plain")
    becomes(server, bob, 200)


# -- distribution points that certificates name --------------------------------------------------------

def test_a_named_distribution_point_is_followed(server, places, origin, proxy):
    place = places["named"]
    url = f"http://localhost:{origin.port}/named.crl"
    origin.put("/named.crl", crl(place.ca))
    alice, bob = place.named(url), place.named(url)
    server.allow_log(MISSING)
    assert outcome(server, alice) == 403
    assert server.log_lines("reason=crl-missing")
    becomes(server, alice, 200)
    origin.put("/named.crl", crl(place.ca, [bob]))
    becomes(server, bob, "revoked")
    assert not proxy.asked(url), "a proxy was asked for what a certificate names"


@pytest.mark.parametrize("target, why", [
    ("http://127.0.0.2:1/a.crl", 'ClientCertCRLHosts does not list "127.0.0.2"'),
    ("http://elsewhere.example/a.crl", 'ClientCertCRLHosts does not list "elsewhere.example"'),
    ("http://me:secret@localhost/a.crl", "has a user name"),
    ("ldap://localhost/cn=a?b", "would have to lead to http or https"),
    ("file:///etc/passwd", "http, https, ldap or ldaps is expected, not file"),
])
def test_a_named_distribution_point_may_not_lead_elsewhere(server, places, origin, target, why):
    place = places["forbidden"]
    path = f"/redirect-{abs(hash(target))}.crl"
    origin.redirect(path, target)
    alice = place.named(origin.url + path)
    server.allow_log(MISSING)
    assert outcome(server, alice) == 403
    assert "secret" not in server.expect_log(why.replace("?", r"\?"))
    assert outcome(server, alice) == 403


@pytest.mark.parametrize("url, why", [
    ("http://elsewhere.example/a.crl", 'ClientCertCRLHosts does not list "elsewhere.example"'),
    ("http://me:secret@localhost/a.crl", "has a user name"),
])
def test_named_urls_that_are_not_followed(server, places, url, why):
    alice = places["forbidden"].named(url)
    server.allow_log(MISSING)
    assert outcome(server, alice) == 403
    assert "secret" not in server.expect_log(why)


def test_directories_that_a_certificate_names_are_passed_over(server, places, directory, origin):
    """Many certificates name one for Windows, and a web server for all others."""
    place = places["both"]
    directory.publish("both", crl(place.ca, [another(place)]))
    content = crl(place.ca)
    url = origin.put("/both.crl", content)
    alice = place.named(f"{directory.url('both').replace(',', '%2C')},URI:{url}")
    server.allow_log(MISSING)
    becomes(server, alice, 200)
    assert origin.asked("/both.crl")


def test_only_chains_that_verified_are_followed(server, pki, origin):
    stranger = Place(pki, "stranger").named(origin.put("/stranger.crl", b"x"))
    with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
        outcome(server, stranger)
    asked(origin, "/plain.crl", more=2)
    assert not origin.asked("/stranger.crl")


def test_private_addresses_are_refused_at_connect(make_server, places, origin):
    """Where a name is listed that leads to one."""
    server = make_server()
    server.configure("""
        ClientCertCRL cdp refresh=1s
        ClientCertCRLHosts localhost
        <VirtualHost *:${https}>
            Include ${tls}
            SSLCACertificateFile ${cas}
            SSLVerifyClient optional
        </VirtualHost>
    """, cas=places["forbidden"].ca)
    server.start()
    alice = places["forbidden"].named(f"http://localhost:{origin.port}/private.crl")
    ready(server, alice)
    server.allow_log(MISSING)
    assert outcome(server, alice) == 403
    server.expect_log("no connection is made to (127.0.0.1|::1), which is no public address and not listed")
    assert not origin.asked("/private.crl")
