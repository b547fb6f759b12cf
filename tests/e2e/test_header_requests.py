# SPDX-License-Identifier: Apache-2.0
"""The headers belong to their request: subrequests, internal redirects, requests that follow each
other on a connection, and streams of HTTP/2 that run at once, each under its own certificate."""
import json
import threading

import pytest
from harness.gateways import Gateways, arrived
from harness.structured_fields import byte_sequence

SITE = """
    <Files *.shtml>
        Options +Includes
        SetOutputFilter INCLUDES
    </Files>
    <VirtualHost *:${https}>
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        %(gateways)s
        %(other)s
        %(nothing)s
        ErrorDocument 404 /cgi-bin/seen?missing
        ErrorDocument 403 /http/error
        RewriteEngine On
        RewriteRule ^/passed/(.*)$ /cgi-bin/$1 [PT]
        RewriteRule ^/passed-to-other/(.*)$ /other/cgi-bin/$1 [PT]
        <Directory ${htdocs}/folder>
            DirectoryIndex /cgi-bin/seen
        </Directory>
        <Directory ${htdocs}/folder-to-nothing>
            DirectoryIndex /nothing/cgi-bin/seen
        </Directory>
        <Location /forbidden>
            Require all denied
        </Location>
        ClientCertHeader X-Name "%%{SSL_CLIENT_S_DN_CN}"
        ClientCertHeader X-Verify "%%{SSL_CLIENT_VERIFY}"
        ClientCertHeader X-Path "%%{REQUEST_URI} %%{SSL_CLIENT_S_DN_CN}"
        ClientCertForward rfc9440
        <Location /other/>
            ClientCertHeader X-Name "other %%{SSL_CLIENT_S_DN_CN}"
        </Location>
        <Location /nothing/>
            ClientCertHeader X-Name unset
            ClientCertHeader X-Path "%%{CLIENTCERT_SAN_URI}"
            ClientCertForward none
        </Location>
    </VirtualHost>
"""


@pytest.fixture(scope="module")
def gateways():
    made = Gateways()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def site(server, gateways):
    parts = {"gateways": gateways.configuration(), "other": gateways.configuration("/other"),
             "nothing": gateways.configuration("/nothing")}
    server.configure(SITE % parts, modules=f"http2 include dir rewrite {Gateways.MODULES}")
    for name, included in (("included", "/cgi-bin/seen"), ("other", "/other/cgi-bin/seen"),
                           ("nothing", "/nothing/cgi-bin/seen")):
        server.page(f"{name}.shtml", f'<!--#include virtual="{included}" -->')
    server.page("twice.shtml", '[<!--#include virtual="/nothing/cgi-bin/seen" -->,'
                               '<!--#include virtual="/other/cgi-bin/seen" -->,'
                               '<!--#include virtual="/cgi-bin/seen" -->]')
    server.page("folder/x")
    server.page("folder-to-nothing/x")
    server.start()


@pytest.fixture(scope="module")
def people(pki):
    return {name: pki.ca.client(f"/O=garex AG/CN={name}") for name in ("Anna", "Bernd", "Clara", "Dora")}


def check(seen, person, name, prefix=""):
    assert arrived(seen, "X-Name") == [prefix + name]
    assert arrived(seen, "X-Verify") == ["SUCCESS"]
    assert arrived(seen, "X-Path")[0].endswith(" " + name) and len(arrived(seen, "X-Path")) == 1
    assert [byte_sequence(value) for value in arrived(seen, "Client-Cert")] == [person.der]


def check_nothing(seen):
    """What the location says, not what an earlier one did."""
    assert arrived(seen, "X-Verify") == ["SUCCESS"]
    for name in ("X-Name", "X-Path", "Client-Cert", "Client-Cert-Chain"):
        assert arrived(seen, name) == [], name


# -- subrequests and internal redirects --------------------------------------------------------

@pytest.mark.parametrize("path", ["/included.shtml", "/folder/", "/passed/seen"])
def test_a_subrequest_and_an_internal_redirect_have_them(server, people, path):
    check(server.curl(path, cert=people["Anna"]).seen, people["Anna"], "Anna")


@pytest.mark.parametrize("path", ["/missing", "/forbidden"])
def test_an_error_document_has_them(server, people, path):
    response = server.curl(path, cert=people["Anna"])
    assert response.status in (200, 403, 404)
    response.status = 200
    check(response.seen, people["Anna"], "Anna")
    server.allow_log("AH01630")


@pytest.mark.parametrize("path", ["/other.shtml", "/passed-to-other/seen"])
def test_a_subrequest_and_an_internal_redirect_have_those_of_their_own_location(server, people, path):
    check(server.curl(path, cert=people["Anna"]).seen, people["Anna"], "Anna", "other ")


@pytest.mark.parametrize("path", ["/nothing.shtml", "/folder-to-nothing/"])
def test_what_the_location_of_a_subrequest_unsets_does_not_come_from_the_first(server, people, path):
    check_nothing(server.curl(path, cert=people["Anna"]).seen)


def test_several_subrequests_do_not_disturb_each_other(server, people):
    with server.tls(people["Anna"]) as connection:
        for _ in range(3):
            nothing, other, plain = json.loads(connection.get("/twice.shtml").body)
            assert nothing["env"].get("HTTP_X_NAME") is None
            assert other["env"]["HTTP_X_NAME"] == "other Anna"
            assert plain["env"]["HTTP_X_NAME"] == "Anna"
            assert plain["env"]["HTTP_CLIENT_CERT"] == other["env"]["HTTP_CLIENT_CERT"]


def test_without_a_certificate_an_internal_redirect_tells_so(server):
    for path in ("/included.shtml", "/folder/", "/passed/seen", "/other.shtml"):
        seen = server.curl(path, headers={"X-Name": "spoofed", "Client-Cert": "spoofed"}).seen
        assert arrived(seen, "X-Verify") == ["NONE"]
        assert arrived(seen, "X-Name") + arrived(seen, "X-Path") + arrived(seen, "Client-Cert") == []


# -- connections and streams -------------------------------------------------------------------

def test_requests_that_follow_each_other_have_those_of_their_location(server, people):
    with server.tls(people["Anna"]) as connection:
        for _ in range(4):
            check(connection.get("/http/x").seen, people["Anna"], "Anna")
            check_nothing(connection.get("/nothing/http/x").seen)
            check(connection.get("/other/fcgi/x").seen, people["Anna"], "Anna", "other ")


def test_a_backend_connection_that_is_used_again_tells_the_next_client(server, people, gateways):
    for _ in range(3):
        for name, person in people.items():
            check(server.curl("/http/x", cert=person).seen, person, name)
        seen = server.curl("/http/x").seen
        assert arrived(seen, "X-Verify") == ["NONE"] and arrived(seen, "X-Name") == []


def test_fifty_streams_of_several_clients_at_once_are_never_mixed(server, people):
    """A connection for each client, fifty streams at once on each, all the connections at once."""
    failures = []
    paths = ["/http/x", "/other/http/y", "/nothing/http/z", "/fcgi/x", "/other/ajp/x"] * 10

    def ask(name, person):
        try:
            with server.h2(person) as connection:
                for _ in range(2):
                    for path, response in zip(paths, connection.gather(paths)):
                        if path.startswith("/nothing"):
                            check_nothing(response.seen)
                        else:
                            check(response.seen, person, name, "other " if path.startswith("/other") else "")
        except BaseException as failure:  # the main thread raises it
            failures.append(failure)

    def ask_as_nobody():
        try:
            with server.h2() as connection:
                for response in connection.gather(paths):
                    assert arrived(response.seen, "X-Verify") == ["NONE"]
                    assert arrived(response.seen, "X-Name") + arrived(response.seen, "Client-Cert") == []
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=ask, args=item) for item in people.items()]
    threads.append(threading.Thread(target=ask_as_nobody))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
