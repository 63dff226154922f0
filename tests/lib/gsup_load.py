#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phones that buy without end, and write down what they were told.

  gsup_load.py FILE ADDRESS PORT LOCAL NAME RATE IMSI_FIRST MSISDN_FIRST PHONES

RATE one-shot purchases a second by PHONES phones in turn over one link, as the exchange NAME, whatever
the answers do, until it is killed; where the link goes down it is made again.  FILE has a line each,
written and synced when it was told: a time, then "bought VALUE", "unsure", "refused TEXT" or "lost".
"""
import os
import re
import sys
import threading
import time

import gsup

CODE = "*188*1*500#"
BOUGHT = re.compile(r"Bought 500 JPY, value ((?:\d{4} ){4}\d{4})")


class Load:
    def __init__(self, path, *where):
        self.out = open(path, "a", encoding="utf-8")
        self.where, self.link, self.lock = where, None, threading.Lock()
        self.open, self.last_session = {}, 0

    def tell(self, what):
        with self.lock:
            self.out.write("%.6f %s\n" % (time.time(), what))
            self.out.flush()
            os.fsync(self.out.fileno())

    def received(self, link, m):
        if self.open.pop(m.session, None) is None or link is not self.link:
            return
        if m.state != gsup.END:
            link.send(gsup.message(gsup.PROC_SS_REQ, m.imsi, m.session, gsup.END))
        text = m.text or ""
        bought = BOUGHT.search(text)
        if bought:
            self.tell("bought " + bought.group(1).replace(" ", ""))
        elif "not known yet" in text:
            self.tell("unsure")
        else:
            self.tell("refused " + text.replace("\n", " "))

    def down(self, link):
        for session in list(self.open):
            if self.open.pop(session, None) is not None:
                self.tell("lost")

    def dial(self, imsi, msisdn):
        if not self.link or self.link.over.is_set():
            self.link = None
            self.link = gsup.Link(*self.where, self.received, self.down)
        self.last_session += 1
        self.open[self.last_session] = True
        self.link.send(gsup.begin(imsi, self.last_session, CODE, msisdn))


def main():
    path, address, port, local, name, rate, imsi, msisdn, phones = sys.argv[1:]
    load = Load(path, address, int(port), local, name)
    n, next_at = 0, time.monotonic()
    while True:
        try:
            load.dial("%015d" % (int(imsi) + n % int(phones)), "%d" % (int(msisdn) + n % int(phones)))
        except OSError:
            load.tell("refused no link")
            time.sleep(0.1)
        n += 1
        next_at = max(next_at + 1 / float(rate), time.monotonic() - 0.5)
        time.sleep(max(0, next_at - time.monotonic()))


if __name__ == "__main__":
    main()
