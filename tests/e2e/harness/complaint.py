# SPDX-License-Identifier: Apache-2.0
"""What `httpd -t` says of one wrong line."""

ANYWHERE = "{}"


def complaint(server, line, context=ANYWHERE):
    """The one message about a configuration with that line."""
    checked = server.check("# a comment\n" + context.format(line))
    assert checked.returncode == 1, f"{line!r} was accepted: {checked.stderr}"
    start, _, message = checked.stderr.partition(":\n")
    number = 2 if context == ANYWHERE else 3
    assert start.endswith(f"Syntax error on line {number} of {server.root}/checked-site.conf"), checked.stderr
    assert message.count("\n") == 1 and message.isascii() and message[:-1].isprintable(), message
    return message.replace("\\\\", "\\")  # httpd doubles backslashes
