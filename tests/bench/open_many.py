# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many that are open and do nothing: dialogues at their first question, connections of shops."""
import os
import socket
import ssl
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../lib")
import gsup  # noqa: E402

AT_ONCE = 200


class Dialogues:
    """Of phones number first and up, over a link of their own."""

    def __init__(self, ip, imsi, msisdn, first):
        self.base = int(imsi), int(msisdn), first
        self.digits = len(imsi)
        self.n, self.answered, self.told = 0, 0, threading.Condition()
        self.link = gsup.Link(ip, 4223, ip, "MSC-2", self.received)

    def received(self, link, message):
        with self.told:
            if message.state == gsup.CONTINUE:
                self.answered += 1
            self.told.notify()

    def open(self, n):
        """Until n are open."""
        imsi, msisdn, first = self.base
        while self.n < n:
            for _ in range(min(AT_ONCE, n - self.n)):
                i = first + self.n
                self.n += 1
                self.link.send(gsup.begin(str(imsi + i).zfill(self.digits), self.n, "*188#",
                                          str(msisdn + i)))
            with self.told:
                if not self.told.wait_for(lambda: self.answered >= self.n, 10):
                    raise RuntimeError(f"{self.answered} of {self.n} dialogues were asked")

    def close(self):
        imsi, _, first = self.base
        for session in range(1, self.n + 1):
            self.link.send(gsup.message(gsup.PROC_SS_REQ, str(imsi + first + session - 1).zfill(
                self.digits), session, gsup.END))
        time.sleep(1)
        self.link.close()


class Connections:
    """Idle after one request."""

    def __init__(self, ip, port):
        self.where, self.open_ones = (ip, port), []
        self.context = ssl._create_unverified_context()

    def open(self, n):
        while len(self.open_ones) < n:
            plain = socket.create_connection(self.where, 10)
            # Else the request waits for the acknowledgement of the handshake's end.
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s = self.context.wrap_socket(plain)
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n")
            if not s.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("no answer to one of many connections")
            self.open_ones.append(s)

    def close(self):
        for s in self.open_ones:
            s.close()
        self.open_ones = []
        time.sleep(1)
