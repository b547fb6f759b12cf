# SPDX-License-Identifier: Apache-2.0
"""The DevTools protocol with its events, which WebDriver has no words for: here the dialog for a name and a password."""
import itertools
import json
import socket
import urllib.request
from urllib.parse import urlsplit

from harness.waiting import PATIENCE
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Request, TextMessage

CANCEL = {"response": "CancelAuth"}


class DevTools:
    """A connection to one window: `with DevTools(address, window) as devtools`."""

    def __init__(self, address, window):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{address}/json", timeout=30 * PATIENCE) as response:
            target, = (one for one in json.load(response) if one["id"] == window)
        url = urlsplit(target["webSocketDebuggerUrl"])
        self._numbers, self._events, self._text = itertools.count(1), [], ""
        self._socket = socket.create_connection((url.hostname, url.port), timeout=30 * PATIENCE)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._socket.sendall(self._protocol.send(Request(host=url.netloc, target=url.path)))
        assert isinstance(self._next(), AcceptConnection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, method, **parameters):
        """A command; what it answers is not waited for."""
        text = json.dumps({"id": next(self._numbers), "method": method, "params": parameters})
        self._socket.sendall(self._protocol.send(TextMessage(data=text)))

    def events(self):
        """What the browser tells, as (method, parameters)."""
        while True:
            event = self._next()
            if isinstance(event, Ping):
                self._socket.sendall(self._protocol.send(event.response()))
            elif isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    told, self._text = json.loads(self._text), ""
                    assert "error" not in told, told
                    if "method" in told:
                        yield told["method"], told["params"]

    def _next(self):
        while not self._events:
            data = self._socket.recv(65536)
            assert data, "the browser closed the connection"
            self._protocol.receive_data(data)
            self._events += self._protocol.events()
        return self._events.pop(0)


def get_with_passwords(devtools, url, answers):
    """Opens a page; each dialog that comes gets the next of the answers, (user, password) pairs or None to
    cancel. Returns the dialogs, as DevTools describes them."""
    answers, dialogs, there = list(answers), [], False
    devtools.send("Page.enable")
    devtools.send("Fetch.enable", handleAuthRequests=True)
    devtools.send("Page.navigate", url=url)
    for event, told in devtools.events():
        if event == "Fetch.requestPaused":
            devtools.send("Fetch.continueRequest", requestId=told["requestId"])
        elif event == "Fetch.authRequired":
            dialogs.append(told["authChallenge"])
            assert answers, f"one dialog more than there are answers: {dialogs}"
            devtools.send("Fetch.continueWithAuth", requestId=told["requestId"],
                          authChallengeResponse=filled(answers.pop(0)))
        elif event == "Page.frameNavigated":
            there = True
        elif event == "Page.loadEventFired" and there:  # that of the page before may be still to come
            devtools.send("Fetch.disable")
            return dialogs


def filled(answer):
    if answer is None:
        return CANCEL
    user, password = answer
    return {"response": "ProvideCredentials", "username": user, "password": password}
