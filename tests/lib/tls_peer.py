#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A TLS peer that may be the wrong one.

  tls_peer.py dial ADDRESS PORT [CERTIFICATE KEY] [--tls12]
      prints "let in" where the connection stays open, else "refused"
  tls_peer.py listen ADDRESS PORT CERTIFICATE KEY CA SECONDS [--tls12]
      takes one connection; prints "spoken to SERIAL" where the peer says something behind its
      handshake, SERIAL being its certificate's, "left" where it does not, "nobody" where none came
"""
import socket
import ssl
import sys

PATIENCE_S = 1.5


def context(side, files):
    c = ssl.SSLContext(side)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    if "--tls12" in sys.argv:
        c.maximum_version = ssl.TLSVersion.TLSv1_2
    if files:
        c.load_cert_chain(*files[:2])
    return c


def dial(address, port, *files):
    with socket.create_connection((address, int(port)), timeout=PATIENCE_S) as raw:
        try:
            with context(ssl.PROTOCOL_TLS_CLIENT, files).wrap_socket(raw) as s:
                print("let in" if s.recv(1) else "refused")
        except TimeoutError:
            print("let in")
        except OSError:
            print("refused")


def listen(address, port, certificate, key, ca, seconds):
    c = context(ssl.PROTOCOL_TLS_SERVER, (certificate, key))
    c.load_verify_locations(ca)
    c.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server((address, int(port)), reuse_port=True) as server:
        server.settimeout(float(seconds))
        try:
            raw, _ = server.accept()
        except TimeoutError:
            print("nobody")
            return
        raw.settimeout(PATIENCE_S)
        try:
            with c.wrap_socket(raw, server_side=True) as s:
                said = s.recv(1)
                print("spoken to " + s.getpeercert()["serialNumber"] if said else "left")
        except OSError:
            print("left")


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    {"dial": dial, "listen": listen}[args[0]](*args[1:])
