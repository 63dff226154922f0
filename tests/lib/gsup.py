# SPDX-License-Identifier: AGPL-3.0-or-later
"""GSUP over IPA as an MSC speaks it, for tests: messages, USSD components, one link.

Nothing of the product is used, so that a fault of its codecs is not made twice.  Texts that are
sent are ASCII letters, digits and the signs that GSM 7-bit has at the same place.
"""
import socket
import struct
import threading

PROC_SS_REQ, PROC_SS_ERR, PROC_SS_RES = 0x20, 0x21, 0x22
BEGIN, CONTINUE, END = 1, 2, 3
IMSI, CAUSE, MSISDN, MESSAGE_CLASS = 0x01, 0x02, 0x08, 0x0A
SESSION_ID, SESSION_STATE, SS_INFO = 0x30, 0x31, 0x35
INVOKE, RETURN_RESULT = 0xA1, 0xA2
OP_PROCESS, OP_REQUEST = 59, 60
CCM, OSMO, GSUP_EXT = 0xFE, 0xEE, 0x05
PING, PONG, ID_GET, ID_RESP, ID_ACK = 0, 1, 4, 5, 6


def pack7(text):
    septets = [ord(c) for c in text]
    if len(septets) % 8 == 7:
        septets.append(0x0D)
    number = sum(s << (7 * i) for i, s in enumerate(septets))
    return number.to_bytes((7 * len(septets) + 7) // 8, "little")


def unpack7(octets):
    number = int.from_bytes(octets, "little")
    n = len(octets) * 8 // 7
    septets = [number >> (7 * i) & 0x7F for i in range(n)]
    if n and n % 8 == 0 and septets[-1] == 0x0D:
        septets.pop()
    known = {0: "@", 2: "$", 0x11: "_"}
    return "".join(known.get(s, chr(s)) for s in septets)


def tlv(tag, value):
    return bytes([tag, len(value)]) + value


def bcd(digits):
    digits += "F" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


def component(kind, invoke_id, op, text, dcs=0x0F):
    string = pack7(text) if isinstance(text, str) else text
    length = bytes([len(string)]) if len(string) < 128 else bytes([0x81, len(string)])
    arg = tlv(0x04, bytes([dcs])) + b"\x04" + length + string
    arg = b"\x30" + (bytes([len(arg)]) if len(arg) < 128 else bytes([0x81, len(arg)])) + arg
    inner = tlv(0x02, bytes([op])) + arg
    if kind == RETURN_RESULT:
        inner = b"\x30" + (bytes([len(inner)]) if len(inner) < 128 else
                           bytes([0x81, len(inner)])) + inner
    inner = tlv(0x02, bytes([invoke_id])) + inner
    return bytes([kind]) + (bytes([len(inner)]) if len(inner) < 128 else
                            bytes([0x81, len(inner)])) + inner


def message(kind, imsi, session, state, ss=b"", msisdn=None):
    out = bytes([kind]) + tlv(IMSI, bcd(imsi))
    if msisdn:
        digits = bcd(msisdn)
        out += tlv(MSISDN, bytes([len(digits)]) + digits)
    out += tlv(MESSAGE_CLASS, b"\x03")
    out += tlv(SESSION_ID, struct.pack("!I", session)) + tlv(SESSION_STATE, bytes([state]))
    return out + (tlv(SS_INFO, ss) if ss else b"")


def begin(imsi, session, text, msisdn=None, invoke_id=1):
    return message(PROC_SS_REQ, imsi, session, BEGIN,
                   component(INVOKE, invoke_id, OP_PROCESS, text), msisdn)


def answer(imsi, session, invoke_id, text):
    return message(PROC_SS_REQ, imsi, session, CONTINUE,
                   component(RETURN_RESULT, invoke_id, OP_REQUEST, text))


def frame(gsup):
    return struct.pack("!HBB", len(gsup) + 1, OSMO, GSUP_EXT) + gsup


def ccm(octets):
    return struct.pack("!HB", len(octets), CCM) + octets


def elements(octets):
    """Tag, value pairs of a GSUP message or of constructed BER."""
    i = 0
    while i + 2 <= len(octets):
        tag, length = octets[i], octets[i + 1]
        i += 2
        if length == 0x81:
            length, i = octets[i], i + 1
        yield tag, octets[i:i + length]
        i += length


def ussd(ss):
    """(kind, invoke id, text or None) of a component."""
    kind, inner = next(elements(ss))
    parts = list(elements(inner))
    invoke_id, text = parts[0][1][0], None
    sequence = next((v for t, v in parts if t == 0x30), b"")
    if kind == RETURN_RESULT:
        sequence = next((v for t, v in elements(sequence) if t == 0x30), b"")
    strings = [v for t, v in elements(sequence) if t == 0x04]
    if len(strings) == 2:
        dcs, string = strings[0][0], strings[1]
        text = string.decode("utf-16-be") if dcs & 0x0C == 0x08 else unpack7(string)
    return kind, invoke_id, text


class Message:
    def __init__(self, octets):
        self.kind = octets[0]
        found = {}
        # GSUP's own lengths are one octet.
        i = 1
        while i + 2 <= len(octets):
            found[octets[i]] = octets[i + 2:i + 2 + octets[i + 1]]
            i += 2 + octets[i + 1]
        digits = "".join("%x%x" % (o & 15, o >> 4) for o in found.get(IMSI, b""))
        self.imsi = digits.rstrip("f")
        self.session = struct.unpack("!I", found.get(SESSION_ID, b"\0\0\0\0"))[0]
        self.state = found.get(SESSION_STATE, b"\0")[0]
        self.cause = found.get(CAUSE, b"\0")[0]
        self.component, self.invoke_id, self.text = None, 0, None
        if SS_INFO in found:
            self.component, self.invoke_id, self.text = ussd(found[SS_INFO])


class Link:
    """One link as MSC; dials, shakes hands, and gives each message to received()."""

    def __init__(self, address, port, local, name, received, down=None, receive_buffer=0):
        self.received, self.down, self.name = received, down, name
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(5)
        self.socket.bind((local, 0))
        self.socket.connect((address, port))
        self.socket.settimeout(None)
        self.up = threading.Event()
        self.over = threading.Event()
        self.writing = threading.Lock()
        threading.Thread(target=self.read, daemon=True).start()
        if not self.up.wait(5) or self.over.is_set():
            self.close()
            raise ConnectionError("no handshake")

    def write(self, octets):
        with self.writing:
            self.socket.sendall(octets)

    def send(self, gsup):
        self.write(frame(gsup))

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def read(self):
        stream = self.socket.makefile("rb")
        try:
            while True:
                head = stream.read(3)
                if len(head) < 3:
                    break
                length, proto = struct.unpack("!HB", head)
                payload = stream.read(length)
                if proto == CCM:
                    self.ccm(payload[0])
                elif payload[:1] == bytes([GSUP_EXT]):
                    self.received(self, Message(payload[1:]))
        except OSError:
            pass
        self.over.set()
        self.up.set()
        if self.down:
            self.down(self)

    def ccm(self, kind):
        if kind == PING:
            self.write(ccm(bytes([PONG])))
        elif kind == ID_GET:
            # Length, tag, value; unit id (OsmoHLR wants one), unit name, serial number.
            name = self.name.encode() + b"\0"
            parts = b"".join(struct.pack("!HB", len(value) + 1, tag) + value for tag, value in
                             ((0x08, b"0/0/0\0"), (0x01, name), (0x00, name)))
            self.write(ccm(bytes([ID_RESP]) + parts) + ccm(bytes([ID_ACK])))
        elif kind == ID_ACK:
            self.up.set()
