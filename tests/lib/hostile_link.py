#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What manager and gateway must survive of each other: a peer whose certificate is good and who
says what he likes.

  hostile_link.py CASE ADDRESS PORT CERTIFICATE KEY CA SHOP_KEY HTTPS_PORT SEED [SCALE]

Cases gw_*: a gateway that the manager dials (PORT is listened on).  Cases mgr_*: a manager that dials
the gateway's PORT.  A case prints what it saw, one line; it ends with an exception where the other
side did what it must not.
"""
import hashlib
import http.client
import json
import random
import socket
import ssl
import struct
import sys
import threading
import time

import link

IDS = (8, 9, 708644638094485550, 2 ** 63 - 1)


class Hostile:
    def __init__(self, argv):
        self.case, self.address, self.port = argv[0], argv[1], int(argv[2])
        self.files, self.shop_key = argv[3:6], argv[6]
        self.https, self.seed = int(argv[7]), argv[8]
        self.scale = float(argv[9]) if len(argv) > 9 else 1
        self.rng = random.Random(f"{self.case}-{self.seed}")
        self.digest = hashlib.sha256(self.shop_key.encode()).digest()

    def times(self, n):
        return max(1, int(n * self.scale))

    def check(self, number, digest=None, n=None):
        ids = [self.rng.choice(IDS) for _ in range(n or self.rng.choice((1, 1, 2, 50)))]
        return link.check(number, digest or self.digest, self.rng.randbytes(16), ids)

    def mutate(self, octets):
        rng, out = self.rng, bytearray(octets)
        for _ in range(rng.choice((1, 1, 2, 4))):
            i, how = rng.randrange(len(out)), rng.randrange(5)
            if how == 0:
                out[i] ^= 1 << rng.randrange(8)
            elif how == 1:
                out[i] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            elif how == 2:
                out[i:i] = rng.randbytes(rng.randrange(1, 9))
            elif how == 3 and len(out) > 8:
                del out[i:i + rng.randrange(1, 9)]
            else:
                j = rng.randrange(len(out))
                out[i:i] = out[j:j + rng.randrange(40)]
        return bytes(out)

    def greetings(self):
        rng = self.rng
        good = link.hello()
        odd = [link.hello(v) for v in (b"", b"x" * 63, b"x" * 64, b"\xff", b"a\nb", b"%s%n", b"\0")]
        odd += [link.hello(version=v) for v in (0, 2, 0xFFFF)]
        odd += [good[:n] for n in range(len(good))] + [good + good[5:], link.ready(), b""]
        odd += [link.message(link.CHECK, 1), rng.randbytes(40), link.message(255, 0xFFFFFFFF)]
        return odd + [self.mutate(good) for _ in range(40)]

    def ask_shop(self):
        """One good question over HTTPS: its status, and how long it took."""
        context = ssl._create_unverified_context()
        start = time.monotonic()
        c = http.client.HTTPSConnection(self.address, self.https, timeout=12, context=context)
        try:
            c.request("POST", "/v1/ownership-checks", b'{"value_id": "00000000000000000018"}',
                      {"Authorization": "Bearer " + self.shop_key,
                       "Content-Type": "application/json"})
            answer = c.getresponse()
            json.loads(answer.read())
            return answer.status, time.monotonic() - start
        finally:
            c.close()


# --- a gateway that the manager dials ----------------------------------------------------------


def greeted(h, listener, **more):
    e = listener.accept(**more)
    e.send(link.hello())
    return e


def gw_greetings(h):
    """HELLOs that are none, and handshakes that break off: each time the manager dials again."""
    listener = link.Listener(h.address, h.port, h.files)
    odd, n = h.greetings(), h.times(7)
    for i in range(n):
        if i % 3 == 0:
            s = listener.accept_raw()
            s.sendall(h.rng.randbytes(h.rng.randrange(1, 400)))
            s.close()
            continue
        e = listener.accept()
        try:
            e.send(h.rng.choice(odd))
            e.over.wait(1)
        except OSError:
            pass
        e.close()
    greeted(h, listener).close()
    return "%d connections" % n


def gw_questions(h):
    """Questions whose octets are changed; a link that is closed over one comes back."""
    listener = link.Listener(h.address, h.port, h.files)
    e, anew, n = greeted(h, listener), 0, h.times(400)
    for i in range(n):
        kind = h.rng.randrange(8)
        try:
            if kind == 0:
                e.send(h.mutate(h.check(i)))
            elif kind == 1:
                e.write(h.mutate(link.frame(h.check(i))))
            elif kind == 2:
                e.send(link.message(h.rng.randrange(256), i, h.rng.randbytes(h.rng.randrange(60))))
            elif kind == 3:
                e.send(link.result(i))
            elif kind == 4:
                e.send(h.rng.choice((link.message(link.DRAIN), link.message(link.PING, i),
                                     link.message(link.PONG, i), link.hello(), link.ready(False))))
            else:
                e.send(h.check(h.rng.choice((i, 0, 1, 0xFFFFFFFF)),
                               h.rng.choice((None, h.rng.randbytes(32)))))
            # Where the length took in what follows, nothing comes of either.
            if i % 20 == 19 or e.over.is_set():
                e.send(link.message(link.PING, 1 << 30 | i))
                n_pongs = len(e.kinds.get(link.PONG, ())) + 1
                if not e.wait(link.PONG, n_pongs, 1):
                    raise OSError("closed, or stuck in a frame of ours")
        except OSError:
            e.close()
            anew += 1
            e = greeted(h, listener)
    e.close()
    e = greeted(h, listener)
    e.send(h.check(77))
    assert e.wait(link.RESULT), "a good question behind them is not answered"
    e.close()
    return "%d messages, the link %d times anew" % (n, anew)


def gw_keys(h):
    """Keys that nobody has: each question is answered once, with nothing owned."""
    listener, n = link.Listener(h.address, h.port, h.files), h.times(2000)
    bodies = {}
    e = greeted(h, listener, heard=lambda e, kind, number, body: kind == link.RESULT and
                bodies.setdefault(number, []).append(body))
    for i in range(n):
        e.send(link.check(i, h.rng.randbytes(32), h.rng.randbytes(16), [h.rng.choice(IDS)]))
    assert e.wait(link.RESULT, n, 20), "%d of %d answered" % (len(bodies), n)
    assert sorted(e.kinds[link.RESULT]) == list(range(n)), "not each once"
    # OUTCOME and RATE only; no shop's code, no items.
    assert all(len(b) == 1 and b[0][3] != 0 and b"\x08\0" not in b[0][:4] for b in bodies.values())
    e.close()
    return "%d keys" % n


def gw_deaf(h):
    """Asks and asks, and does not read: it is left, and costs no more than its queue."""
    listener = link.Listener(h.address, h.port, h.files)
    e = greeted(h, listener, read=False)
    question, end, n = link.frame(h.check(1, n=1000)), time.monotonic() + 25, 0
    e.socket.settimeout(10)
    try:
        while time.monotonic() < end:
            e.write(question)
            n += 1
    except OSError:
        e.close()
        return "left behind %d questions" % n
    raise AssertionError("a peer that does not read is kept for ever")


# --- a manager that dials the gateway ----------------------------------------------------------


def manager(h, name=b"hostile", **more):
    e = link.dial(h.address, h.port, h.files, **more)
    e.send(link.hello(name))
    return e


def mgr_greetings(h):
    odd, n = h.greetings(), 0
    for what in odd[:h.times(len(odd))]:
        e = link.dial(h.address, h.port, h.files)
        try:
            e.send(what)
            if n % 4 == 0:
                e.over.wait(0.2)
        except OSError:
            pass
        e.close()
        n += 1
    return "%d greetings" % n


def mgr_unasked(h):
    """Answers to what was not asked, and everything else, mutated; it is not ready meanwhile."""
    n, anew, e = h.times(2000), 0, manager(h)
    for i in range(n):
        good = h.rng.choice((link.result(i, items=[link.owned_item()] * 3), link.ready(False), h.check(i),
                             link.message(link.DRAIN), link.message(link.PING, i),
                             link.message(link.PONG, i), link.message(200, i)))
        try:
            how = h.rng.randrange(12)
            if how == 0:
                e.write(h.mutate(link.frame(good)))
            else:
                e.send(good if how < 8 else h.mutate(good))
            if e.over.is_set():
                raise OSError
        except OSError:
            e.close()
            anew += 1
            e = manager(h)
        # A mutated READY may have said yes.
        try:
            e.send(link.ready(False))
        except OSError:
            pass
    e.close()
    return "%d messages, the link %d times anew" % (n, anew)


def mgr_liar(h):
    """Takes questions and answers as it likes: whoever asks is told something definite in time."""
    rng = h.rng

    def lie(e, kind, number, body):
        if kind != link.CHECK:
            return
        good = link.result(number, items=[rng.choice((b"\0", link.owned_item()))])
        how = rng.randrange(10)
        if how == 0:
            e.close()
        elif how == 1:
            e.send(h.mutate(good))
        elif how == 2:
            e.send(link.result(number, outcome=rng.randrange(256), items=()))
        elif how == 3:
            e.send(link.result(number, items=[b"\0"] * rng.choice((0, 2, 1000))))
        elif how == 4:
            e.send(link.result(number ^ 1))
        elif how == 5:
            e.send(link.result(number, rate=rng.choice(((0, 0), (0, 1), (1, 0), (2 ** 32 - 1,) * 2))))
        elif how == 6:
            e.send(good + good[5:])
        else:
            e.send(good)
            e.send(good)

    seen, slowest, stop = {}, 0, threading.Event()

    def keep_up():
        while not stop.is_set():
            try:
                e = manager(h, heard=lie)
                e.send(link.ready())
                e.over.wait(3)
                e.close()
            except OSError:
                time.sleep(0.05)

    threads = [threading.Thread(target=keep_up, daemon=True) for _ in range(3)]
    for t in threads:
        t.start()
    for _ in range(h.times(120)):
        status, took = h.ask_shop()
        seen[status] = seen.get(status, 0) + 1
        slowest = max(slowest, took)
        assert status == 200 or 400 <= status <= 503, "status %d" % status
    stop.set()
    for t in threads:
        t.join(5)
    assert slowest < 8, "one waited for %.1f s" % slowest
    return "statuses %s, the slowest %.1f s" % (sorted(seen.items()), slowest)


def mgr_crowd(h):
    """More links than there may be, some mute, some that ping and do not read."""
    ends = []
    for i in range(h.times(80)):
        try:
            e = link.dial(h.address, h.port, h.files, read=i % 2 == 0)
            if i % 3:
                e.send(link.hello(b"crowd-%d" % i))
                for n in range(200):
                    e.send(link.message(link.PING, n))
            ends.append(e)
        except OSError:
            pass
    status, took = h.ask_shop()
    for e in ends:
        e.close()
    # Links without READY count as ready: a manager of a version that does not know it.
    assert status in (200, 503) and took < 8, "status %d after %.1f s" % (status, took)
    return "%d links, meanwhile a shop got %d" % (len(ends), status)


def mgr_deaf(h):
    """Pings and pings, and does not read."""
    e = manager(h, read=False)
    e.send(link.ready(False))
    ping, end, n = link.frame(link.message(link.PING, 7)) * 500, time.monotonic() + 25, 0
    e.socket.settimeout(10)
    try:
        while time.monotonic() < end:
            e.write(ping)
            n += 500
    except OSError:
        e.close()
        return "left behind %d pings" % n
    raise AssertionError("a peer that does not read is kept for ever")


if __name__ == "__main__":
    hostile = Hostile(sys.argv[1:])
    print(globals()[hostile.case](hostile))
