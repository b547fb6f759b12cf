# SPDX-License-Identifier: Apache-2.0
"""What pytest does for every test of a real httpd. A conftest.py takes it all: `from harness.fixtures import *`."""
import os
import shutil

import pytest

from . import der, sanitizer
from . import server as servers
from .backends import CGI, Backends
from .crls import folder
from .flawed import Flawed
from .origin import Origin
from .pki import PKI
from .server import Server


def pytest_configure(config):
    config.addinivalue_line("markers", "ordinary_build(why): no test for a sanitizer build, which runs without it")


def pytest_collection_modifyitems(config, items):
    if sanitizer.PRELOAD:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("ordinary_build")])
        items[:] = [item for item in items if not item.get_closest_marker("ordinary_build")]


def pytest_generate_tests(metafunc):
    mpms = getattr(metafunc.module, "MPMS", None)
    if mpms and "server" in metafunc.fixturenames:
        metafunc.parametrize("server", mpms, indirect=True, scope="module")


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return PKI(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def backends():
    made = Backends()
    yield made
    made.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Writes a file into a directory that the tests of a module have in common."""
    directory = tmp_path_factory.mktemp("files")

    def write(name, content):
        path = directory / name
        path.write_bytes(content)
        return path
    return write


@pytest.fixture(scope="module")
def origin():
    """A web server that CRLs are fetched from."""
    made = Origin()
    yield made
    made.close()


@pytest.fixture(scope="module")
def person(pki):
    """Makes a client with that common name, once."""
    made = {}

    def of(name):
        if name not in made:
            made[name] = pki.ca.client(der.name(("CN", name)))
        return made[name]
    return of


@pytest.fixture(scope="module")
def flawed(server, pki):
    """Certificates with one fault each; their CRLs are in the folder `crls`."""
    return Flawed(pki, folder(server))


@pytest.fixture(scope="module")
def make_server(pki):
    """Makes a server that is stopped, its log checked and its root removed when the file is done."""
    made = []

    def make(mpm="event"):
        made.append(Server(pki, mpm))
        made[-1].page("cgi-bin/seen", CGI, mode=0o755)
        return made[-1]

    yield make
    try:
        for server in made:
            server.close()
        complain([line for server in made for line in server.unexpected()])
    finally:
        for server in made:
            if not os.environ.get("E2E_KEEP"):
                shutil.rmtree(server.root)


@pytest.fixture(scope="module")
def server(request, make_server):
    """The file's server, not yet configured."""
    return make_server(getattr(request, "param", "event"))


def complain(lines):
    if lines:
        pytest.fail("the error log has what no test announced:\n" + "\n".join(lines), pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs a test as pytest does, then looks at the error logs of all servers."""
    names = pyfuncitem._fixtureinfo.argnames
    try:
        pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
        for server in servers.known:
            server.settle()
        complain([line for server in servers.known for line in server.unexpected()])
    finally:
        # A failure shows the logs, and the next test is not blamed for their lines.
        for server in servers.known:
            told = [line for line in server.log_lines() if ":info]" not in line]
            pyfuncitem.add_report_section("call", f"error log of {server.root}", "\n".join(told[-30:]))
            server.settle()
            server.unexpected()
            server.errors.next_test()
    return True
