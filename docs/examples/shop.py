#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A shop that takes value from phones: the smallest one that is right.

    shop.py --gateway https://shops.carrier.example --key-file shop.key [--ca ca.pem]
            [--bind 127.0.0.1] [--port 8080] [--orders orders.jsonl] [--wait 60]

    POST /handover   from a phone: {"value_id", "amount", "currency", "reference", ...}
                     200 paid, 202 not ours yet (asked again by itself), 400, 409
    GET /orders      all of them;  GET /orders/VALUE_ID  one: waiting, paid or unpaid

A phone hands the value over first and tells the carrier after that, so the first answer is often
"not the owner": the shop then asks again until it is, or until --wait seconds have passed.  What
the phone says is never believed: owner, amount and currency are the gateway's answer.
"""
import argparse
import json
import os
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_MAX, BATCH_MAX, WAITING_MAX = 16384, 1000, 10000


def value_id_of(text):
    """20 digits, the last one a check digit (Luhn), spaces between them allowed."""
    digits = "".join(str(text).split())
    if len(digits) != 20 or not digits.isascii() or not digits.isdecimal():
        raise ValueError("a value id has 20 digits")
    doubled = [sum(divmod(2 * int(d), 10)) for d in digits[-2::-2]]
    if (sum(doubled) + sum(int(d) for d in digits[-1::-2])) % 10:
        raise ValueError("the check digit of the value id is wrong")
    return digits


class GatewayFault(Exception):
    """The question got no answer."""


class Gateway:
    """Asks the carrier's gateway who owns what."""

    def __init__(self, url, key, ca=None):
        self.url = url.rstrip("/") + "/v1/ownership-checks"
        self.key = key
        self.tls = ssl.create_default_context(cafile=ca)

    def check(self, value_ids, timeout_s):
        """The gateway's answers, in the order of the ids; tried again while there is time."""
        body = json.dumps({"checks": [{"value_id": v} for v in value_ids]}).encode()
        request_id = str(uuid.uuid4())
        end = time.monotonic() + timeout_s
        while True:
            request = urllib.request.Request(self.url, body, {
                "Authorization": f"Bearer {self.key}", "Content-Type": "application/json",
                "X-Request-Id": request_id})
            try:
                with urllib.request.urlopen(request, timeout=timeout_s, context=self.tls) as answer:
                    return json.load(answer)["results"]
            except urllib.error.HTTPError as e:
                why = f"{e.code} {e.read(1000).decode(errors='replace')}"
                again, wait = e.code in (429, 500, 503), min(5, int(e.headers["Retry-After"] or 1))
            except (OSError, ValueError) as e:
                why, again, wait = f"{e}", True, 1
            if not again or time.monotonic() + wait >= end:
                raise GatewayFault(f"request {request_id}: {why}")
            time.sleep(wait)


class Orders:
    """What was handed over, by value id.  One value pays one order."""

    def __init__(self, gateway, path, wait_s):
        self.gateway, self.path, self.wait_s = gateway, path, wait_s
        self.lock = threading.Lock()
        self.orders = {}
        for line in open(path, encoding="utf-8") if path and os.path.exists(path) else ():
            self.orders[json.loads(line)["value_id"]] = json.loads(line)
        threading.Thread(target=self.ask_again, daemon=True).start()

    def waiting(self):
        """Whose time is over waits no more, whether or not the gateway answers."""
        for order in self.orders.values():
            if order["state"] == "waiting" and time.time() > order["until"]:
                order["state"] = "unpaid"
        return [o for o in self.orders.values() if o["state"] == "waiting"]

    def hand_over(self, value_id, reference):
        """The order; None where the value was handed over for another one, or too many wait."""
        with self.lock:
            waiting, order = self.waiting(), self.orders.get(value_id)
            if not order or order["state"] == "unpaid":
                if len(waiting) >= WAITING_MAX:
                    return None
                order = {"value_id": value_id, "reference": reference, "state": "waiting",
                         "until": time.time() + self.wait_s}
                self.orders[value_id] = order
            elif order["reference"] != reference:
                return None
        if order["state"] == "waiting":
            self.decide([order], min(self.wait_s, 2))
        return order

    def decide(self, orders, timeout_s=10):
        """Asks once about each: paid where we own it and can spend it; else it goes on waiting."""
        try:
            results = self.gateway.check([o["value_id"] for o in orders], timeout_s)
        except GatewayFault as fault:
            return print("gateway:", fault, file=sys.stderr, flush=True)
        with self.lock:
            for order, result in zip(orders, results):
                if order["state"] == "waiting" and result["owner"] and result["spendable"]:
                    order.update(state="paid", **result["value"])
                    self.remember(order)

    def remember(self, order):
        print("paid:", json.dumps(order), flush=True)
        if self.path:
            with open(self.path, "a", encoding="utf-8") as f:
                f.write(json.dumps(order) + "\n")

    def ask_again(self):
        """In the background: one batch for all that wait."""
        while True:
            time.sleep(0.3)
            with self.lock:
                waiting = self.waiting()
            for i in range(0, len(waiting), BATCH_MAX):
                self.decide(waiting[i:i + BATCH_MAX])


class Handler(BaseHTTPRequestHandler):
    orders = None
    protocol_version = "HTTP/1.1"
    timeout = 10

    def answer(self, status, body):
        data = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MAX:
            self.close_connection = True
            return self.answer(413, {"error": f"at most {BODY_MAX} octets, with their length"})
        body = self.rfile.read(int(length))
        if self.path != "/handover":
            return self.answer(404, {"error": "hand over at /handover"})
        try:
            note = json.loads(body)
            value_id = value_id_of(note["value_id"])
            reference = str(note.get("reference") or "")[:64]
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            return self.answer(400, {"error": f"a JSON object with a value_id is needed: {e}"})
        order = self.orders.hand_over(value_id, reference)
        if not order:
            return self.answer(409, {"error": "too many wait, or handed over for another order"})
        return self.answer(200 if order["state"] == "paid" else 202, order)

    def do_GET(self):
        with self.orders.lock:
            self.orders.waiting()
            everything = dict(self.orders.orders)
        if self.path == "/orders":
            return self.answer(200, list(everything.values()))
        order = everything.get(self.path.removeprefix("/orders/"))
        return self.answer(200, order) if order else self.answer(404, {"error": "no such order"})


def main():
    parser = argparse.ArgumentParser(description="Takes value from phones.")
    parser.add_argument("--gateway", required=True, help="https://HOST[:PORT]")
    parser.add_argument("--key-file", required=True, help="the shop's key, on the first line")
    parser.add_argument("--ca", help="PEM; default: the system's")
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--orders", help="file that remembers what was paid")
    parser.add_argument("--wait", type=float, default=60, help="seconds to become the owner")
    args = parser.parse_args()
    with open(args.key_file, encoding="ascii") as f:
        gateway = Gateway(args.gateway, f.readline().strip(), args.ca)
    Handler.orders = Orders(gateway, args.orders, args.wait)
    server = ThreadingHTTPServer((args.bind, args.port), Handler)
    print(f"shop listens on http://{args.bind}:{server.server_port}/handover", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
