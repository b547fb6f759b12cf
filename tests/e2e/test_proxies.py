# SPDX-License-Identifier: Apache-2.0
"""The real products: nginx, HAProxy and httpd with mod_headers in front of this module, nginx and a second httpd behind it.
The client's certificate goes all the way, nothing that the client makes up does, and what this module writes is what
the products write."""
import pytest
from harness.crls import crl, folder, publish
from harness.forwarded import NAMES, armoured, base64_of, byte_sequence, escaped
from harness.intake import GLOBAL, MODULES, host, nobody, who
from harness.odd_names import NAMES as ODD, issue
from harness.products import PRODUCTS, expected
from harness.proxies import HAProxy, Nginx, needs
from harness.tls import bare_context
from harness.waiting import wait_until

needs("nginx", "haproxy")

ALICE = "CN=Alice,OU=Fun dept.,O=garex AG"
INTAKE = """
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCACertificateFile ${ca}
    ClientCertCRL ${crl}
    ProxyPass /seen ${backend}/seen
    ClientCertHeader X-Client "%{CLIENTCERT_SUBJECT}"
    Header always set X-Connection "expr=%{REMOTE_PORT}"
    <Location /rule>
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
"""
FRONT = """
    <VirtualHost *:${https}>
        Include ${tls}
        Protocols h2 http/1.1
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional_no_ca
        SSLVerifyDepth 5
        SSLProxyEngine on
        SSLProxyCACertificateFile ${ca}
        SSLProxyMachineCertificateFile ${own}
        LimitRequestFieldSize 100000
        %s
    </VirtualHost>
"""
# What each product is told. A client may send the same fields.
NGINX = "proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;"
HAPROXY = "http-request set-header X-SSL-CERT %{+Q}[ssl_c_der,base64]"
RFC9440 = ("http-request del-header Client-Cert\n                http-request del-header Client-Cert-Chain\n"
           "                http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }")
MOD_HEADERS = 'RequestHeader set SSL_CLIENT_CERT "%{SSL_CLIENT_CERT}s"'


@pytest.fixture(scope="module")
def file(server, pki):
    return publish(folder(server) / "ca.crl", crl(pki.ca))


@pytest.fixture(scope="module", autouse=True)
def site(server, pki, file, backends):
    kinds = {"nginx": "nginx", "haproxy": "haproxy", "rfc9440": "rfc9440", "headers": "nginx header=SSL_CLIENT_CERT"}
    hosts = [host(name, port, f"ClientCertFrom {words}\n{INTAKE}")
             for name, words in kinds.items() for port in ("http", "inner")]
    server.configure(GLOBAL + "".join(hosts), modules=f"{MODULES} proxy_http", ports="http inner", crl=file,
                     backend=backends.http.url)
    server.page("rule")
    server.start()


@pytest.fixture(scope="module")
def senders(server, pki, make_server, file):
    """Each product before the virtual host that takes its format."""
    made, port = {}, server.ports["http"]
    try:
        made["nginx"] = Nginx(pki, NGINX, port, "nginx.example.org", verify="optional_no_ca")
        lenient = "optional ca-ignore-err all crt-ignore-err all"
        made["haproxy"] = HAProxy(pki, HAPROXY, port, "haproxy.example.org", verify=lenient)
        made["haproxy, rfc9440"] = HAProxy(pki, RFC9440, port, "rfc9440.example.org", verify=lenient)
        made["mod_headers"] = front(make_server(), f"{MOD_HEADERS}\nRequestHeader set Host headers.example.org\n"
                                    f"ProxyPass / http://127.0.0.1:{port}/\nProxyPreserveHost On", pki, clientcert=False)
        with made["nginx"].tls(pki.alice) as connection:
            wait_until(lambda: connection.get("/").status != 503, "CRLs are not read")
        yield made
    finally:
        for proxy in made.values():
            proxy.close() if hasattr(proxy, "program") else None


def front(made, lines, pki, **options):
    """A second httpd before or behind something."""
    made.configure(FRONT % lines, modules="http2 headers proxy_http", ports="https", own=pki.ca.client("/CN=Proxy").pem,
                   **options)
    made.start()
    return made


SENDERS = {"nginx": "nginx", "haproxy": "haproxy", "haproxy, rfc9440": "rfc9440", "mod_headers": "nginx"}


# -- products in front --------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", SENDERS)
def test_the_certificate_arrives(senders, pki, name):
    for way in senders[name].tls, senders[name].h2:
        for credential, subject in (pki.alice, ALICE), (pki.mallory, "CN=Mallory,O=Evil"):
            with way(credential) as connection:
                for _ in range(2):
                    response = connection.get("/seen")
                    assert who(response) == ("SUCCESS", "none", SENDERS[name], subject)
                    assert response.seen.value("X-Client") == subject
                    assert not {one.lower() for one in NAMES} & set(response.seen.names())
                assert connection.get("/rule").status == (200 if subject == ALICE else 403)
        with way() as connection:
            response = connection.get("/seen")
            assert nobody(response) and response.seen.value("X-Client") is None
            assert connection.get("/rule").status == 403


@pytest.fixture(autouse=True)
def denials(server):
    server.allow_log("CC0101|AH02")  # the proxies' own clients, and mod_ssl's of the one in front


@pytest.mark.parametrize("name", SENDERS)
def test_what_a_client_makes_up_does_not(senders, pki, name):
    values = [escaped(armoured(pki.alice.der)), byte_sequence(pki.alice.der), f'"{base64_of(pki.alice.der)}"',
              armoured(pki.alice.der).replace("\n", " ")]
    names = ["X-SSL-Client-Cert", "X-SSL-CERT", "Client-Cert", "Client-Cert-Chain", "SSL-CLIENT-CERT"]
    names += [one.replace("-", "_") for one in names]
    for way in senders[name].tls, senders[name].h2:
        for credential, subject in (None, ""), (pki.mallory, "CN=Mallory,O=Evil"):
            with way(credential) as connection:
                for value in values:
                    response = connection.get("/seen", [(one, value) for one in names])
                    assert who(response).subject == subject, value[:30]
                    assert base64_of(pki.alice.der)[:50] not in response.text
                # mod_proxy then removes what mod_headers has set: a client can get rid of its certificate.
                named = [("Connection", ", ".join(names))] if way == senders[name].tls else []
                assert who(connection.get("/seen", named)).subject in (subject, "" if name == "mod_headers" else subject)


@pytest.mark.parametrize("name", SENDERS)
def test_a_certificate_that_the_product_lets_pass_is_verified_here(senders, pki, name):
    bad = {"unknown-issuer": pki.authority("/CN=Strangers").client("/CN=Eve"),
           "expired": pki.ca.client("/CN=Late", valid=("-2d", "-1d"))}
    if name == "mod_headers":
        bad.pop("expired")  # mod_ssl itself ends that handshake
    for reason, credential in bad.items():
        with senders[name].tls(made=bare_context(credential)) as connection:
            response = connection.get("/seen")
            if response.header("X-Who"):
                assert (response.status, *who(response)[:2]) == (403, "FAILED", reason)
            else:
                assert (name, reason, response.status) == ("nginx", "expired", 400)  # its own answer


@pytest.mark.parametrize("name", SENDERS)
def test_a_revoked_user_is_refused_and_others_on_the_same_connection_are_not(senders, pki, file, name):
    bob = pki.ca.client("/O=garex AG/CN=Bob")
    with senders[name].tls(bob) as bobs, senders[name].tls(pki.alice) as alices:
        assert who(bobs.get("/rule")).subject == "CN=Bob,O=garex AG"
        publish(file, crl(pki.ca, [bob]))
        wait_until(lambda: bobs.get("/rule").status == 403, "Bob is not refused")
        for _ in range(3):
            assert who(bobs.get("/seen"))[:2] == ("FAILED", "revoked")
            assert alices.get("/rule").status == 200 and who(alices.get("/rule")).subject == ALICE


@pytest.mark.parametrize("name", SENDERS)
def test_users_share_the_connections_of_their_proxy(senders, pki, name):
    """The identity is that of each request."""
    used = {ALICE: set(), "CN=Mallory,O=Evil": set(), "": set()}
    with senders[name].tls(pki.alice) as one, senders[name].tls(pki.mallory) as two, senders[name].tls() as three:
        for _ in range(10):
            for connection, subject in (one, ALICE), (two, "CN=Mallory,O=Evil"), (three, ""):
                response = connection.get("/rule")
                assert who(response).subject == subject
                used[subject].add(response.header("X-Connection"))
    if "proxy" in name or "nginx" in name:
        assert set.intersection(*used.values()), "they have not"


# -- products behind, and beside ------------------------------------------------------------------------------

def test_nginx_behind_reads_what_we_send(pki, make_server):
    shown = "default_type text/plain; return 200 '$http_x_ssl_client_cert\\n$http_x_ssl_client_verify\\n$http_client_cert';"
    with Nginx(pki, shown) as nginx:
        made = front(make_server(), "\n".join(f"<Location /{kind}>\nClientCertForward {kind}\n"
                                              f"ProxyPass https://localhost:{nginx.ports['https']}/\n</Location>"
                                              for kind in ("nginx", "rfc9440")), pki)
        for credential in pki.alice, pki.ca.client("/CN=Large", extensions={"nsComment": "x" * 9000}), None:
            with made.tls(credential) as connection:
                for kind in "nginx", "rfc9440":
                    response = connection.get(f"/{kind}", [("X-SSL-Client-Cert", "spoofed"), ("Client-Cert", "spoofed")])
                    cert, verify, client_cert = response.text.split("\n")
                    pem = escaped(armoured(credential.der)) if credential else ""
                    assert cert == (pem if kind == "nginx" else "")
                    assert verify == ({True: "SUCCESS", False: "NONE"}[bool(credential)] if kind == "nginx" else "")
                    assert client_cert == (byte_sequence(credential.der) if credential and kind == "rfc9440" else "")
        made.allow_log("AH01875")


FIELDS_OF_NGINX = "\n".join(f"proxy_set_header {name} {value};" for name, value in {
    "X-SSL-Client-Cert": "$ssl_client_escaped_cert", "X-SSL-Client-Verify": "$ssl_client_verify",
    "X-SSL-Client-S-DN": "$ssl_client_s_dn", "X-SSL-Client-I-DN": "$ssl_client_i_dn",
    "X-SSL-Client-Serial": "$ssl_client_serial", "X-SSL-Client-Fingerprint": "$ssl_client_fingerprint"}.items())
# Of HAProxy's manual, word for word.
FIELDS_OF_HAPROXY = "\n                ".join(f"http-request set-header {name} {value}" for name, value in {
    "X-SSL": "%[ssl_fc]", "X-SSL-Client-Verify": "%[ssl_c_verify]", "X-SSL-Client-SHA1": "%[ssl_c_sha1,hex]",
    "X-SSL-Client-DN": "%{+Q}[ssl_c_s_dn]", "X-SSL-Client-CN": "%{+Q}[ssl_c_s_dn(cn)]", "X-SSL-Issuer": "%{+Q}[ssl_c_i_dn]",
    "X-SSL-Client-NotBefore": "%{+Q}[ssl_c_notbefore]", "X-SSL-Client-NotAfter": "%{+Q}[ssl_c_notafter]",
    "X-SSL-CERT": "%{+Q}[ssl_c_der,base64]"}.items())


@pytest.fixture(scope="module")
def ours(pki, make_server, backends):
    return front(make_server(), "\n".join(f"<Location /{kind}>\nClientCertForward {kind}\nProxyPass {backends.http.url}\n"
                                          "</Location>" for kind in PRODUCTS), pki)


@pytest.fixture(scope="module")
def theirs(pki, backends):
    port = backends.http.port
    with Nginx(pki, FIELDS_OF_NGINX, port) as nginx, HAProxy(pki, FIELDS_OF_HAPROXY, port) as haproxy:
        yield {"nginx": nginx, "haproxy": haproxy}


@pytest.fixture(scope="module")
def people(pki):
    return [pki.alice, pki.ca.client("/C=DE/O=garex AG/OU=A/OU=B/CN=Bob", key="rsa", serial="E1B4000000000000A0"),
            pki.ca.intermediate("/CN=Issuing").client("/CN=Carol", key="p384", serial="7E"),
            pki.ca.client("/CN=Old", valid=("-20y", "+20y"), key="ed25519", serial="02")]


def fields_of(response, kind, credential):
    names = {name.lower() for name in expected(kind, credential)}
    return {name.lower(): value for name, value in response.seen.headers if name.lower() in names}


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
def test_what_we_send_is_what_they_send(people, ours, theirs, kind):
    """From the same client to the same backend."""
    for credential in people:
        made = bare_context(credential)
        with ours.tls(made=made) as one, theirs[kind].tls(made=made) as other:
            found = fields_of(one.get(f"/{kind}/x"), kind, credential)
            assert found == fields_of(other.get("/x"), kind, credential)
            assert found.keys() == {name.lower() for name in expected(kind, credential)}


@pytest.mark.parametrize("name", ["separators", "control characters", "NUL", "backslashes", "UTF-8", "T61String",
                                  "BMPString", "leading characters", "trailing spaces", "multi-valued RDNs",
                                  "several OUs", "nothing at all"])
def test_odd_names_as_nginx_writes_them(pki, ours, theirs, name):
    odd = issue(pki, f"beside-{name.replace(' ', '-')}", ODD[name], pki.ca, number=77)
    made = bare_context(odd)
    with ours.tls(made=made) as one, theirs["nginx"].tls(made=made) as other:
        assert fields_of(one.get("/nginx/x"), "nginx", pki.alice) == fields_of(other.get("/x"), "nginx", pki.alice)


def test_nothing_to_tell(pki, ours, theirs):
    """Without a certificate HAProxy sends empty values, which this module leaves out."""
    for kind in theirs:
        with ours.tls() as one, theirs[kind].tls() as other:
            found = fields_of(other.get("/x"), kind, pki.alice)
            assert fields_of(one.get(f"/{kind}/x"), kind, pki.alice) \
                == {key: value for key, value in found.items() if value not in ("", '""')}


# -- this module in front of this module ------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["rfc9440", "nginx", "haproxy"])
def test_a_second_httpd_takes_in_what_the_first_one_sends(server, pki, make_server, kind):
    """Over TLS, on which the first one has a certificate of its own."""
    made = front(make_server(), f"ClientCertForward {kind}\nRequestHeader set Host {kind}.example.org\n"
                 f"ProxyPreserveHost On\nProxyPass / https://localhost:{server.ports['inner']}/", pki)
    made.allow_log("AH0", always=True)
    for way in made.tls, made.h2:
        for credential, subject in (pki.alice, ALICE), (pki.mallory, "CN=Mallory,O=Evil"), (None, ""):
            with way(credential) as connection:
                response = connection.get("/seen", [("Client-Cert", byte_sequence(pki.server.der)),
                                                    ("X-SSL-Client-Cert", escaped(armoured(pki.server.der)))])
                assert who(response).subject == subject
                assert who(response).source == (kind if subject else who(response).source)
                assert response.seen.value("X-Client") == (subject or None)
    stranger = pki.authority("/CN=Strangers").client("/CN=Eve")
    with made.tls(made=bare_context(stranger)) as connection:
        assert nobody(connection.get("/seen"))
