# SPDX-License-Identifier: Apache-2.0
"""clientcert-check config: finds httpd, has it print the policy, and says in its status what that comes to."""
import os
import re

import pytest
from harness.check import BAD, GOOD, USAGE, Run

WARNED = 3
SITE = """
<VirtualHost *:${https}>
    Include ${tls}
    SSLCACertificateFile ${ca}
    SSLVerifyClient optional
    <Location />
        ClientCertRequire %{SSL_CLIENT_S_DN_O} eq "garex AG"
    </Location>
    <IfDefine MISTAKE>
        ClientCertCRLPolicy scope=leaf
    </IfDefine>
</VirtualHost>
"""


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(SITE)


def config(server, *arguments, **environment):
    """With what the server needs in a sanitizer build."""
    return Run("config", "-f", server.conf, *arguments, environment={**server._environment(), **environment})


def wrapper(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_dump_comes_through(server):
    seen = config(server, "--httpd", server.httpd)
    assert (seen.status, seen.err) == (GOOD, "")
    assert seen.out == server._httpd("-f", server.conf, "-t", "-D", "DUMP_CLIENTCERT").stdout
    assert "The policy of mod_clientcert" in seen.out and seen.out.endswith("No warnings.\n")


def test_warnings(server):
    seen = config(server, "--httpd", server.httpd, "-D", "MISTAKE")
    assert seen.status == WARNED and seen.out.endswith("[crl-setting-without-crl]\n")
    alone = config(server, "--httpd", server.httpd, "-D", "MISTAKE", "--warnings")
    assert (alone.status, alone.out) == (WARNED, seen.out.splitlines(keepends=True)[-1])
    assert config(server, "--httpd", server.httpd, "--warnings").out == ""
    given = config(server, "--httpd", server.httpd, "--warnings", "-c", "ClientCertExplainTo true")
    assert given.status == WARNED and re.fullmatch(r"-c/-C directives:1: warning: .* \[rules-for-everybody\]\n", given.out)


def test_options_reach_httpd(server, tmp_path):
    """In its own words, whatever they contain."""
    tell = wrapper(tmp_path / "tell", r'echo "The policy of mod_clientcert"; printf "<%s>" "$@"')
    seen = Run("config", "--httpd", tell, "-d", "/srv/www data", "-f", "/etc/a.conf", "-D", "X", "-D", "Y", "-C", "A b", "-c", "C \"d\"")
    for path in ("here.conf", f"{tmp_path}/here.conf"):  # without such a file, and with one
        here = Run("config", "--httpd", "tell", "-f", "here.conf", environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, cwd=tmp_path)
        assert here.out.splitlines()[1].startswith(f"<-f><{path}>")
        (tmp_path / "here.conf").touch()
    assert seen.out.splitlines()[1] == '<-f></etc/a.conf><-d></srv/www data><-D><X><-D><Y><-C><A b><-c><C "d"><-t><-D><DUMP_CLIENTCERT>'


def test_it_finds_the_control_script_first(server, tmp_path):
    for name in ("httpd", "apachectl"):
        wrapper(tmp_path / name, f'echo "by {name}"; exec {server.httpd} "$@"')
    seen = config(server, PATH=str(tmp_path))
    # One of Debian's stands in a place where it is looked for in any case.
    assert seen.status == GOOD and re.search(r"^by apachectl$|^The policy", seen.out, re.M)
    assert "by httpd" not in seen.out


def test_much_output_on_both_sides(server, tmp_path):
    """Neither of the two pipes is waited for alone."""
    noisy = wrapper(tmp_path / "noisy", f'head -c 300000 /dev/zero | tr "\\0" x >&2; exec {server.httpd} "$@"')
    seen = config(server, "--httpd", noisy)
    assert seen.status == GOOD and "The policy" in seen.out


def test_what_goes_wrong(server, tmp_path):
    seen = config(server, "--httpd", server.httpd, "-c", "ClientCertVerify maybe")
    assert (seen.status, seen.out) == (BAD, "") and "ClientCertVerify takes ssl" in seen.err
    assert seen.err.endswith(f'clientcert-check config: "{server.httpd}" refuses the configuration\n')
    server.configure("", clientcert=False)
    seen = config(server, "--httpd", server.httpd)
    assert seen.status == BAD and seen.err.endswith("this configuration does not load mod_clientcert\n")
    server.configure(SITE)
    killed = wrapper(tmp_path / "killed", "kill -9 $$")
    config(server, "--httpd", killed).only_says(BAD, f' config: "{killed}" ended by a signal')
    config(server, "--httpd", tmp_path).only_says(BAD, f' config: "{tmp_path}" is no program that can be run')
    config(server, "x").only_says(USAGE, ' config: no argument is expected but options, not "x" (clientcert-check config --help tells more)')


def test_help():
    seen = Run("config", "--help")
    assert seen.status == GOOD and seen.out.startswith("Usage: clientcert-check config ")
    assert re.findall(r"^  (\d)  ", seen.out, re.M) == ["0", "1", "2", "3"] and max(map(len, seen.out.splitlines())) <= 100
    assert re.search(r"^  cert  .*\n  config  .*\n  crl  ", Run("--help").out, re.M)
