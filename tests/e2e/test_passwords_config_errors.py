# SPDX-License-Identifier: Apache-2.0
"""`httpd -t` refuses what is wrong about users and passwords: one line that names the directive, the value
and what would be right."""
import pytest
from harness.complaint import ANYWHERE, complaint

LOCATION = "<Location /x>\n{}\n</Location>"


@pytest.fixture(scope="module", autouse=True)
def site(server):
    server.configure("ClientCertEnv Off", modules="auth_basic authn_file", ports="http")


@pytest.mark.parametrize("context", [ANYWHERE, LOCATION, "<VirtualHost *:1>\n{}\n</VirtualHost>", "<Files x>\n{}\n</Files>",
                                     "<Directory />\n{}\n</Directory>", "<If true>\n{}\n</If>"])
def test_what_is_right_is_accepted_wherever_it_may_stand(server, context):
    lines = ["ClientCertBasicAuth off", "ClientCertBasicAuth fallback", "ClientCertBasicAuth both",
             "ClientCertBasicAuth same-user", "ClientCertBasicAuth Same-User", "ClientCertUser subject:CN",
             "ClientCertUser san:email[0]", "ClientCertUser subject:OU[any]", "ClientCertUser dn",
             "ClientCertUser fingerprint-sha256", 'ClientCertUserPattern "[a-z]{1,8}"']
    checked = server.check(context.format("\n".join(lines)))
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")


@pytest.mark.parametrize("context", [ANYWHERE, LOCATION])
@pytest.mark.parametrize("value", ["on", "same_user", "sameuser", '"both "', "fall-back", "0"])
def test_a_bad_mode(server, context, value):
    message = complaint(server, f"ClientCertBasicAuth {value}", context)
    assert message.startswith("ClientCertBasicAuth takes off, fallback, both or same-user, not ")
    assert value.strip('"') in message


@pytest.mark.parametrize("line", ["ClientCertBasicAuth", "ClientCertBasicAuth both same-user"])
def test_one_mode_is_given(server, line):
    message = complaint(server, line, LOCATION)
    assert "off|fallback|both|same-user" in message


@pytest.mark.parametrize("selector, words", [
    ("CN", ["CN"]), ("subject", ["subject"]), ("subject:", ["attribute type"]), ("subject:NOPE", ["NOPE"]),
    ("issuer:XX", ["XX"]), ("san:mail", ["mail"]), ("san:", ["alternative name"]), ("subject:CN[", ["subject:CN["]),
    ("subject:CN[x]", ["x"]), ("subject:CN[-1]", ["-1"]), ("subject:CN[0]y", ["y"]), ("subject:1.2.x", ["1.2.x"]),
    ("email", ["email"]), ('""', []),
])
def test_a_bad_selector(server, selector, words):
    message = complaint(server, f"ClientCertUser {selector}", LOCATION)
    assert message.startswith("ClientCertUser")
    for word in words:
        assert word in message, message


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "a{2,1}", "(?<n"])
def test_a_bad_pattern(server, pattern):
    message = complaint(server, f'ClientCertUserPattern "{pattern}"', LOCATION)
    assert message.startswith("ClientCertUserPattern takes a regular expression, not ")
    assert pattern in message


@pytest.mark.parametrize("directive", ["ClientCertUser", "ClientCertUseMap", "ClientCertUserPattern"])
def test_a_directive_without_its_value(server, directive):
    assert directive in complaint(server, directive, LOCATION)


MAP = 'ClientCertMap staff subject:CN "(.*)" "$1"\n'


@pytest.mark.parametrize("text", [
    "ClientCertUseMap staff", "<Location /x>\nClientCertUseMap staff\n</Location>",
    "<VirtualHost *:1>\nClientCertUseMap staff\n</VirtualHost>",
    f"<VirtualHost *:1>\n{MAP}</VirtualHost>\n<VirtualHost *:2>\nClientCertUseMap staff\n</VirtualHost>",
    MAP.replace("staff", "Staff") + "ClientCertUseMap staff",
])
def test_a_map_that_is_not_there(server, text):
    """Another virtual host's does not count, nor does one whose name differs by case."""
    checked = server.check(text)
    assert checked.returncode == 1
    complaints = [line for line in checked.stderr.splitlines() if "CC0303" in line]
    number = next(i for i, line in enumerate(text.splitlines(), 1) if "UseMap" in line)
    assert len(complaints) == 1 and "no ClientCertMap line" in complaints[0]
    assert f"ClientCertUseMap staff at {server.root}/checked-site.conf:{number}:" in complaints[0]


@pytest.mark.parametrize("text", [
    MAP + "ClientCertUseMap staff", "ClientCertUseMap staff\n" + MAP,
    MAP + "<VirtualHost *:1>\nClientCertUseMap staff\n</VirtualHost>",
    f"<VirtualHost *:1>\n{MAP}<Location /x>\nClientCertUseMap staff\n</Location>\n</VirtualHost>",
])
def test_a_map_that_is_there(server, text):
    """Before or behind its use, and the main server's for its virtual hosts."""
    checked = server.check(text)
    assert (checked.returncode, checked.stderr) == (0, "Syntax OK\n")
