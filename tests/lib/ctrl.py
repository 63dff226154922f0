#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""One CTRL question over IPA: ctrl.py ADDRESS PORT VARIABLE [VALUE]; prints the answer's value."""
import socket
import struct
import sys


def main():
    address, port, variable = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    text = f"GET 1 {variable}" if len(sys.argv) == 4 else f"SET 1 {variable} {sys.argv[4]}"
    with socket.create_connection((address, port), timeout=5) as s:
        payload = b"\x00" + text.encode()
        s.sendall(struct.pack("!HB", len(payload), 0xEE) + payload)
        stream = s.makefile("rb")
        while True:
            length, proto = struct.unpack("!HB", stream.read(3))
            answer = stream.read(length)[1:].decode()
            words = answer.split(" ", 3)
            if proto == 0xEE and words[0] != "TRAP":
                break
    if words[0] == "ERROR":
        print(answer, file=sys.stderr)
        return 1
    print(words[3] if len(words) > 3 else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
