#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""TLS in front of a TCP server, by an implementation that is not the product's, and possibly wrong.

  tls_front.py HOST:PORT CERTIFICATE KEY TARGET-HOST:PORT LOG [--tls12] [--client-ca CA]
  tls_front.py HOST:PORT plain|silent - TARGET-HOST:PORT LOG

LOG gets a line for each thing that happens: "failed REASON" (the handshake), "up VERSION NAME OF
THE SERVER THAT WAS ASKED FOR, COMMON NAME OF THE CLIENT" ("-": none), "said HEX" for what came
decrypted.  plain: no TLS, what comes is logged and answered by a generic_nack; silent: never.
"""
import argparse
import socket
import ssl
import threading

NACK = bytes.fromhex("00000010800000000000000300000000")


class Front:
    def __init__(self, args):
        self.args = args
        self.lock = threading.Lock()
        self.asked_for = threading.local()
        self.context = None
        if args.certificate in ("plain", "silent"):
            return
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(args.certificate, args.key)
        self.context.sni_callback = lambda _, name, __: setattr(self.asked_for, "name", name)
        if args.tls12:
            self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        if args.client_ca:
            self.context.load_verify_locations(args.client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED

    def log(self, *words):
        with self.lock, open(self.args.log, "a", encoding="utf-8") as log:
            print(*words, file=log)

    def pump(self, source, sink, said):
        try:
            while data := source.recv(65536):
                if said:
                    self.log("said", data.hex())
                sink.sendall(data)
        except OSError:
            pass
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def plain(self, raw):
        while data := raw.recv(65536):
            self.log("said", data.hex())
            if self.args.certificate == "plain":
                raw.sendall(NACK)

    def handshake(self, raw):
        self.asked_for.name = None
        try:
            side = self.context.wrap_socket(raw, server_side=True)
        except OSError as e:
            self.log("failed", getattr(e, "reason", None) or e)
            return None
        subject = dict(item[0] for item in (side.getpeercert() or {}).get("subject", ()))
        self.log("up", side.version(), self.asked_for.name or "-", subject.get("commonName", "-"))
        return side

    def serve(self, raw):
        if not self.context:
            self.plain(raw)
            return
        side = self.handshake(raw)
        if not side:
            raw.close()
            return
        host, port = self.args.target.rsplit(":", 1)
        try:
            target = socket.create_connection((host, int(port)))
        except OSError:
            side.close()
            return
        threading.Thread(target=self.pump, args=(target, side, False), daemon=True).start()
        self.pump(side, target, True)


def main():
    parser = argparse.ArgumentParser()
    for name in ("address", "certificate", "key", "target", "log"):
        parser.add_argument(name)
    parser.add_argument("--tls12", action="store_true")
    parser.add_argument("--client-ca")
    args = parser.parse_args()
    front = Front(args)
    host, port = args.address.rsplit(":", 1)
    with socket.create_server((host, int(port)), reuse_port=True) as server:
        front.log("listening")
        while True:
            raw, _ = server.accept()
            threading.Thread(target=front.serve, args=(raw,), daemon=True).start()


if __name__ == "__main__":
    main()
