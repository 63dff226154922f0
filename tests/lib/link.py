# SPDX-License-Identifier: AGPL-3.0-or-later
"""The link between manager and gateway (lib/link_msg.h), for tests: messages, one end of one link.

Nothing of the product is used, so that a fault of its codecs is not made twice.
"""
import select
import socket
import ssl
import struct
import threading
import time

HELLO, PING, PONG, DRAIN, READY, CHECK, RESULT = 1, 2, 3, 4, 5, 16, 17
VERSION, NAME, DIGEST, REQUEST_ID, VALUE_IDS, OUTCOME, TEST, SHOP, RATE, ITEMS, IS_READY = range(1, 12)
OSMO, EXT = 0xEE, 0x7E


def element(tag, value):
    return struct.pack("!BH", tag, len(value)) + value


def message(kind, number=0, *elements):
    return struct.pack("!BI", kind, number) + b"".join(elements)


def frame(payload):
    return struct.pack("!HBB", len(payload) + 1, OSMO, EXT) + payload


def hello(name=b"hostile", version=1):
    return message(HELLO, 0, element(VERSION, struct.pack("!H", version)), element(NAME, name))


def ready(yes=True):
    return message(READY, 0, element(IS_READY, bytes([yes])))


def check(number, digest, request_id, value_ids):
    return message(CHECK, number, element(DIGEST, digest), element(REQUEST_ID, request_id),
                   element(VALUE_IDS, b"".join(struct.pack("!q", v) for v in value_ids)))


def result(number, outcome=0, shop=b"4711", rate=(1000, 5000), items=(b"\0",)):
    return message(RESULT, number, element(OUTCOME, bytes([outcome])), element(SHOP, shop),
                   element(RATE, struct.pack("!II", *rate)), element(ITEMS, b"".join(items)))


def owned_item(state=1, currency=b"JPY", amount=500):
    return b"\x03" + bytes([state]) + currency + struct.pack("!qqq", amount, 1900000000, 1700000000)


def context(side, certificate, key, ca):
    c = ssl.SSLContext(side)
    c.check_hostname = False
    c.minimum_version = ssl.TLSVersion.TLSv1_3
    c.load_cert_chain(certificate, key)
    c.load_verify_locations(ca)
    c.verify_mode = ssl.CERT_REQUIRED
    return c


class End:
    """One end of a link.  Whoever reads counts; heard(end, kind, number, body) is told each message.

    One thread at a time is inside OpenSSL, and the one that reads closes the socket: a descriptor
    that was closed under it would soon be another link's.
    """

    def __init__(self, sock, heard=None, read=True):
        self.socket, self.heard, self.got = sock, heard, b""
        self.kinds, self.over, self.ending = {}, threading.Event(), False
        self.using, self.told = threading.RLock(), threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True) if read else None
        sock.settimeout(10)
        if read:
            self.reader.start()

    def write(self, octets):
        with self.using:
            if self.ending:
                raise OSError("closed")
            self.socket.settimeout(10)
            self.socket.sendall(octets)

    def send(self, payload):
        self.write(frame(payload))

    def close(self):
        self.ending = True
        if not self.reader:
            self.socket.close()
        elif self.reader is not threading.current_thread():
            self.reader.join(5)

    def more(self):
        with self.using:
            self.socket.settimeout(0)
            try:
                got = self.socket.recv(65536)
                if not got:
                    raise OSError("the end")
                self.got += got
                return True
            except ssl.SSLWantReadError:
                return False

    def take(self, n):
        while len(self.got) < n:
            if self.ending:
                raise OSError("closed")
            if not self.more():
                select.select([self.socket], [], [], 0.05)
        out, self.got = self.got[:n], self.got[n:]
        return out

    def read(self):
        try:
            while True:
                length, proto = struct.unpack("!HB", self.take(3))
                payload = self.take(length)[1:]
                kind, number = struct.unpack("!BI", payload[:5])
                if kind == PING:
                    self.send(message(PONG, number))
                with self.told:
                    self.kinds.setdefault(kind, []).append(number)
                    self.told.notify_all()
                if self.heard:
                    self.heard(self, kind, number, payload[5:])
        except (OSError, ValueError, struct.error):
            pass
        self.ending = True
        with self.using:
            self.socket.close()
        self.over.set()
        with self.told:
            self.told.notify_all()

    def wait(self, kind, n=1, seconds=10):
        """Until n messages of that kind came, or the link is over; False after seconds."""
        end = time.monotonic() + seconds
        with self.told:
            while len(self.kinds.get(kind, ())) < n and not self.over.is_set():
                if not self.told.wait(max(0, end - time.monotonic())):
                    return False
        return len(self.kinds.get(kind, ())) >= n


def dial(address, port, files, **more):
    raw = socket.create_connection((address, port), timeout=8)
    return End(context(ssl.PROTOCOL_TLS_CLIENT, *files).wrap_socket(raw), **more)


class Listener:
    def __init__(self, address, port, files):
        self.context = context(ssl.PROTOCOL_TLS_SERVER, *files)
        self.server = socket.create_server((address, port))

    def accept(self, seconds=12, **more):
        """The next link, its handshake done."""
        end = time.monotonic() + seconds
        while True:
            self.server.settimeout(max(0.1, end - time.monotonic()))
            raw, _ = self.server.accept()
            raw.settimeout(5)
            try:
                return End(self.context.wrap_socket(raw, server_side=True), **more)
            except OSError:
                raw.close()

    def accept_raw(self, seconds=12):
        self.server.settimeout(seconds)
        return self.server.accept()[0]
