# SPDX-License-Identifier: GPL-2.0-or-later
"""Generic netlink, so far as the tests need it, with nothing in between:
a test can send what no library would."""
import errno
import os
import socket
import struct
import sys

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP = 1
NETLINK_CAP_ACK = 10
NETLINK_EXT_ACK = 11
SO_SNDBUFFORCE = 32
SO_RCVBUFFORCE = 33

NLM_F_REQUEST = 0x1
NLM_F_MULTI = 0x2
NLM_F_ACK = 0x4
NLM_F_ECHO = 0x8
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300
NLM_F_CAPPED = 0x100
NLM_F_ACK_TLVS = 0x200

NLMSG_ERROR = 2
NLMSG_DONE = 3
NLMSG_OVERRUN = 4

NLA_F_NESTED = 0x8000
NLA_TYPE_MASK = 0x3fff

NLMSGERR_ATTR_MSG = 1
NLMSGERR_ATTR_OFFS = 2
NLMSGERR_ATTR_MISS_TYPE = 5
NLMSGERR_ATTR_MISS_NEST = 6

GENL_ID_CTRL = 0x10
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2
CTRL_ATTR_MCAST_GROUPS = 7

HEADERS = 16 + 4  # of netlink and of generic netlink


class Refused(OSError):
    """The kernel has refused a request. OFFSET is that of the attribute which
    it names, from the beginning of the message, or None."""

    def __init__(self, code, message, offset, missing):
        super().__init__(code, f"{os.strerror(code)}: {message}")
        self.message = message
        self.offset = offset
        self.missing = missing


def attr(kind, data=b""):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def be16(kind, value):
    return attr(kind, struct.pack(">H", value))


def u32(kind, value):
    return attr(kind, struct.pack("=I", value))


def string(kind, value):
    return attr(kind, value.encode() + b"\0")


def nest(kind, *attrs):
    return attr(kind | NLA_F_NESTED, b"".join(attrs))


def walk(data):
    """Yield (type, payload) for each attribute."""
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & NLA_TYPE_MASK, data[4:length]
        data = data[length + -length % 4:]


def attrs(data):
    return dict(walk(data))


def number(data):
    return int.from_bytes(data, sys.byteorder)


class Genl:
    """A socket, in the network namespace in which it is made."""

    def __init__(self, timeout=20, privileged=True):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                    NETLINK_GENERIC)
        self.socket.bind((0, 0))
        for option in NETLINK_CAP_ACK, NETLINK_EXT_ACK:
            self.socket.setsockopt(SOL_NETLINK, option, 1)
        for option in (SO_SNDBUFFORCE, SO_RCVBUFFORCE) if privileged else ():
            self.socket.setsockopt(socket.SOL_SOCKET, option, 8 << 20)
        self.socket.settimeout(timeout)
        self.sequence = 0
        self.pending = []

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, family, command, payload=b"", flags=0, version=1):
        self.sequence += 1
        length = HEADERS + len(payload)
        self.socket.send(
            struct.pack("=IHHII", length, family, flags | NLM_F_REQUEST,
                        self.sequence, 0) +
            struct.pack("=BBH", command, version, 0) + payload)
        return self.sequence

    def receive(self):
        """Yield (type, flags, sequence, payload) for what one datagram has."""
        data = self.socket.recv(1 << 20)
        while len(data) >= 16:
            length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data)
            yield kind, flags, sequence, data[16:length]
            data = data[length + -length % 4:]

    def replies(self, sequence):
        """What answers a request that wants an acknowledgement or a dump, as
        a list of (flags, command, attributes)."""
        result = []
        while True:
            for kind, flags, number_, payload in self.receive():
                if number_ != sequence:
                    self.pending.append((payload[0], payload[4:]))
                elif kind == NLMSG_ERROR:
                    self._raise(flags, payload)
                    return result
                elif kind == NLMSG_DONE:
                    code = struct.unpack_from("=i", payload)[0]
                    if code < 0:
                        self._fail(-code, payload[4:], flags & NLM_F_ACK_TLVS)
                    return result
                else:
                    result.append((flags, payload[0], payload[4:]))

    def _raise(self, flags, payload):
        code = -struct.unpack_from("=i", payload)[0]
        if not code:
            return
        length = struct.unpack_from("=I", payload, 4)[0]
        skip = 4 + (16 if flags & NLM_F_CAPPED else length + -length % 4)
        self._fail(code, payload[skip:], flags & NLM_F_ACK_TLVS)

    @staticmethod
    def _fail(code, tlvs, present):
        ack = attrs(tlvs) if present else {}
        offset = ack.get(NLMSGERR_ATTR_OFFS)
        missing = ack.get(NLMSGERR_ATTR_MISS_TYPE)
        raise Refused(code,
                      ack.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode(),
                      None if offset is None else number(offset),
                      None if missing is None else number(missing))

    def do(self, family, command, payload=b"", flags=0):
        return self.replies(self.send(family, command, payload,
                                      flags | NLM_F_ACK))

    def dump(self, family, command, payload=b""):
        return self.replies(self.send(family, command, payload, NLM_F_DUMP))

    def family(self, name):
        """The number of a family and its groups; the kernel loads its module."""
        found = attrs(self.do(GENL_ID_CTRL,
                              CTRL_CMD_GETFAMILY,
                              string(CTRL_ATTR_FAMILY_NAME, name))[0][2])
        groups = {}
        for _, group in walk(found.get(CTRL_ATTR_MCAST_GROUPS, b"")):
            entry = attrs(group)
            groups[entry[1].rstrip(b"\0").decode()] = number(entry[2])
        return number(found[CTRL_ATTR_FAMILY_ID]), groups

    def join(self, group):
        self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)

    def event(self, timeout=5):
        """The next event, as (command, attributes), or None after TIMEOUT."""
        if self.pending:
            return self.pending.pop(0)
        self.socket.settimeout(timeout)
        try:
            for _, _, _, payload in self.receive():
                self.pending.append((payload[0], payload[4:]))
        except (TimeoutError, BlockingIOError):
            return None
        return self.pending.pop(0)


def errno_of(function, *arguments, **keywords):
    """The error with which the kernel refuses, by name, or None."""
    try:
        function(*arguments, **keywords)
    except Refused as refused:
        return errno.errorcode[refused.errno]
    return None
