#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phones that text, behind an SMSC of their own (SMPP 3.4).

  smpp_phone.py serve SOCKET HOST:PORT             the SMSC; ends when killed
  smpp_phone.py SOCKET text ESME FROM TEXT [REF]   delivers it, and prints the reply to FROM;
                                                   what came to FROM before is forgotten
  smpp_phone.py SOCKET deliver ESME FROM TEXT [REF]   only delivers it
  smpp_phone.py SOCKET part ESME FROM TEXT N OF REF   only delivers it, as part N of OF
  smpp_phone.py SOCKET to NUMBER ESME FROM TEXT    delivers what is to NUMBER, and prints what comes to FROM
  smpp_phone.py SOCKET twice ESME FROM TEXT        delivers it again before the first is answered
  smpp_phone.py SOCKET lose ESME FROM TEXT         delivers it, and hangs up before the answer
  smpp_phone.py SOCKET cut ESME                    hangs up
  smpp_phone.py SOCKET hear NUMBER                 the next text to that number
  smpp_phone.py SOCKET forget                      all that came

ESME is the system id that it has bound with.  FROM that is no number is a name.  REF is the
user_message_reference by which texts of the same words are told apart.

Prints "[status N]" where the answer to deliver_sm is not 0, "[unanswered]" where there is none,
"[nolink]" where that ESME has not bound, "[silence]" where no text comes within SILENCE_S.
"""
import json
import socket
import struct
import sys
import threading
import time

import smpp_smsc
from smpp_smsc import DELIVER_SM, RESP, SUBMIT_SM

SILENCE_S, ANSWER_S = 3, 10
bound, inbox, answers = {}, {}, {}
told = threading.Condition()


class Esme(smpp_smsc.Esme):
    def __init__(self, connection):
        super().__init__(connection, "/dev/null", "/dev/null")
        self.parts = {}

    def handle(self, command, sequence, body, status):
        if command == DELIVER_SM | RESP:
            with told:
                answers[self.name, sequence] = status
                told.notify_all()
            return
        if command == SUBMIT_SM:
            self.take(body)
        super().handle(command, sequence, body)
        if command in smpp_smsc.BINDS:
            with told:
                bound[self.name] = self

    def take(self, body):
        """A text, or a part of one: behind the header of TS 23.040 clause 9.2.3.24.1."""
        to, text = smpp_smsc.submitted(body)
        at = body.find(b"\x05\x00\x03")
        if at >= 0:
            key = to, body[at + 3]
            self.parts.setdefault(key, {})[body[at + 5]] = text
            if len(self.parts[key]) < body[at + 4]:
                return
            text = "".join(part for _, part in sorted(self.parts.pop(key).items()))
        with told:
            inbox.setdefault(to, []).append(text)
            told.notify_all()

    def deliver(self, source, text, reference=None, part=b"", to="188"):
        """Sends it; by what it returns the answer can be waited for."""
        try:
            octets, coding = text.encode("ascii"), 0
        except UnicodeEncodeError:
            octets, coding = text.encode("utf-16-be"), 8
        number = source.isdigit()
        octets = part + octets
        body = (b"\0" + (b"\1\1" if number else b"\5\0") + source.encode() + b"\0"
                + b"\0\1" + to.encode() + b"\0"
                + bytes([0x40 if part else 0, 0, 0]) + b"\0\0"
                + bytes([0, 0, coding, 0, len(octets)]) + octets)
        if reference:
            body += struct.pack(">HHH", 0x0204, 2, int(reference))
        with self.lock:
            self.sequence += 1
            sequence = self.sequence
        self.send(DELIVER_SM, 0, sequence, body)
        return sequence

    def answer(self, sequence):
        return wait(lambda: answers.pop((self.name, sequence), None), ANSWER_S)

    def cut(self):
        with told:
            if bound.get(self.name) is self:
                del bound[self.name]
        self.connection.shutdown(socket.SHUT_RDWR)

    def run(self):
        stream = self.connection.makefile("rb")
        try:
            while len(head := stream.read(16)) == 16:
                length, command, status, sequence = struct.unpack(">IIII", head)
                self.handle(command, sequence, stream.read(length - 16), status)
        except OSError:
            pass
        self.connection.close()


def wait(take, seconds):
    """What take() gives once it is not None; None where it never is."""
    end = time.monotonic() + seconds
    with told:
        while (got := take()) is None and (left := end - time.monotonic()) > 0:
            told.wait(left)
        return got


def hear(number):
    return wait(lambda: inbox[number].pop(0) if inbox.get(number) else None, SILENCE_S)


def obey(words):
    if words[0] == "forget":
        with told:
            inbox.clear()
        return ""
    if words[0] == "hear":
        return hear(words[1]) or "[silence]"
    to = "188"
    if words[0] == "to":
        to, words = words[1], ["text"] + words[2:]
    esme = wait(lambda: bound.get(words[1]), ANSWER_S)
    if not esme:
        return "[nolink]"
    if words[0] == "text":
        with told:
            inbox.pop(words[2], None)
    if words[0] in ("lose", "cut"):
        if words[0] == "lose":
            esme.deliver(words[2], words[3])
        esme.cut()
        return ""
    part = b""
    if words[0] == "part":
        number, total, reference = [int(word) for word in words[4:]]
        part = bytes([5, 0, 3, reference, total, number])
        words = words[:4]
    status = None
    for delivery in [esme.deliver(*words[2:], part=part, to=to)
                     for _ in range(2 if words[0] == "twice" else 1)]:
        status = esme.answer(delivery)
    if status is None:
        return "[unanswered]"
    if status:
        return "[status %d]" % status
    return "" if words[0] in ("deliver", "part", "twice") else hear(words[2]) or "[silence]"


def serve_command(connection):
    with connection, connection.makefile("r", encoding="utf-8") as lines:
        connection.sendall(obey(json.loads(lines.readline())).encode() + b"\n")


def serve(path, where):
    host, port = where.rsplit(":", 1)
    smsc = socket.create_server((host, int(port)))
    control = socket.socket(socket.AF_UNIX)
    control.bind(path)
    control.listen(64)

    def take_esmes():
        while True:
            connection, _ = smsc.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Esme(connection).start()

    threading.Thread(target=take_esmes, daemon=True).start()
    while True:
        connection, _ = control.accept()
        threading.Thread(target=serve_command, args=(connection,), daemon=True).start()


def main():
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(sys.argv[1])
        s.sendall(json.dumps(sys.argv[2:]).encode() + b"\n")
        print(s.makefile("r", encoding="utf-8").read().rstrip("\n"))


if __name__ == "__main__":
    main()
