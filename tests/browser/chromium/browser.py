# SPDX-License-Identifier: Apache-2.0
"""A person's browser: headless Chromium with a home of its own, on the loopback addresses alone.

    browser.hold(pki.alice)                                         # before start(), or while it runs
    browser.choose("https://[*.]example.org", SUBJECT={"CN": "Alice"})
    browser.start()
    page = browser.get(server.url("/"))
    assert (page.status, page.protocol, page.heading) == (200, "h2", "Hello")
    assert browser.click("Members").error == "ERR_BAD_SSL_CLIENT_AUTH_CERT"
    browser.picture("refused")"""
import base64
import itertools
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.waiting import PATIENCE, wait_until
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Remote
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chromium.remote_connection import ChromiumRemoteConnection
from selenium.webdriver.common.by import By

from .devtools import DevTools, get_with_passwords
from .driver import Driver, seeing_alone
from .store import Store

SIZE = (1000, 750)
PHONE = (390, 844)
# Of a page, for look().
LOOKS = {"light": {}, "dark": {"dark": True}, "phone": {"size": PHONE}, "phone-dark": {"size": PHONE, "dark": True}}
SWITCHES = [
    "headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run", "hide-scrollbars",
    "window-size={},{}".format(*SIZE), "no-proxy-server", "disable-breakpad", "disable-background-networking",
    "disable-component-update", "disable-sync", "disable-default-apps", "disable-extensions", "no-pings",
    "dns-prefetch-disable", "disable-domain-reliability",
    "host-resolver-rules=MAP localhost 127.0.0.1, MAP *.example.org 127.0.0.1, MAP * ~NOTFOUND",
]
POLICY = "AutoSelectCertificateForUrls"
# Where that policy has its value in a profile.
PREFERENCE = "profile.managed_auto_select_certificate_for_urls"
EVERYWHERE = '{"pattern": "*", "filter": {}}'
FIRST_PAGE = {"session.restore_on_startup": 4, "session.startup_urls": ["about:blank"]}
LOOK = """
    const text = selector => (document.querySelector(selector)?.innerText || "").trim();
    const navigation = performance.getEntriesByType("navigation")[0];
    return {title: document.title, heading: text("h1"), text: document.body.innerText, url: location.href,
            status: navigation?.responseStatus || 0, protocol: navigation?.nextHopProtocol || "",
            error: text("#main-frame-error .error-code") || text("#error-code")};
"""
ARRIVED = "return !window.isLeft && document.readyState == 'complete'"
TOO_WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
# On a phone the heads of tables are for ears alone, and each cell has the name of its column beside it, which must not
# reach into the value.
CUT_OFF = """
    const pen = document.createElement("canvas").getContext("2d");
    const reachesIn = e => {
        const style = getComputedStyle(e, "::before"), name = e.dataset.name || "";
        pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
        return style.content != "none" && (style.whiteSpace == "nowrap" ? [name] : name.split(" ")).some(
            word => pen.measureText(word).width > parseFloat(style.width) + 1);
    };
    return [...document.querySelectorAll("tbody *, dt, dd, li, p, h1, h2, label, caption")].filter(e =>
        e.getBoundingClientRect().right > innerWidth + 1 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
        || reachesIn(e)
    ).map(e => e.outerHTML.slice(0, 200));
"""


@dataclass(frozen=True)
class Page:
    """What there is to see. `error` is the browser's own, "" when the page came from a server."""

    title: str
    heading: str
    text: str
    url: str
    status: int
    protocol: str
    error: str


class Browser:
    """`trusted` is the CA of the servers: a file."""

    def __init__(self, trusted):
        self.home = Path(tempfile.mkdtemp(prefix="chromium-"))
        self.store = Store(self.home)
        self.store.trust(trusted)
        self._choices, self._names = [], itertools.count(1)
        self._process = self.driver = None

    # -- before it starts --------------------------------------------------------------------------

    def hold(self, credential, name=None):
        """Puts a certificate and its key into the person's store."""
        self.store.take(credential, name or f"certificate{next(self._names)}")

    def choose(self, pattern="*", **wanted):
        """The policy: at these servers the first certificate that fits, and nobody is asked.

        wanted: ISSUER and SUBJECT, each with CN, L, O or OU."""
        self._choices.append(json.dumps({"pattern": pattern, "filter": wanted}))

    # -- while it runs -----------------------------------------------------------------------------

    def start(self):
        preferences = self._start_driver()
        options = Options()
        options.binary_location = str(self._process.chromium)
        for switch in (*SWITCHES, f"user-data-dir={self.home}/profile"):
            options.add_argument(f"--{switch}")
        options.add_experimental_option("prefs", {**preferences, **FIRST_PAGE})
        connection = ChromiumRemoteConnection(self._process.url, "goog", "chrome", ignore_proxy=True)
        self.driver = Remote(command_executor=connection, options=options)
        self.driver.set_page_load_timeout(20 * PATIENCE)
        self.driver.get("about:blank")  # what comes first has been loaded then
        return self

    def _start_driver(self):
        """The policy is a file, as an administrator would write it, which only this browser sees. Where that cannot be,
        it is among the preferences that are returned: what Chromium makes of its value is the same."""
        choices = self._choices or [EVERYWHERE]
        machine = self.home / "etc"
        managed = machine / "policies" / "managed"
        managed.mkdir(parents=True, exist_ok=True)
        (managed / "clientcert.json").write_text(json.dumps({POLICY: choices}))
        prefix = seeing_alone(machine)
        self._process = Driver(self.home, prefix or ())
        return {} if prefix else {PREFERENCE: choices}

    def restart(self):
        """Closes all windows, and comes again."""
        self.end()
        return self.start()

    def end(self):
        driver, process, self.driver, self._process = self.driver, self._process, None, None
        try:
            if driver:
                driver.quit()
        finally:
            if process:
                process.end()

    def close(self):
        try:
            self.end()
        finally:
            if not os.environ.get("E2E_KEEP"):
                shutil.rmtree(self.home)

    def get(self, url):
        try:
            self.driver.get(url)
        except WebDriverException as error:
            if "net::ERR" not in str(error):  # the page of the browser's own shows which
                raise
        return self.page()

    def click(self, text):
        """Follows a link."""
        return self._leave_by(self.driver.find_element(By.LINK_TEXT, text))

    def fill(self, **fields):
        """Writes into the fields of a form, by their names; as from the clipboard, in the place of what is there."""
        for name, text in fields.items():
            field = self.driver.find_element(By.NAME, name)
            field.clear()
            field.click()
            self.devtools("Input.insertText", text=text)

    def press(self, text):
        """The button with that text."""
        return self._leave_by(self.driver.find_element(By.XPATH, f"//button[.='{text}']"))

    def _leave_by(self, element):
        """On a busy machine WebDriver is back before the page has gone."""
        self.driver.execute_script("window.isLeft = true")
        element.click()
        wait_until(lambda: self.driver.execute_script(ARRIVED), "no other page has come", 20)
        return self.page()

    def get_with_passwords(self, url, *answers):
        """Fills in the dialogs that come: (user, password), or None to cancel. Returns page and dialogs."""
        try:
            dialogs = self._dialogs(url, answers)
        except TimeoutError:  # once in a great while Chromium tells of no load
            self.devtools("Page.stopLoading")
            dialogs = self._dialogs(url, answers)
        return self.page(), dialogs

    def _dialogs(self, url, answers):
        address = self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        with DevTools(address, self.driver.current_window_handle) as devtools:
            return get_with_passwords(devtools, url, answers)

    def page(self):
        return Page(**self.driver.execute_script(LOOK))

    def devtools(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.driver.execute("executeCdpCommand", {"cmd": command, "params": parameters})["value"]

    # -- how it looks ------------------------------------------------------------------------------

    def look(self, dark=False, size=SIZE):
        """How pages look from now on: the colours that the person likes, and the size of the window."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        self.devtools("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1,
                      mobile=size == PHONE)

    def too_wide(self):
        """By how many pixels the page is wider than the window."""
        return self.driver.execute_script(TOO_WIDE)

    def cut_off(self):
        """What sticks out of the page, or hides a part of its text."""
        return self.driver.execute_script(CUT_OFF)

    def picture(self, name):
        """What a person sees now: NAME.png in $BROWSER_PICTURES, if anybody wants to see it."""
        self._keep(name, lambda: self.driver.get_screenshot_as_png())

    def whole_picture(self, name):
        """The same of the whole page, however long it is."""
        self._keep(name, lambda: base64.b64decode(
            self.devtools("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    @staticmethod
    def _keep(name, taken):
        folder = os.environ.get("BROWSER_PICTURES")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            Path(folder, f"{name}.png").write_bytes(taken())
