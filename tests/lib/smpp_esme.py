#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""An ESME for tests of an SMSC: binds, and does what a text asks for.

    smpp_esme.py HOST:PORT [--bind transceiver|receiver|transmitter]

    echo TEXT          replies TEXT        refuse        not taken, for good
    to NUMBER TEXT     TEXT to NUMBER      later TEXT    not taken the first time, then as echo
    long N             N characters        quiet         nothing comes

Each PDU is a line on standard output; "bound" when it is.  It binds again when the SMSC is gone.
"""
import argparse
import socket
import struct
import sys
import time

BIND = {"receiver": 1, "transmitter": 2, "transceiver": 9}
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK, RESP = 4, 5, 6, 0x15, 0x80000000
RECEIPT, UDHI = 0x04, 0x40
SERVICE = "188"


def cstring(text):
    return text.encode("ascii") + b"\0"


class Esme:
    def __init__(self, where, bind):
        self.where, self.bind = where, bind
        self.sequence = 0
        self.parts, self.seen = {}, set()

    def send(self, command, body=b"", status=0, sequence=None):
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.socket.sendall(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def receive(self, n):
        octets = b""
        while len(octets) < n:
            more = self.socket.recv(n - len(octets))
            if not more:
                raise ConnectionError("closed")
            octets += more
        return octets

    def submit(self, to, octets, coding, esm_class=0):
        body = (cstring("") + b"\0\1" + cstring(SERVICE) + b"\1\1" + cstring(to) +
                bytes([esm_class, 0, 0]) + cstring("") + cstring("") +
                bytes([1, 0, coding, 0, len(octets)]) + octets)
        self.send(SUBMIT_SM, body)

    def text(self, to, text):
        coding = 0 if text.isascii() else 8
        octets = text.encode("ascii" if coding == 0 else "utf-16-be")
        size, most = (153, 160) if coding == 0 else (134, 140)
        if len(octets) <= most:
            self.submit(to, octets, coding)
            return
        parts = [octets[i:i + size] for i in range(0, len(octets), size)]
        for i, part in enumerate(parts):
            self.submit(to, bytes([5, 0, 3, 77, len(parts), i + 1]) + part, coding, UDHI)

    def act(self, sender, text):
        """The status of the answer."""
        verb, _, rest = text.partition(" ")
        if verb == "refuse":
            return 0x65
        if verb == "later" and text not in self.seen:
            self.seen.add(text)
            return 0x64
        if verb in ("echo", "later"):
            self.text(sender, rest)
        elif verb == "long":
            self.text(sender, ("0123456789" * int(rest))[:int(rest)])
        elif verb == "to":
            number, _, rest = rest.partition(" ")
            self.text(number, rest)
        return 0

    def deliver(self, body):
        fields, at = [], body.index(b"\0") + 1 + 2
        for _ in range(2):
            end = body.index(b"\0", at)
            fields.append(body[at:end].decode())
            at = end + 3
        sender, esm_class = fields[0], body[at - 2]
        at = body.index(b"\0", at + 1) + 1  # protocol and priority are over, then two times
        at = body.index(b"\0", at) + 1
        coding, length = body[at + 2], body[at + 4]
        octets = body[at + 5:at + 5 + length]
        if esm_class & RECEIPT:
            print("receipt", octets.decode(), flush=True)
            return 0
        if esm_class & UDHI:
            _, _, _, reference, total, number = octets[:6]
            parts = self.parts.setdefault((sender, reference), {})
            parts[number] = octets[6:]
            if len(parts) < total:
                return 0
            octets = b"".join(parts[i] for i in sorted(parts))
        text = octets.decode("ascii" if coding == 0 else "utf-16-be")
        print("text", sender, text, flush=True)
        return self.act(sender, text)

    def serve(self):
        self.socket = socket.create_connection(self.where)
        self.send(BIND[self.bind], cstring("esme") + cstring("secret") + cstring("") +
                  b"\x34\0\0" + cstring(""))
        while True:
            length, command, status, sequence = struct.unpack(">IIII", self.receive(16))
            body = self.receive(length - 16)
            if command == BIND[self.bind] | RESP:
                print("bound" if status == 0 else "refused %d" % status, flush=True)
            elif command == SUBMIT_SM | RESP:
                print("submitted", hex(status), flush=True)
            elif command == DELIVER_SM:
                self.send(DELIVER_SM | RESP, b"\0", self.deliver(body), sequence)
            elif command in (UNBIND, ENQUIRE_LINK):
                self.send(command | RESP, b"", 0, sequence)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("where")
    parser.add_argument("--bind", choices=BIND, default="transceiver")
    given = parser.parse_args()
    host, _, port = given.where.rpartition(":")
    esme = Esme((host, int(port)), given.bind)
    while True:
        try:
            esme.serve()
        except OSError as error:
            print("gone", error, flush=True)
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
