#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""An SMSC for tests (SMPP 3.4): takes what ESMEs submit, and sends receipts.

    smpp_smsc.py HOST:PORT LOG MODES

LOG gets a line for each text that was taken: "<system id> <to> <message id> <text>".
MODES is a file that is read anew for each submit_sm, one word a line:

    throttle | refuse | never   ESME_RTHROTTLED, ESME_RSYSERR, ESME_RINVDSTADR
    silent | cut                taken, but without an answer; cut closes the connection as well
    early | late | lost | twice | undeliverable | unknown-first
                                receipts: before the answer, after a second, never, two of them,
                                negative, one that is not final before the final one
    same-id | no-id             each text has id 1; success without an id
    slow                        half a second before each answer

Otherwise the same id is never given twice by one process, nor by the next (ids begin with the
time).
"""
import itertools
import os
import socket
import struct
import sys
import threading
import time

BINDS, UNBIND, SUBMIT_SM, DELIVER_SM, ENQUIRE_LINK, RESP = (1, 2, 9), 6, 4, 5, 0x15, 0x80000000
NACK = RESP
STATUS = {"throttle": 0x58, "refuse": 0x08, "never": 0x0B}
GSM = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
      "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
ids = itertools.count(int(time.time() * 1000) * 1000)


def cstring(body, at):
    end = body.index(b"\0", at)
    return body[at:end].decode("latin-1"), end + 1


def submitted(body):
    """To whom, and the text of one part."""
    _, at = cstring(body, 0)
    _, at = cstring(body, at + 2)
    to, at = cstring(body, at + 2)
    esm_class = body[at]
    _, at = cstring(body, at + 3)
    _, at = cstring(body, at)
    coding, length = body[at + 2], body[at + 4]
    octets = body[at + 5:at + 5 + length]
    if esm_class & 0x40:
        octets = octets[1 + octets[0]:]
    text = octets.decode("utf-16-be") if coding == 8 else "".join(GSM[o & 0x7f] for o in octets)
    return to, text


class Esme(threading.Thread):
    def __init__(self, connection, log, modes):
        super().__init__(daemon=True)
        self.connection, self.log, self.modes_file = connection, log, modes
        self.lock = threading.Lock()
        self.sequence = 0
        self.name = "?"

    def modes(self):
        try:
            with open(self.modes_file, encoding="ascii") as f:
                return set(f.read().split())
        except FileNotFoundError:
            return set()

    def send(self, command, status, sequence, body=b""):
        try:
            with self.lock:
                self.connection.sendall(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)
        except OSError:
            pass

    def receipt(self, message_id, to, stat, state):
        text = ("id:%s sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:%s err:000 text:"
                % (message_id, stat)).encode()
        body = (b"\0\1\1" + to.encode() + b"\0\1\1188\0" + bytes([4, 0, 0, 0, 0, 0, 0, 0, 0, len(text)]) + text
                + struct.pack(">HH", 0x001E, len(message_id) + 1) + message_id.encode() + b"\0"
                + struct.pack(">HHB", 0x0427, 1, state))
        self.sequence += 1
        self.send(DELIVER_SM, 0, self.sequence, body)

    def receipts(self, modes, message_id, to):
        if "late" in modes:
            time.sleep(1)
        if "unknown-first" in modes:
            self.receipt(message_id, to, "ENROUTE", 1)
        for _ in range(2 if "twice" in modes else 1):
            if "undeliverable" in modes:
                self.receipt(message_id, to, "UNDELIV", 5)
            else:
                self.receipt(message_id, to, "DELIVRD", 2)

    def submit(self, sequence, body):
        modes = self.modes()
        to, text = submitted(body)
        if "slow" in modes:
            time.sleep(0.5)
        for mode, status in STATUS.items():
            if mode in modes:
                self.send(SUBMIT_SM | RESP, status, sequence)
                return
        message_id = "1" if "same-id" in modes else "%x" % next(ids)
        with open(self.log, "a", encoding="utf-8") as f:
            f.write("%s %s %s %s\n" % (self.name, to, message_id, text.replace("\n", "|")))
        if "cut" in modes:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if "silent" in modes:
            return
        if "early" in modes:
            self.receipts(modes - {"late"}, message_id, to)
            time.sleep(0.2)
        self.send(SUBMIT_SM | RESP, 0, sequence, b"" if "no-id" in modes else message_id.encode() + b"\0")
        if not modes & {"early", "lost"}:
            threading.Thread(target=self.receipts, args=(modes, message_id, to), daemon=True).start()

    def handle(self, command, sequence, body):
        if command in BINDS:
            self.name, _ = cstring(body, 0)
            self.send(command | RESP, 0, sequence, b"smsc\0")
        elif command == SUBMIT_SM:
            self.submit(sequence, body)
        elif command in (ENQUIRE_LINK, UNBIND):
            self.send(command | RESP, 0, sequence)
        elif not command & RESP:
            self.send(NACK, 3, sequence)

    def run(self):
        stream = self.connection.makefile("rb")
        try:
            while len(head := stream.read(16)) == 16:
                length, command, _, sequence = struct.unpack(">IIII", head)
                self.handle(command, sequence, stream.read(length - 16))
                if command == UNBIND:
                    break
        except OSError:
            pass
        self.connection.close()


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    listener = socket.create_server((host, int(port)))
    print("listening", os.getpid(), flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Esme(connection, sys.argv[2], sys.argv[3]).start()


if __name__ == "__main__":
    main()
