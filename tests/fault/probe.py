# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is service there?  A phone behind each manager's exchange and a shop's question, asked by hand.

Nothing of the product is used for it.
"""
import http.client
import os
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import gsup  # noqa: E402

ANSWER_S = 6


class Phone:
    """A phone behind the exchange of manager n; links are made when needed."""

    def __init__(self, world, n, imsi, msisdn):
        self.world, self.n = world, n
        self.imsi, self.msisdn = f"{imsi:015d}", str(msisdn)
        self.link, self.session = None, 0
        self.heard, self.text = threading.Event(), None

    def received(self, _, message):
        if message.session == self.session:
            self.text, self.kind = message.text, message.state
            self.invoke_id = message.invoke_id
            self.heard.set()

    def dial(self, code, seconds=ANSWER_S):
        """The text, or None where none came."""
        address, _, port = self.world.link("exchange", self.n).listen.rpartition(":")
        try:
            if not self.link or self.link.over.is_set():
                self.link = gsup.Link(address, int(port), address, "MSC-P", self.received)
            self.heard.clear()
            self.session += 1
            self.link.send(gsup.begin(self.imsi, self.session, code, self.msisdn))
        except OSError:
            return None
        if not self.heard.wait(seconds):
            self.link.close()
            return None
        return self.text

    def close(self):
        if self.link:
            self.link.close()


class Probe:
    def __init__(self, world):
        self.world = world
        self.phones = []

    def start(self):
        from world import PROBE_IMSI, PROBE_MSISDN
        self.phones = [Phone(self.world, n, int(PROBE_IMSI) + n, int(PROBE_MSISDN) + n)
                       for n in (0, 1)]

    def stop(self):
        for phone in self.phones:
            phone.close()

    def phone_served(self, n, seconds=1.0):
        text = self.phones[n].dial("*188*6#", seconds)
        return bool(text) and text.startswith(("Balance", "On your bill"))

    def ask_as(self, number, code):
        """Dials as a phone of the load, which is at rest; the text, or None."""
        from world import IMSI_BASE, MSISDN_BASE, PHONES
        for n in (0, 1):
            i = int(number) - int(MSISDN_BASE[n])
            if 0 <= i < PHONES:
                phone = Phone(self.world, n, int(IMSI_BASE[n]) + i, number)
                try:
                    return phone.dial(code)
                finally:
                    phone.close()
        return None

    def shop_served(self):
        try:
            return self.world.shop.ask_once("00000000000000000018", seconds=1) is not None
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def wait(self, seconds):
        """Until every phone and a shop are served: the seconds that it took, or None."""
        began = time.monotonic()
        todo = {"phone 0": lambda: self.phone_served(0), "phone 1": lambda: self.phone_served(1),
                "shop": self.shop_served}
        while time.monotonic() - began < seconds:
            for name in list(todo):
                if todo[name]():
                    del todo[name]
            if not todo:
                return time.monotonic() - began
            time.sleep(0.02)
        self.world.note("not served", who=sorted(todo))
        return None


def https(world, seconds):
    context = ssl.create_default_context(cafile=world.path("ca.pem"))
    context.check_hostname = False
    address, _, port = world.links["shop"].listen.rpartition(":")
    return http.client.HTTPSConnection(address, int(port), timeout=seconds, context=context)
