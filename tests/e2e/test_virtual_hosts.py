# SPDX-License-Identifier: Apache-2.0
"""Several virtual hosts on one port: the verdict of one is never used in another (CVE-2025-23048).

mod_ssl itself refuses most requests for another host than that of the handshake. Where
`SSLVHostSNIPolicy insecure` lets them through, it is our own check that holds."""
import pytest

HOST = """
    <VirtualHost *:${{https}}>
        ServerName {name}
        Include ${{tls}}
        {settings}
        ClientCertHeader X-Client "%{{CLIENTCERT_SUBJECT}}"
        ClientCertHeader X-Client-Verify "%{{SSL_CLIENT_VERIFY}}"
        Header always set X-Host "{name}"
        Header always set X-Verify "expr=%{{CLIENTCERT_VERIFY}} %{{CLIENTCERT_REASON}}"
        <Location /seen>
            ProxyPass ${{backend}}/seen
        </Location>
        <Location /rule>
            ClientCertRequire %{{SSL_CLIENT_S_DN_O}} eq "garex AG"
        </Location>
        <Location /line>
            Require clientcert
        </Location>
        <Location /expr>
            Require expr %{{CLIENTCERT_VERIFY}} == "SUCCESS"
        </Location>
    </VirtualHost>
"""
# Short name -> settings. `default` is where a handshake without a known name ends up.
HOSTS = {
    "default": "SSLCACertificateFile ${ca}\nSSLVerifyClient optional\nSSLVerifyDepth 3",
    "same": "SSLCACertificateFile ${ca}\nSSLVerifyClient optional\nSSLVerifyDepth 3",
    "copy": "SSLCACertificateFile ${copy}\nSSLVerifyClient optional\nSSLVerifyDepth 3",
    "required": "SSLCACertificateFile ${ca}\nSSLVerifyClient require\nSSLVerifyDepth 3",
    "other": "SSLCACertificateFile ${other}\nSSLVerifyClient optional\nSSLVerifyDepth 3",
    "both": "SSLCACertificateFile ${both}\nSSLVerifyClient optional\nSSLVerifyDepth 3",
    "shallow": "SSLCACertificateFile ${ca}\nSSLVerifyClient optional",
    "generous": "SSLCACertificateFile ${ca}\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 3",
    "none": "SSLVerifyClient none",  # the last: with TLS 1.2, mod_ssl renegotiates after it
}
FAILED = "FAILED unknown-issuer|FAILED self-signed"  # the latter where python sends the root as well
GOOD = "SUCCESS none"
# What Alice is (her CA is trusted by `default`), by the host of the request, on any connection.
ALICE = {"default": GOOD, "same": GOOD, "copy": GOOD, "required": GOOD, "other": FAILED, "both": GOOD,
         "shallow": GOOD, "generous": GOOD, "none": FAILED}
BELOW = {**ALICE, "shallow": "FAILED chain-too-long"}     # her certificate has an intermediate CA
OLGA = {name: GOOD if name in ("other", "both") else FAILED for name in HOSTS}  # is of the other CA
NOBODY = dict.fromkeys(HOSTS, "NONE none")


def domain(name):
    return f"{name}.example.org"


def site_of(policy=""):
    return "Protocols h2 http/1.1\nKeepAliveTimeout 60\n" + policy + "\n" + "".join(
        HOST.format(name=domain(name), settings=settings) for name, settings in HOSTS.items()) + """
    <VirtualHost *:${http}>
        ServerName default.example.org
        Header always set X-Verify "expr=%{CLIENTCERT_VERIFY} %{CLIENTCERT_REASON}"
    </VirtualHost>
    """


@pytest.fixture(scope="module")
def people(pki, authority):
    return {"alice": (pki.alice, ALICE),
            "below": (pki.ca.intermediate("/O=Test/CN=Issuing").client("/O=garex AG/CN=Below"), BELOW),
            "olga": (authority.client("/O=garex AG/CN=Olga"), OLGA),
            "nobody": (None, NOBODY)}


@pytest.fixture(scope="module")
def authority(pki):
    return pki.authority("/O=Test/CN=Test CA")  # the same name as that of the first, another key


@pytest.fixture(scope="module")
def start(make_server, pki, authority, backends):
    def started(policy):
        server = make_server()
        server.configure(site_of(policy), modules="headers proxy_http http2", ports="https http",
                         backend=backends.http.url, other=authority, both=pki.bundle(pki.ca, authority),
                         copy=pki.bundle(pki.ca))
        for page in "rule", "line", "expr":
            server.page(page)
        server.start()
        return server
    return started


@pytest.fixture(scope="module")
def insecure(start):
    return start("SSLVHostSNIPolicy insecure")


@pytest.fixture(scope="module")
def careful(start):
    return start("")


def says(response, expected):
    """Whether the response tells one of the `|`-separated outcomes."""
    return response.header("x-verify") in expected.split("|")


def host_header(server, name):
    return {"Host": f"{domain(name)}:{server.ports['https']}"}


# Who -> the hosts that mod_ssl shakes hands with him for.
HANDSHAKES = [("alice", "default"), ("alice", "generous"), ("alice", "both"), ("below", "default"),
              ("olga", "other"), ("olga", "both"), ("olga", "generous"), ("nobody", "default"),
              ("below", "both")]
both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


# Hosts that mod_ssl lets share any connection: `required` wants a renegotiation where the handshake
# required nothing, and so does, with TLS 1.3, a host with a lesser depth than the one before.
SHARING = {"1.2": [name for name in HOSTS if name != "required"],
           "1.3": [name for name in HOSTS if name not in ("required", "shallow")]}


@both_versions
@pytest.mark.parametrize("who,sni", HANDSHAKES)
def test_a_request_is_judged_by_its_own_host_whatever_the_handshakes(insecure, people, who, sni, version):
    credential, expected = people[who]
    denials = 0
    with insecure.tls(credential, host=domain(sni), version=version) as connection:
        names = SHARING[version]
        for name in [*names, *reversed(names)]:  # back again: what one host remembers is no other's
            host = host_header(insecure, name)
            response = connection.get("/index.html", host)
            assert (response.status, response.header("X-Host")) == (200, domain(name))
            assert says(response, expected[name]), (name, response.header("X-Verify"))
            good = expected[name] == GOOD
            for path in "/rule", "/line", "/expr":
                assert (name, path, connection.get(path, host).status) == (name, path, 200 if good else 403)
            denials += 0 if good else 2
            seen = connection.get("/seen", host).seen
            assert (seen.value("X-Client") is not None) == good
            assert seen.value("X-Client-Verify") == response.header("X-Verify").removesuffix(" none").replace(" ", ":")
    if denials:
        lines = insecure.expect_log("CC0101", times=denials)
        assert sum("verify=NONE" in line for line in lines) == (denials if expected is NOBODY else 0)
    insecure.allow_log("AH01630")


@pytest.mark.parametrize("who,sni", HANDSHAKES)
def test_streams_of_one_connection_are_judged_by_their_own_host(insecure, people, who, sni):
    """RFC 9113, 9.1.1: a client may use a connection for every host that its certificate names."""
    credential, expected = people[who]
    with insecure.h2(credential, host=domain(sni)) as connection:
        streams = [(name, path, connection.send(path, authority=f"{domain(name)}:{insecure.ports['https']}"))
                   for _ in range(3) for name in SHARING["1.3"] for path in ("/rule", "/seen", "/index.html")]
        for name, path, stream in streams:
            response = connection.response(stream)
            good = expected[name] == GOOD
            if path == "/rule":
                assert (name, response.status) == (name, 200 if good else 403)
            elif path == "/seen":
                assert (response.seen.value("X-Client") is not None) == good
            else:
                assert says(response, expected[name]), (name, response.header("x-verify"))
    insecure.allow_log("CC0101")


@both_versions
@pytest.mark.parametrize("sni", ["", "nobody.example.org"])
def test_a_handshake_without_a_known_name_is_that_of_the_first_host(insecure, people, sni, version):
    credential, expected = people["alice"]
    with insecure.tls(credential, host=domain("default"), sni=sni, version=version) as connection:
        for name in "default", "other", "same", "none":
            response = connection.get("/index.html", host_header(insecure, name))
            assert says(response, expected[name]), (name, response.header("X-Verify"))


@both_versions
def test_a_chain_longer_than_the_hosts_depth_is_not_valid_there(insecure, people, version):
    for who, sni in ("alice", "default"), ("below", "default"), ("below", "both"), ("olga", "both"), \
            ("nobody", "default"):
        credential, expected = people[who]
        with insecure.tls(credential, host=domain(sni), version=version) as connection:
            response = connection.get("/index.html", host_header(insecure, "shallow"))
            assert response.status == 200
            assert says(response, expected["shallow"]), (who, response.header("X-Verify"))
            assert connection.get("/rule", host_header(insecure, "shallow")).status == (200 if who == "alice" else 403)
    insecure.expect_log("CC0101", times=4)
    insecure.expect_log("reason=chain-too-long", times=2)


@both_versions
@pytest.mark.parametrize("who", ["alice", "olga", "nobody"])
@pytest.mark.parametrize("sni", ["none", "generous"])
def test_a_host_that_asks_for_more_than_the_handshake_takes_only_whom_it_trusts(insecure, people, sni, who, version):
    """mod_ssl asks again, but has the CAs of the handshake's host verify what comes."""
    credential, _ = people[who]
    for name in "required", "default", "other", "shallow":
        with insecure.tls(credential, host=domain(sni), version=version) as connection:
            connection.get("/index.html")
            try:
                response = connection.get("/rule", host_header(insecure, name))
            except OSError:
                continue  # the handshake failed
            if response.status == 200:
                assert (sni, who) == ("generous", "olga" if name == "other" else "alice")
                assert response.header("X-Verify") == GOOD
            else:
                assert response.status == 403
    insecure.allow_log(r"CC0101|AH10158|AH0226\d|AH02225|AH02040|SSL Library Error")


# -- sessions ----------------------------------------------------------------------------------

@both_versions
@pytest.mark.parametrize("first,second", [("default", "generous"), ("generous", "other"), ("other", "generous"),
                                          ("both", "shallow"), ("default", "same"), ("generous", "none"),
                                          ("both", "default"), ("default", "copy")])
@pytest.mark.parametrize("who", ["alice", "below", "olga"])
def test_a_session_of_one_host_is_no_certificate_for_another(insecure, people, first, second, who, version):
    """Whether it is resumed or not: what counts is what the second host trusts."""
    credential, expected = people[who]
    insecure.allow_log("CC0101|AH02040")
    try:
        with insecure.tls(credential, host=domain(first), version=version) as connection:
            connection.get("/index.html")
            session, made = connection.socket.session, connection.socket.context
    except OSError:
        assert not expected[first].startswith("SUCCESS")
        return  # mod_ssl refuses this one there: no session to try
    try:
        with insecure.tls(host=domain(second), session=session, made=made) as connection:
            response = connection.get("/index.html")
            status = connection.get("/rule").status
    except OSError:
        assert not expected[second].startswith("SUCCESS"), "a good certificate is refused"
        return
    assert says(response, "NONE none" if second == "none" else expected[second]), response.header("X-Verify")
    assert (status == 200) == (response.header("X-Verify") == GOOD)


@both_versions
def test_a_resumed_session_is_judged_by_the_host_of_each_request(insecure, people, version):
    for who, sni in ("alice", "default"), ("below", "default"), ("olga", "other"), ("olga", "generous"):
        credential, expected = people[who]
        with insecure.tls(credential, host=domain(sni), version=version) as first:
            first.get("/index.html")
            with first.resume() as second:
                # On "generous" she is tolerated, not trusted: no session of hers is resumed.
                assert second.resumed == (sni != "generous")
                for name in "default", "other", "same", "copy", "both", sni, "none":
                    response = second.get("/index.html", host_header(insecure, name))
                    # The chain is gone, and with it what another trust would need to go by.
                    lost = who == "below" and name == "both"
                    assert says(response, FAILED if lost else expected[name]), (who, name, response.header("X-Verify"))


# -- as mod_ssl is by default ------------------------------------------------------------------

@both_versions
@pytest.mark.parametrize("name", ["other", "shallow", "none"])
def test_mod_ssl_refuses_a_host_with_other_settings(careful, people, backends, name, version):
    count = len(backends.http.requests)
    for path in "/index.html", "/rule", "/seen":
        with careful.tls(people["alice"][0], host=domain("default"), version=version) as connection:
            assert connection.get("/rule").status == 200
            assert connection.get(path, host_header(careful, name)).status == 421
    assert len(backends.http.requests) == count
    careful.expect_log("AH02032", times=3)


@both_versions
def test_hosts_with_the_same_settings_share_connections(careful, people, version):
    with careful.tls(people["alice"][0], host=domain("default"), version=version) as connection:
        for name in "same", "default", "same":
            response = connection.get("/rule", host_header(careful, name))
            assert (response.status, response.header("X-Host"), response.header("X-Verify")) == \
                (200, domain(name), GOOD)


@pytest.mark.parametrize("who,sni", [("alice", "default"), ("alice", "both"), ("below", "default"), ("olga", "other"),
                                     ("olga", "both"), ("nobody", "default"), ("nobody", "none")])
def test_each_host_judges_its_own_handshakes(careful, people, who, sni):
    credential, expected = people[who]
    response = careful.curl("/index.html", cert=credential, host=domain(sni))
    assert (response.header("X-Host"), response.header("X-Verify")) == (domain(sni), expected[sni])


def test_the_same_name_in_clear_has_no_certificate(careful):
    assert careful.curl(port="http", host=domain("default")).header("X-Verify") == "NONE none"
