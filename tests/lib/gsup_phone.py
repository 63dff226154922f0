#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phones behind one MSC whose dialogues stay open between commands.

  gsup_phone.py serve SOCKET ADDRESS PORT LOCAL NAME     the MSC; ends when killed
  gsup_phone.py SOCKET IMSI MSISDN dial TEXT             MSISDN -: the exchange must know it
  gsup_phone.py SOCKET IMSI MSISDN say TEXT              answers what was asked
  gsup_phone.py SOCKET IMSI MSISDN post TEXT             as say, and does not wait
  gsup_phone.py SOCKET IMSI MSISDN hear                  what came since
  gsup_phone.py SOCKET IMSI MSISDN hangup
  gsup_phone.py SOCKET - - cut                           drops the link of all

A command prints the text that came and how it stands: "[open]", "[end]", "[error]", "[silence]"
after SILENCE_S, "[lost]" where the link went down, "[nolink]" where there is none.
"""
import json
import socket
import sys
import threading

import gsup

SILENCE_S = 8


class Phone:
    def __init__(self):
        self.session, self.invoke_id = 0, 0
        self.inbox, self.told = [], threading.Condition()

    def tell(self, text, state):
        with self.told:
            self.inbox.append((text, state))
            self.told.notify()

    def hear(self):
        with self.told:
            if not self.inbox:
                self.told.wait(SILENCE_S)
            return self.inbox.pop(0) if self.inbox else ("", "silence")


class Msc:
    def __init__(self, address, port, local, name):
        self.where = (address, int(port), local, name)
        self.phones, self.link, self.lock = {}, None, threading.Lock()
        self.last_session = 0

    def phone(self, imsi):
        with self.lock:
            return self.phones.setdefault(imsi, Phone())

    def up(self):
        with self.lock:
            if not self.link or self.link.over.is_set():
                self.link = gsup.Link(*self.where, self.received, self.down)
            return self.link

    def received(self, link, m):
        p = self.phone(m.imsi)
        if m.session != p.session:
            return
        p.invoke_id = m.invoke_id
        state = "error" if m.text is None else "end" if m.state == gsup.END else "open"
        p.tell(m.text or "cause %d" % m.cause, state)
        if state != "open":
            p.session = 0

    def down(self, link):
        for p in list(self.phones.values()):
            if p.session:
                p.session = 0
                p.tell("", "lost")

    def command(self, imsi, msisdn, verb, text=""):
        if verb == "cut":
            if self.link:
                self.link.close()
            return "", "cut"
        p = self.phone(imsi)
        if verb == "hear":
            return p.hear()
        try:
            link = self.up()
            if verb == "dial":
                with self.lock:
                    self.last_session += 1
                    p.session, p.inbox = self.last_session, []
                link.send(gsup.begin(imsi, p.session, text, None if msisdn == "-" else msisdn))
            elif verb == "hangup":
                link.send(gsup.message(gsup.PROC_SS_REQ, imsi, p.session, gsup.END))
                p.session = 0
                return "", "hangup"
            else:
                if not p.session:
                    return "", "closed"
                link.send(gsup.answer(imsi, p.session, p.invoke_id, text))
        except OSError:
            return "", "nolink"
        return ("", "posted") if verb == "post" else p.hear()


def serve(path, *where):
    msc = Msc(*where)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)

    def one(s):
        with s, s.makefile("rw") as stream:
            stream.write(json.dumps(msc.command(*json.loads(stream.readline()))) + "\n")

    while True:
        s, _ = server.accept()
        threading.Thread(target=one, args=(s,), daemon=True).start()


def main():
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(sys.argv[1])
        with s.makefile("rw") as stream:
            stream.write(json.dumps(sys.argv[2:]) + "\n")
            stream.flush()
            text, state = json.loads(stream.readline())
    print(text + ("\n" if text else "") + "[%s]" % state)


if __name__ == "__main__":
    main()
