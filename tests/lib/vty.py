#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands by telnet VTY: vty.py ADDRESS PORT COMMAND...; prints what each answers."""
import re
import socket
import sys

PROMPT = re.compile(rb"(?:^|\n)[^\n]*?[>#] $")


def read_answer(s):
    data = b""
    while not PROMPT.search(data):
        more = s.recv(4096)
        if not more:
            break
        # Telnet negotiation: three octets each.
        data += re.sub(rb"\xff[\xfb-\xfe].", b"", more).replace(b"\r", b"")
    return PROMPT.sub(b"\n", data).decode(errors="replace")


def main():
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as s:
        read_answer(s)
        for command in sys.argv[3:]:
            s.sendall(command.encode() + b"\n")
            answer = read_answer(s)
            # The first line is the echo of what was typed.
            answer = answer.split("\n", 1)[1] if answer.startswith(command) else answer
            sys.stdout.write(answer.strip("\n") + "\n" if answer.strip() else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
