# SPDX-License-Identifier: Apache-2.0
"""Every SSL_CLIENT_* variable of a certificate, side by side: what mod_ssl says of it (by mod_rewrite's
%{SSL:...}, which asks nobody else), and what ours is in rules and in headers.

    server.configure(f'<VirtualHost *:${{https}}> ... {configuration()} </VirtualHost>', modules=MODULES,
                     application=backends.fcgi.url)
    with server.tls(cert) as connection:
        assert same(connection)["S_DN_CN"] == "Alice"
"""
MODULES = "rewrite proxy_fcgi"

ATTRIBUTES = "C ST SP L O OU CN T I G S D UID Email SerialNumber".split()
PLACES = ("", "_0", "_1", "_2", "_RAW", "_0_RAW", "_1_RAW", "_2_RAW")
NAMES = (
    ["S_DN", "I_DN", "M_VERSION", "M_SERIAL", "V_START", "V_END", "V_REMAIN", "A_SIG", "A_KEY", "CERT",
     "CERT_RFC4523_CEA"]
    + [f"{who}_DN_{attribute}{place}" for who in "SI" for attribute in ATTRIBUTES for place in PLACES]
    + [f"S_DN_OU_{index}{raw}" for index in (9, 99, 298, 299, 300) for raw in ("", "_RAW")]
    + [f"SAN_{kind}_{index}" for kind in ("Email", "DNS", "OTHER_msUPN", "OTHER_dnsSRV")
       for index in (0, 1, 2, 3, 12)]
    + [f"CERT_CHAIN_{index}" for index in (0, 1, 2, 3)])


def configuration(names=tuple(NAMES)):
    """For a <VirtualHost>: /headers has ours in headers, /rules compares in rules; both tell mod_ssl's."""
    lines = ["RewriteEngine On", "LimitRequestFields 0", "LimitRequestFieldSize 131072",
             "ProxyPass /headers ${application}/headers", "ProxyPass /rules ${application}/rules"]
    lines += [f"RewriteRule ^ - [E=THEIRS_{name}:%{{SSL:SSL_CLIENT_{name}}}]" for name in names]
    lines += ["<Location /headers>"]
    lines += [f'ClientCertHeader X-Ours-{name.replace("_", "-")} "%{{SSL_CLIENT_{name}}}"' for name in names]
    lines += ["</Location>", "<Location /rules>"]
    lines += [f"ClientCertRequire %{{SSL_CLIENT_{name}}} eq reqenv('THEIRS_{name}')" for name in names]
    return "\n".join([*lines, "</Location>"])


def theirs(seen):
    prefix = "THEIRS_"
    return {name.removeprefix(prefix): text for name, text in seen.env.items() if name.startswith(prefix)}


def compare_headers(seen):
    """A header cannot have a line break or end with spaces; that apart the values are the same."""
    prefix = "HTTP_X_OURS_"
    ours = {name.removeprefix(prefix).upper(): text for name, text in seen.env.items()
            if name.startswith(prefix)}
    expected = {name.upper(): text.replace("\n", " ").rstrip(" ") for name, text in theirs(seen).items()}
    expected = {name: text for name, text in expected.items() if text}
    differ = [f"{name}: mod_ssl has {expected.get(name)!r}, we {ours.get(name)!r}"
              for name in sorted(ours.keys() | expected) if ours.get(name) != expected.get(name)]
    assert not differ, "\n".join(differ)


def same(connection, names=tuple(NAMES)):
    """Asserts that each variable has the value that mod_ssl gives it; returns those values (as Latin-1)."""
    headers, rules = connection.get("/headers").seen, connection.get("/rules")
    compare_headers(headers)
    assert rules.status == 200, "a rule has another value: see the denial in the error log"
    assert theirs(headers).keys() == theirs(rules.seen).keys() == set(names), "mod_rewrite did not tell all"
    return theirs(rules.seen)
