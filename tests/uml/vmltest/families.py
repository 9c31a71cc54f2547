# SPDX-License-Identifier: GPL-2.0-or-later
"""The generic netlink families of IPVS and of the module."""
import ipaddress
import socket
import time

from . import genl
from .genl import be16, nest, number, string, u16, u32

SCALE_ONE = 65536

TCP, UDP, SCTP = socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_SCTP
MASQUERADE, TUNNEL, DIRECT = 0, 2, 3
PERSISTENT, ONE_PACKET = 0x1, 0x4


def family_of(address):
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


def packed16(address):
    return address.packed.ljust(16, b"\0")


class Service:
    """A virtual service: protocol, address and port, or a firewall mark."""

    def __init__(self, protocol, address, port=0, fwmark=0, family=None):
        self.protocol = protocol
        self.address = ipaddress.ip_address(address) if address else None
        self.port = port
        self.fwmark = fwmark
        self.family = family or family_of(self.address)

    def for_ipvs(self, *more):
        # enum ip_vs_genl: IPVS_SVC_ATTR_*
        if self.fwmark:
            return nest(1, u16(1, self.family), u32(5, self.fwmark), *more)
        return nest(1, u16(1, self.family), u16(2, self.protocol),
                    genl.attr(3, packed16(self.address)), be16(4, self.port),
                    *more)

    def for_vml(self):
        if self.fwmark:
            return nest(1, u16(1, self.family), u32(5, self.fwmark))
        return nest(1, u16(1, self.family), u16(2, self.protocol),
                    genl.attr(3, packed16(self.address)), be16(4, self.port))


class Destination:
    def __init__(self, address, port, weight=1, method=MASQUERADE):
        self.address = ipaddress.ip_address(address)
        self.port = port
        self.weight = weight
        self.method = method

    def key(self):
        return (str(self.address), self.port)

    def for_ipvs(self):
        # enum: IPVS_DEST_ATTR_*; thresholds are mandatory
        return nest(2, genl.attr(1, packed16(self.address)),
                    be16(2, self.port), u32(3, self.method),
                    u32(4, self.weight), u32(5, 0), u32(6, 0),
                    u16(11, family_of(self.address)))

    def for_vml(self, scale=None):
        attributes = [u16(1, family_of(self.address)),
                      genl.attr(2, packed16(self.address)),
                      be16(3, self.port)]
        if scale is not None:
            attributes.append(u32(4, scale))
        return nest(2, *attributes)


class Ipvs:
    """What ipvsadm does, without a process for each command."""

    NEW_SERVICE, SET_SERVICE, DEL_SERVICE = 1, 2, 3
    NEW_DEST, SET_DEST, DEL_DEST, FLUSH = 5, 6, 7, 17

    def __init__(self):
        self.genl = genl.Genl(timeout=60)
        self.family, _ = self.genl.family("IPVS")

    def close(self):
        self.genl.close()

    def _service(self, command, service, scheduler, flags, timeout):
        netmask = 0xffffffff if service.family == socket.AF_INET else 128
        self.genl.do(self.family, command, service.for_ipvs(
            string(6, scheduler),
            genl.attr(7, flags.to_bytes(4, "little") + b"\xff\xff\xff\xff"),
            u32(8, timeout), u32(9, netmask)))

    def add_service(self, service, scheduler="vml", flags=0, timeout=0):
        self._service(self.NEW_SERVICE, service, scheduler, flags, timeout)

    def edit_service(self, service, scheduler="vml", flags=0, timeout=0):
        self._service(self.SET_SERVICE, service, scheduler, flags, timeout)

    def delete_service(self, service):
        self.genl.do(self.family, self.DEL_SERVICE, service.for_ipvs())

    def add(self, service, *destinations):
        for destination in destinations:
            self.genl.do(self.family, self.NEW_DEST,
                         service.for_ipvs() + destination.for_ipvs())

    def edit(self, service, destination, weight):
        destination.weight = weight
        self.genl.do(self.family, self.SET_DEST,
                     service.for_ipvs() + destination.for_ipvs())

    def delete(self, service, *destinations):
        for destination in destinations:
            self.genl.do(self.family, self.DEL_DEST,
                         service.for_ipvs() + destination.for_ipvs())

    def flush(self):
        self.genl.do(self.family, self.FLUSH)


class Vml:
    """The module's own family."""

    SERVICE_GET, DESTINATION_GET, SCALE_SET = 1, 2, 3
    EVENTS = {4: "bound", 5: "unbound", 6: "added", 7: "removed",
              8: "committed", 9: "expired"}

    def __init__(self, listen=False):
        self.genl = genl.Genl()
        end = time.monotonic() + 10
        while True:
            # the family comes a moment after its module
            try:
                self.family, groups = self.genl.family("ip_vs_vml")
                break
            except genl.Refused:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
        if listen:
            self.genl.join(groups["events"])

    def close(self):
        self.genl.close()

    def event(self, timeout=5):
        found = self.genl.event(timeout)
        if found is None:
            return None
        return self.EVENTS[found[0]], genl.attrs(found[1])

    def service(self, service):
        reply = self.genl.do(self.family, self.SERVICE_GET, service.for_vml())
        return self._service(genl.attrs(reply[0][2]))

    def services(self):
        return [self._service(genl.attrs(payload)) for _, _, payload in
                self.genl.dump(self.family, self.SERVICE_GET)]

    @staticmethod
    def _service(found):
        return {"key": genl.attrs(found[1]),
                "generation": number(found[3]),
                "lease": number(found[4]) if 4 in found else None,
                "destinations": number(found[5]),
                "picks": number(found[11]),
                "overload_skips": number(found[12]),
                "scans": number(found[13]),
                "no_destination": number(found[14])}

    def destination(self, service, destination):
        reply = self.genl.do(self.family, self.DESTINATION_GET,
                             service.for_vml() + destination.for_vml())
        return self._destination(genl.attrs(reply[0][2]))

    def destinations(self, service):
        """By (address, port)."""
        found = [self._destination(genl.attrs(payload)) for _, _, payload in
                 self.genl.dump(self.family, self.DESTINATION_GET,
                                service.for_vml())]
        return {destination["key"]: destination for destination in found}

    @staticmethod
    def _destination(found):
        key = genl.attrs(found[2])
        address = key[2][:4] if number(key[1]) == socket.AF_INET else key[2]
        return {"key": (str(ipaddress.ip_address(address)),
                        int.from_bytes(key[3], "big")),
                "scale": number(key[4]),
                "weight": number(found[6]),
                "effective_weight": number(found[7]),
                "active": number(found[8]),
                "inactive": number(found[9]),
                "persistent": number(found[10]),
                "picks": number(found[11])}

    def set(self, service, scales, lease=None, generation=None, flags=0):
        """SCALES is a list of (destination, scale); returns the generation."""
        payload = [service.for_vml()]
        if generation is not None:
            payload.append(u32(3, generation))
        if lease is not None:
            payload.append(u32(4, lease))
        payload += [destination.for_vml(scale)
                    for destination, scale in scales]
        replies = self.genl.do(self.family, self.SCALE_SET, b"".join(payload),
                               flags)
        return next(number(genl.attrs(payload)[3])
                    for _, command, payload in replies
                    if command == self.SCALE_SET)
