# SPDX-License-Identifier: Apache-2.0
"""Byte Sequences of Structured Fields (RFC 8941), read as strictly as its section 4.2 allows."""
import base64
import re

BYTES = ":(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?:"


def byte_sequence(text):
    """The bytes of an Item that is a Byte Sequence without parameters."""
    assert re.fullmatch(BYTES, text), f"not an Item with a Byte Sequence: {text!r}"
    return base64.b64decode(text[1:-1], validate=True)


def byte_sequences(lines):
    """The members of a List of Byte Sequences that may be spread over header lines."""
    members = []
    for line in lines:
        assert re.fullmatch(f"{BYTES}(?:[ \t]*,[ \t]*{BYTES})*", line), f"not a List of them: {line!r}"
        members += [byte_sequence(member.strip(" \t")) for member in line.split(",")]
    return members
