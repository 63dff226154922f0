#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a manager must survive on its GSUP port.

  hostile_gsup.py CASE ADDRESS PORT LOCAL SEED

LOCAL is the address of a configured peer, MSC-9.  A case prints what it saw, one line; it ends
with an exception where the manager did what it must not.
"""
import random
import socket
import struct
import sys
import time

import gsup

NAME = "MSC-9"
IMSI = "001010000000002"
MUTATIONS = 4000
RAW_MUTATIONS = 400
SESSIONS = 1500


class Hostile(gsup.Link):
    """A link that counts what comes, and can wait until all that it sent was looked at."""

    def __init__(self, where, **more):
        self.heard, self.pongs = [], 0
        super().__init__(*where, NAME, lambda link, m: link.heard.append(m), **more)

    def ccm(self, kind):
        if kind == gsup.PONG:
            self.pongs += 1
        super().ccm(kind)

    def settle(self, seconds=20):
        n, end = self.pongs + 1, time.monotonic() + seconds
        self.write(gsup.ccm(bytes([gsup.PING])))
        while self.pongs < n and not self.over.is_set():
            if time.monotonic() > end:
                raise TimeoutError("no PONG: the manager does not look at its links")
            time.sleep(0.002)
        return not self.over.is_set()


def raw(where):
    s = socket.socket()
    s.settimeout(10)
    s.bind((where[2], 0))
    s.connect(where[:2])
    return s


def is_closed(s, seconds):
    """Reads to the end; False where it is still open then."""
    s.settimeout(seconds)
    try:
        while s.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def id_resp(name):
    parts = b"".join(struct.pack("!HB", len(v) + 1, t) + v for t, v in
                     ((0x08, b"0/0/0\0"), (0x01, name), (0x00, name)))
    return bytes([gsup.ID_RESP]) + parts


def strangers(where, rng):
    """Addresses and names that nobody configured."""
    stranger = where[2].rsplit(".", 1)[0] + ".254"
    s = raw((where[0], where[1], stranger))
    assert is_closed(s, 3), "an unknown address stays connected"
    names = [b"MSC-8\0", b"MSC-1\0", b"\0", b"", b"MSC-9x\0", b"msc-9\0", b"MSC-9\0x\0",
             b"\xff\xfe\0", b"%s%n%s%n\0", b"x" * 200 + b"\0", b"MSC-9 \0"]
    for name in names:
        s = raw(where)
        s.sendall(gsup.ccm(id_resp(name)) + gsup.ccm(bytes([gsup.ID_ACK])) +
                  gsup.frame(gsup.begin(IMSI, 1, "*188#")))
        assert is_closed(s, 3), f"the name {name} is let in"
    return "%d names" % len(names)


def handshakes(where, rng):
    """ID_RESP cut at every length, lengths that lie, and talk before it."""
    good = id_resp(b"MSC-9\0")
    tries = [gsup.ccm(good[:n]) for n in range(len(good))]
    tries += [gsup.ccm(good[:i] + bytes([v]) + good[i + 1:]) for i in range(1, len(good))
              for v in (0, 0xff)]
    tries += [gsup.frame(gsup.begin(IMSI, 1, "*188#")), gsup.ccm(bytes([gsup.ID_ACK])) * 3,
              gsup.ccm(bytes([gsup.ID_GET])), gsup.ccm(b"")]
    for t in tries:
        s = raw(where)
        s.sendall(t)
        if rng.random() < 0.5:
            s.close()
    return "%d handshakes" % len(tries)


def mute(where, rng):
    """More connections than may be nameless, that say nothing."""
    open_ = [raw(where) for _ in range(80)]
    time.sleep(0.3)
    at_once = sum(is_closed(s, 0.01) for s in open_)
    assert at_once >= 80 - 64, "%d of 80 mute connections closed at once" % at_once
    end = time.monotonic() + 9
    assert all(is_closed(s, max(0.1, end - time.monotonic())) for s in open_), "one stays for ever"
    return "80 connections"


def frames(where, rng):
    """IPA frames of every odd length and protocol."""
    n = 0
    for length in (0, 1, 2, 1023, 1024, 1025, 4096, 0x7fff, 0xffff):
        for proto, first in ((0xEE, b"\x05"), (0xEE, b"\x00"), (0xEE, b"\xff"), (0xFE, b"\x00"),
                             (0xFE, b"\x07"), (0x00, b"\x01"), (0xFD, b""), (0xEE, b"")):
            link = Hostile(where)
            payload = (first + rng.randbytes(length))[:length]
            try:
                link.write(struct.pack("!HB", length, proto) + payload)
                link.settle()
            except OSError:
                pass
            link.close()
            n += 1
    # The header says more than ever comes.
    link = Hostile(where)
    link.write(struct.pack("!HBB", 500, 0xEE, 5) + b"\x20")
    link.close()
    return "%d frames" % n


def truncated(where, rng):
    """GSUP cut at every length, and components cut at every length in a GSUP that says so."""
    link, n = Hostile(where), 0
    component = gsup.component(gsup.INVOKE, 1, gsup.OP_PROCESS, "*188*1*500#")
    for m in (gsup.begin(IMSI, 1, "*188*1*500#", "819012345672"), gsup.answer(IMSI, 1, 1, "1")):
        for size in range(len(m)):
            link.send(m[:size])
            n += 1
    for kind in (gsup.PROC_SS_REQ, gsup.PROC_SS_RES, gsup.PROC_SS_ERR):
        for state in range(5):
            for size in range(len(component)):
                link.send(gsup.message(kind, IMSI, 100 + n, state, component[:size]))
                n += 1
    assert link.settle(), "what cannot be decoded must be skipped, not end the link"
    assert not any(m.text and "Bought" in m.text for m in link.heard)
    link.close()
    return "%d messages" % n


def mutate(rng, octets):
    out = bytearray(octets)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        i = rng.randrange(len(out))
        how = rng.randrange(5)
        if how == 0:
            out[i] ^= 1 << rng.randrange(8)
        elif how == 1:
            out[i] = rng.choice((0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff))
        elif how == 2:
            out[i:i] = rng.randbytes(rng.randrange(1, 5))
        elif how == 3 and len(out) > 8:
            del out[i:i + rng.randrange(1, 5)]
        else:
            j = rng.randrange(len(out))
            out[i:i + 6] = out[j:j + 6]
    return bytes(out)


def mutated(where, rng):
    """Valid dialogues with octets changed: the messages, then the frames too."""
    def valid():
        session = rng.randrange(1, 40)
        return rng.choice((
            lambda: gsup.begin(IMSI, session, "*188#"),
            lambda: gsup.begin(IMSI, session, "*188*1*500#", "819012345672"),
            lambda: gsup.begin(IMSI, session, "*188*2#"),
            lambda: gsup.answer(IMSI, session, rng.randrange(4), rng.choice("0123456789*#")),
            lambda: gsup.answer(IMSI, session, 1, "1" * rng.randrange(180)),
            lambda: gsup.message(gsup.PROC_SS_REQ, IMSI, session, gsup.END)))()

    link, downs = Hostile(where), 0
    for i in range(MUTATIONS):
        link.send(mutate(rng, valid()))
        if i % 500 == 499:
            assert link.settle(), "a message that is none must be skipped"
    for i in range(RAW_MUTATIONS):
        try:
            link.write(mutate(rng, gsup.frame(valid())))
            if i % 50 == 49 and not link.settle(1):
                raise OSError
        except OSError:  # TimeoutError is one: the frame's length took in what came behind it
            link.close()
            downs += 1
            link = Hostile(where)
    for session in range(1, 40):
        link.send(gsup.message(gsup.PROC_SS_REQ, IMSI, session, gsup.END))
    link.settle()
    link.close()
    return "%d messages, %d frames, the link %d times anew" % (MUTATIONS, RAW_MUTATIONS, downs)


def order(where, rng):
    """Messages of no session, of another invoke id, twice, and dialled again."""
    link = Hostile(where)
    for session in range(1000, 1100):
        link.send(gsup.answer(IMSI, session, 1, "1"))
        link.send(gsup.message(gsup.PROC_SS_REQ, IMSI, session, gsup.END))
        link.send(gsup.message(gsup.PROC_SS_RES, IMSI, session, gsup.END))
        link.send(gsup.message(gsup.PROC_SS_ERR, IMSI, session, gsup.END))
    link.settle()
    ended = {m.session for m in link.heard}
    assert len(ended) == 100 and all(m.state == gsup.END for m in link.heard), \
        "who answers a session that is not there is told so, once"
    link.heard.clear()
    for _ in range(200):
        link.send(gsup.begin(IMSI, 2000, "*188#"))
        link.send(gsup.answer(IMSI, 2000, rng.randrange(256), "1"))
    for _ in range(200):
        link.send(gsup.begin(IMSI, 2000, "*188*%d#" % rng.randrange(9), invoke_id=rng.randrange(99)))
    link.settle()
    link.send(gsup.message(gsup.PROC_SS_REQ, IMSI, 2000, gsup.END))
    link.settle()
    link.close()
    return "1,000 messages"


def many(where, rng):
    """More sessions than there may be."""
    link = Hostile(where)
    for session in range(SESSIONS):
        link.send(gsup.begin(IMSI, 10000 + session, "*188#", "819012345672"))
    link.settle()
    end = time.monotonic() + 15
    while len({m.session for m in link.heard}) < SESSIONS:
        assert time.monotonic() < end, "%d of %d are not answered" % (
            SESSIONS - len({m.session for m in link.heard}), SESSIONS)
        time.sleep(0.05)
    refused = sum(m.state == gsup.END for m in link.heard)
    assert refused >= SESSIONS - 1000, "only %d of %d refused" % (refused, SESSIONS)
    link.close()
    return "%d sessions, %d refused" % (SESSIONS, refused)


def deaf(where, rng):
    """A peer that asks and asks, and does not read."""
    s = raw(where)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(gsup.ccm(id_resp(b"MSC-9\0")) + gsup.ccm(bytes([gsup.ID_ACK])))
    question = gsup.frame(gsup.begin(IMSI, 1, "*189#"))
    end, n = time.monotonic() + 20, 0
    try:
        while time.monotonic() < end:
            s.sendall(question * 100)
            n += 100
    except OSError:
        return "cut off behind %d questions" % n
    raise AssertionError("a peer that does not read is kept for ever")


if __name__ == "__main__":
    case, address, port, local, seed = sys.argv[1:]
    print(globals()[case]((address, int(port), local), random.Random(f"{case}-{seed}")))
