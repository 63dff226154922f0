#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a gateway must survive on its HTTP and HTTPS ports.

  hostile_http.py CASE ADDRESS HTTP_PORT HTTPS_PORT KEY SEED

A case prints what it saw, one line; it ends with an exception where the gateway did what it must
not: hang, answer 5xx to what is the client's fault, or answer what was not asked.
"""
import json
import random
import re
import socket
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor

MUTATIONS = 1500
WORKERS = 96
GOOD_ID = "00000000000000000018"


class Gateway:
    def __init__(self, address, http_port, https_port, key, seed, case):
        self.address, self.http, self.https = address, int(http_port), int(https_port)
        self.key, self.rng = key, random.Random(f"{case}-{seed}")

    def connect(self, tls=False, timeout=8):
        s = socket.create_connection((self.address, self.https if tls else self.http), timeout)
        if not tls:
            return s
        context = ssl._create_unverified_context()
        return context.wrap_socket(s)

    def head(self, length=None, method="POST", path="/v1/ownership-checks", extra=()):
        lines = [f"{method} {path} HTTP/1.1", "Host: gateway", f"Authorization: Bearer {self.key}",
                 "Content-Type: application/json", *extra]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def post(self, body, extra=()):
        return self.head(len(body), extra=extra) + body

    def ask(self, octets, tls=False, end=True):
        """What comes back until the gateway ends it or has answered; b"" for nothing."""
        with self.connect(tls) as s:
            try:
                s.sendall(octets)
                if end and not tls:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            got = b""
            try:
                while more := s.recv(65536):
                    got += more
                    if not end and b"\r\n\r\n" in got:
                        break
            except TimeoutError:
                raise AssertionError("neither answered nor ended: %r" % octets[:200]) from None
            except OSError:
                pass
            return got


def statuses(got):
    return [int(n) for n in re.findall(rb"HTTP/1\.[01] (\d\d\d) ", got)]


def blame(g, sent):
    """Whatever was sent, it is not the gateway's fault: 5xx only for what HTTP has it for."""
    for status in statuses(g.ask(sent)):
        assert status < 500 or status in (501, 505), "%d to %r" % (status, sent[:300])


def blame_all(g, all_sent):
    """What is cut short waits for the rest until a time-out, so many at once."""
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(blame, g, sent) for sent in all_sent]:
            done.result()


def mutate(rng, octets):
    out = bytearray(octets)
    for _ in range(rng.choice((1, 1, 2, 5))):
        i = rng.randrange(len(out))
        how = rng.randrange(6)
        if how == 0:
            out[i] ^= 1 << rng.randrange(8)
        elif how == 1:
            out[i] = rng.choice(b"\0\r\n\t :;,/%\"{}[]\\\x7f\x80\xff")
        elif how == 2:
            out[i:i] = rng.randbytes(rng.randrange(1, 9))
        elif how == 3 and len(out) > 20:
            del out[i:i + rng.randrange(1, 9)]
        elif how == 4:
            out[i:i] = rng.choice((b"\r\n", b"\r\n\r\n", b"\n", b"99999999999999999999", b"-1"))
        else:
            j = rng.randrange(len(out))
            out[i:i] = out[j:j + rng.randrange(40)]
    return bytes(out)


def requests(g):
    """Request lines, versions, methods and lengths that are none; the right request mutated."""
    body = b'{"value_id": "%s"}' % GOOD_ID.encode()
    good = g.post(body, ["Connection: close"])
    lines = [b"", b"\r\n" * 500, b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
             b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET " + b"/a" * 9000 +
             b" HTTP/1.1\r\nHost: x\r\n\r\n", b"X" * 100000, b"GET /%00%0d%0aX: y HTTP/1.1\r\nHost: "
             b"x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
             b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
             b"GET http://other/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
             b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
             b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00" * 50]
    for length in (b"-1", b"+5", b"0x10", b"1 2", b"99999999999999999999999", b"18446744073709551615",
                   b"", b"abc", b"5\r\nContent-Length: 6"):
        lines.append(good.replace(b"Content-Length: %d" % len(body), b"Content-Length: " + length))
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "LOCK", "post", "P\x7fST"):
        lines.append(g.head(0, method=method))
    blame_all(g, lines + [good[:size] for size in range(len(good))] +
              [mutate(g.rng, good) for _ in range(MUTATIONS)])
    return "%d lines, %d mutations" % (len(lines), MUTATIONS)


def headers(g):
    """Fields that are huge, many, folded, or would add a field to the answer."""
    n, body = 0, b'{"value_id": "%s"}' % GOOD_ID.encode()
    for extra in (["X: " + "y" * 100000], ["X-%d: y" % i for i in range(10000)], ["X" * 50000],
                  [": y"], [" folded"], ["X: a\r\n\tb"], ["X : y"], ["X\0: y"], ["X: \0"],
                  ["Cookie: " + "a=b;" * 5000], ["Expect: 200-maybe"], ["Upgrade: h2c"],
                  ["Connection: " + "x," * 3000], ["Authorization: Bearer " + "x" * 5000],
                  ["Accept: " + "*/*;q=0.00000001," * 300], ["Content-Encoding: gzip"],
                  ["traceparent: " + "0" * 3000], ["traceparent: 00-\xff"]):
        blame(g, g.post(body, extra))
        n += 1
    for value in ("a\rX-Evil: 1", "a\nX-Evil: 1", "a%0d%0aX-Evil: 1", "a\\r\\nX-Evil: 1", "a\x85X-Evil: 1",
                  "a\x0bX-Evil:1", "<script>", "\"", "x" * 65, "\x1b[31m", "%s%n"):
        for name in ("X-Request-Id", "traceparent", "Host", "Origin"):
            got = g.ask(g.post(body, [f"{name}: {value}"]))
            head = got.split(b"\r\n\r\n")[0].lower().split(b"\r\n")
            assert not any(line.startswith(b"x-evil") for line in head), "a field was added: %r" % got
            assert b"<script>" not in got and b"\x1b" not in got and b"\n" not in \
                got.split(b"\r\n\r\n")[0].replace(b"\r\n", b""), "echoed: %r" % got
            n += 1
    return "%d requests" % n


def chunks(g):
    """Chunks whose sizes lie, and two ways to say where a body ends."""
    body = b'{"value_id": "%s"}' % GOOD_ID.encode()
    te = g.head(extra=["Transfer-Encoding: chunked", "Connection: close"])
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    lies = (te + b"zz\r\n", te + b"-5\r\nabcde\r\n0\r\n\r\n", te + b"ffffffffffffffff\r\nx",
            te + b"5\r\nabcdefgh\r\n0\r\n\r\n", te + b"0" * 5000 + b"5\r\nabcde\r\n0\r\n\r\n",
            te + b"5;" + b"x=y;" * 3000 + b"\r\nabcde\r\n0\r\n\r\n", te + b"\r\n", te + b"5",
            te + b"0\r\n" + b"X: y\r\n" * 3000 + b"\r\n", te + b"0x5\r\nabcde\r\n0\r\n\r\n",
            te + b"1\r\n{\r\n" * 2000 + b"0\r\n\r\n", te + b"5\nabcde\n0\n\n",
            g.head(5, extra=["Transfer-Encoding: chunked"]) + whole,
            g.head(extra=["Transfer-Encoding: chunked, chunked"]) + whole,
            g.head(extra=["Transfer-Encoding: identity"]) + whole,
            g.head(extra=["Transfer-Encoding: \x0bchunked"]) + whole,
            g.head(extra=["Transfer-Encoding: chunked", "Transfer-Encoding: x"]) + whole)
    blame_all(g, lies)
    blame_all(g, [te + mutate(g.rng, whole) for _ in range(500)])
    # What a proxy might take for a body of its own must not be a second request here.
    for extra in (["Transfer-Encoding: chunked", "Content-Length: 5"], ["Transfer-Encoding: chunked, gzip"],
                  ["Content-Length: 5", "Content-Length: 6"], ["Transfer-Encoding : chunked"]):
        got = g.ask(g.head(extra=extra) + b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert 200 not in statuses(got), "smuggled with %r: %r" % (extra, got)
    return "%d, 500 mutations, 4 ambiguous lengths" % len(lies)


def bodies(g):
    """JSON of every malformed kind; each is told 4xx."""
    q = b'"value_id":"%s"' % GOOD_ID.encode()
    bad = [b"", b" ", b"null", b"true", b"1", b'""', b"[]", b"{", b"}", b"{}{}", b"{%s" % q, b"%s}" % q,
           b"{%s,}" % q, b"{,%s}" % q, b"{%s %s}" % (q, q), b"{%s,%s}" % (q, q), b"{'a':1}", b"{a:1}",
           b'{"value_id":1e999999}', b'{"value_id":-0}', b'{"value_id":01}', b'{"value_id":NaN}',
           b'{"value_id":"\\ud800"}', b'{"value_id":"\\udc00\\ud800"}', b'{"value_id":"\\u00"}',
           b'{"value_id":"\\x41"}', b'{"value_id":"\xc0\x80"}', b'{"value_id":"\xed\xa0\x80"}',
           b'{"value_id":"\xf5\x80\x80\x80"}', b'{"value_id":"\0"}', b'{"value_id":"a\nb"}',
           b'{"value_id":"\\u0000"}', b"\xef\xbb\xbf{%s}" % q, b"/**/{%s}" % q, b"{%s}//" % q,
           ("{%s}" % q.decode()).encode("utf-16"), b"[" * 30000, b'{"a":' * 8000,
           b'{"checks":' + b"[" * 20000, b'{"checks":[' + b"{}," * 999 + b"{}]}", b'{"checks":[null]}',
           b'{"checks":[[]]}', b'{"checks":{"value_id":1}}', b'{"checks":[{%s,"x":{}}]}' % q,
           b'{"\\u0076alue_id":1}', b'{"value_id":["%s"]}' % GOOD_ID.encode(),
           b'{"value_id":"' + b"1" * 60000 + b'"}', b'{"' + b"k" * 60000 + b'":1}',
           b'{"value_id":' + b"9" * 60000 + b"}"]
    bad += [json.dumps({"checks": [{"value_id": GOOD_ID}] * n}).encode() for n in (1001, 10000)]
    for body in bad:
        for tls in (False, True):
            got = g.ask(g.post(body, ["Connection: close"]), tls)
            assert [s for s in statuses(got) if s != 100][:1] and 400 <= statuses(got)[-1] < 500, \
                "%r to %r" % (got[:200], body[:100])
            assert b"application/problem+json" in got.lower(), "no problem: %r" % got
            json.loads(got.split(b"\r\n\r\n", 1)[1])
    good = json.dumps({"checks": [{"value_id": GOOD_ID}] * 4}).encode()
    blame_all(g, [g.post(mutate(g.rng, good), ["Connection: close"]) for _ in range(1000)])
    return "%d kinds, 1,000 mutations" % len(bad)


def handshakes(g):
    """TLS that is none: noise, a ClientHello cut at every length and mutated."""
    to_us, from_us = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl._create_unverified_context().wrap_bio(to_us, from_us).do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello, n = from_us.read(), 0
    tries = [hello[:i] for i in range(0, len(hello), 3)]
    tries += [mutate(g.rng, hello) for _ in range(500)]
    tries += [g.rng.randbytes(g.rng.randrange(1, 3000)) for _ in range(50)]
    tries += [hello + g.rng.randbytes(200) for _ in range(50)] + [hello * 20]
    tries += [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\1" * 70000]
    for t in tries:
        s = g.connect()
        s.close()
        s = socket.create_connection((g.address, g.https), 8)
        try:
            s.sendall(t)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        except TimeoutError:
            raise AssertionError("a handshake that ended is kept") from None
        except OSError:
            pass
        s.close()
        n += 1
    return "%d handshakes" % n


def slow(g):
    """A hundred connections each way that say too little; others are served meanwhile."""
    head, up = g.head(5000), []
    for i in range(100):
        s = g.connect()
        s.sendall(head[:i] if i % 2 else head + b"x" * i)
        up.append(s)
        up.append(socket.create_connection((g.address, g.https), 8))
    start = time.monotonic()
    assert 200 in statuses(g.ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    assert time.monotonic() - start < 2, "others wait for the slow"
    end, open_ = time.monotonic() + 10, up
    while open_ and time.monotonic() < end:
        still = []
        for s in open_:
            s.settimeout(0.001)
            try:
                if s.recv(65536):
                    still.append(s)
            except TimeoutError:
                # An octet now and then is not enough.
                try:
                    s.sendall(b"x")
                    still.append(s)
                except OSError:
                    pass
            except OSError:
                pass
        open_ = still
        time.sleep(0.2)
    assert not open_, "%d slow connections are still open" % len(open_)
    return "%d connections" % len(up)


def pipelines(g):
    """Many requests in one piece are answered in order; who leaves amid answers costs nothing."""
    paths = [g.rng.choice(("/healthz", "/nowhere", "/v1/ownership-checks")) for _ in range(200)]
    want = [{"/healthz": 200, "/nowhere": 404}.get(p, 405) for p in paths]
    for tls in (False, True):
        sent = b"".join(g.head(method="GET", path=p) for p in paths)
        got = g.ask(sent + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", tls)
        assert statuses(got) == want + [200], "%r" % statuses(got)
    batch = g.post(json.dumps({"checks": [{"value_id": GOOD_ID}] * 1000}).encode())
    for i in range(150):
        s = g.connect(tls=i % 5 == 0)
        s.sendall(batch * (i % 4 + 1))
        if i % 3 == 0:
            s.recv(g.rng.randrange(1, 3000))
        s.close()
    return "400 requests, 150 broken off"


if __name__ == "__main__":
    gateway = Gateway(*sys.argv[2:], sys.argv[1])
    print(globals()[sys.argv[1]](gateway))
