# SPDX-License-Identifier: Apache-2.0
"""The harness itself: the server's life and its error log. Plain mod_ssl, no module of ours."""
import os
import pwd

import pytest
from harness.curl import CurlError
from harness.processes import children
from harness.server import StartError
from harness.waiting import wait_until

MPMS = ["event", "worker", "prefork"]
SITE = """
    <VirtualHost *:${https}>
        Include ${tls}
        SSLCACertificateFile ${ca}
        SSLVerifyClient optional
        <Location /garex>
            Require expr %{SSL_CLIENT_S_DN_O} == "garex AG"
        </Location>
    </VirtualHost>
    <VirtualHost *:${http}>
        Header set X-Greeting "${greeting}"
    </VirtualHost>
"""


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure(SITE, modules="headers", greeting="good morning")
    server.page("garex")
    server.start()


def test_a_client_is_let_in_by_its_certificate(server, pki):
    assert server.status("/garex", cert=pki.alice) == 200


def test_a_denial_is_announced_by_its_tag(server, pki):
    assert server.status("/garex", cert=pki.mallory) == 403
    assert "/garex" in server.expect_log("AH01630")


def test_an_error_nobody_announced_is_found(server, pki):
    server.status("/garex", cert=pki.mallory)
    assert any("AH01630" in line for line in server.unexpected())
    server.expect_log("AH01630", times=1)
    assert server.unexpected() == []


def test_a_crash_cannot_be_announced(server):
    with (server.root / "logs" / "error.log").open("a") as log:
        log.write("[x] [core:notice] [pid 1] AH00052: child pid 2 exit signal Segmentation fault (11)\n")
    server.allow_log("AH00052")
    assert len(server.unexpected()) == 1
    server.errors.next_test()


def test_placeholders_and_modules_come_from_configure(server):
    assert server.curl(port="http").header("X-Greeting") == "good morning"


def test_a_line_of_the_configuration_has_a_number(server):
    assert server.line_of("Require expr").endswith("site.conf:6")


def test_a_check_tells_what_is_wrong_and_disturbs_nothing(server):
    assert server.check().returncode == 0
    checked = server.check("SSLVerifyClient perhaps")
    assert checked.returncode == 1
    assert "SSLVerifyClient" in checked.stderr
    assert server.status() == 200


def test_a_server_that_cannot_start_says_why(make_server):
    broken = make_server()
    broken.configure("NoSuchDirective on")
    with pytest.raises(StartError, match="NoSuchDirective"):
        broken.start()
    broken.allow_log("NoSuchDirective|site.conf")


def test_a_graceful_restart_takes_the_new_configuration(server):
    server.write(SITE.replace("${greeting}", "good evening"))
    server.graceful()
    assert server.curl(port="http").header("X-Greeting") == "good evening"


def test_an_open_connection_survives_a_graceful_restart(server):
    with server.tls() as connection:
        assert connection.get().status == 200
        server.graceful()
        assert server.status() == 200


def test_a_restart_takes_the_new_configuration(server):
    server.write(SITE)
    server.restart()
    assert server.curl(port="http").header("X-Greeting") == "good morning"


def test_stops_and_starts_again_on_the_same_ports(server):
    server.stop()
    with pytest.raises(CurlError):
        server.curl()
    server.start()
    assert server.status() == 200


@pytest.mark.ordinary_build("httpd -X unloads modules that AddressSanitizer has yet to look at")
def test_runs_as_one_process_for_a_debugger_or_valgrind(server):
    server.stop()
    server.start(wrapper=["env", "WRAPPED=1"], one_process=True)
    assert server.status() == 200
    server.stop()
    server.start()


def test_children_are_not_root(server):
    wanted = pwd.getpwnam("www-data").pw_uid if os.getuid() == 0 else os.getuid()
    wait_until(lambda: {os.stat(f"/proc/{pid}").st_uid for pid in children(server.pid)} == {wanted},
               f"not all children belong to user {wanted}")


def test_htaccess_files_are_read(server):
    server.write(SITE.replace("</VirtualHost>", "<Directory ${htdocs}>\nAllowOverride All\n</Directory>\n"
                                                "</VirtualHost>", 1))
    server.htaccess("/kept", "Header set X-Here yes")
    server.graceful()
    assert server.curl("/kept/index.html").header("X-Here") == "yes"
