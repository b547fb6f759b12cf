# SPDX-License-Identifier: Apache-2.0
"""axe-core looks at a page as people do who cannot see it well.

    assert accessibility_violations(browser.driver) == []

It comes from npm's registry once, and stays in $BROWSER_CACHE (default: the tests/browser of the build)."""
import functools
import hashlib
import os
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from harness.waiting import PATIENCE

URL = "https://registry.npmjs.org/axe-core/-/axe-core-4.10.2.tgz"
SHA512 = ("444de6750ecfdc54527bb7aa096a1e43f67d417aed9e24a3a75c148ede67442d"
          "d6229cf9ad20af7baa377ec676682a49b6b663499823c170284cee64e2d108d3")
RUN = """
    const done = arguments[arguments.length - 1];
    axe.run(document, {resultTypes: ["violations"]}).then(found => done(found.violations), error => done(String(error)));
"""


def accessibility_violations(driver):
    """What is wrong with the page that the driver has open, in words: a line for each rule and element."""
    driver.execute_script(axe_core() + "\nwindow.axe = axe;")
    driver.set_script_timeout(30 * PATIENCE)
    found = driver.execute_async_script(RUN)
    assert isinstance(found, list), found
    return [f"{rule['id']} ({rule['impact']}): {rule['help']}: {' '.join(map(str, node['target']))}: {node['html'][:200]}"
            for rule in found for node in rule["nodes"]]


@functools.cache
def axe_core():
    """The source of axe.min.js."""
    folder = Path(os.environ.get("BROWSER_CACHE") or Path(os.environ.get("top_builddir", "."), "tests", "browser"))
    archive = folder / URL.rpartition("/")[2]
    if not archive.exists() or checksum(archive) != SHA512:
        fetch(archive)
    with tarfile.open(archive) as opened:
        return opened.extractfile("package/axe.min.js").read().decode()


def fetch(archive):
    """Two tests may do so at the same time: each writes aside, and renames."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=archive.parent, delete=False) as aside:
        with urllib.request.urlopen(URL, timeout=60) as response:
            aside.write(response.read())
    got = checksum(Path(aside.name))
    if got != SHA512:
        os.unlink(aside.name)
        raise RuntimeError(f"{URL} has the SHA-512 {got}, and should have {SHA512}")
    os.replace(aside.name, archive)


def checksum(file):
    return hashlib.sha512(file.read_bytes()).hexdigest()
