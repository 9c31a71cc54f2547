# SPDX-License-Identifier: GPL-2.0-or-later
"""A client, a director and its real servers: three network namespaces in one
process, joined by veth. What is sent has arrived when sending returns."""
import os
import select
import socket
import struct

from .families import SCTP, TCP, UDP, Ipvs, Vml
from .namespace import Namespace

PORT = 80
VIRTUAL = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
SERVERS = 8
IPV6_PKTINFO = 50
IPV6_RECVPKTINFO = 49
IP_PKTINFO = 8


def client(family, i):
    """The i-th of many addresses of the client."""
    return (f"172.17.{i >> 8}.{i & 255}" if family == socket.AF_INET
            else f"fd17::{i:x}")


def server(family, i):
    """The address of the i-th server, from 1."""
    return f"10.1.0.{i}" if family == socket.AF_INET else f"fd01::1:{i}"


class Lab:
    """The three namespaces; the servers listen on PORT in all protocols."""

    def __init__(self):
        self.client = Namespace()
        self.director = Namespace()
        self.servers = Namespace()
        for namespace in self.client, self.director, self.servers:
            namespace.sysctl(ipv4__conf__all__rp_filter=0,
                             ipv4__conf__default__rp_filter=0,
                             ipv6__conf__default__accept_dad=0,
                             ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)
        self.client.sysctl(ipv6__ip_nonlocal_bind=1)
        # packets of the servers have the virtual address, the director's own
        self.director.sysctl(ipv4__conf__all__accept_local=1,
                             ipv4__conf__default__accept_local=1)
        self.director.ip(
            f"link add d0 type veth peer name c0 netns {self.pid(self.client)}",
            f"link add d1 type veth peer name s0 netns {self.pid(self.servers)}")
        self.client.ip(
            "address add 172.16.0.1/16 dev c0",
            "address add fd16::1/64 dev c0 nodad",
            "link set c0 up",
            "route add local 172.17.0.0/16 dev lo",
            "route add local fd17::/64 dev lo",
            "route add default via 172.16.255.254",
            "route add ::/0 via fd16::ffff")
        self.director.ip(
            "address add 172.16.255.254/16 dev d0",
            "address add fd16::ffff/64 dev d0 nodad",
            "address add 10.1.255.254/16 dev d1",
            "address add fd01::ffff/64 dev d1 nodad",
            "address add 192.0.2.1/32 dev lo",
            "address add 2001:db8::1/128 dev lo nodad",
            "link set d0 up", "link set d1 up",
            "route add 172.17.0.0/16 via 172.16.0.1",
            "route add fd17::/64 via fd16::1",
            "route add 198.51.100.0/24 via 10.1.0.1")
        self.servers.ip(
            "link set s0 up",
            *(f"address add {server(socket.AF_INET, i)}/16 dev s0"
              for i in range(1, SERVERS + 1)),
            *(f"address add {server(socket.AF_INET6, i)}/64 dev s0 nodad"
              for i in range(1, SERVERS + 1)),
            "address add 192.0.2.1/32 dev lo",
            "address add 2001:db8::1/128 dev lo nodad",
            "link set tunl0 up", "link set sit0 up", "link set ip6tnl0 up",
            "route add default via 10.1.255.254",
            "route add ::/0 via fd01::ffff")
        self.listeners = {}
        with self.servers:
            for family in VIRTUAL:
                for protocol in TCP, UDP:
                    self.listeners[family, protocol] = [
                        listener(family, protocol)]
                # bound to one address, it does not tell of others, to which
                # IPVS would not translate
                self.listeners[family, SCTP] = [
                    listener(family, SCTP, server(family, i))
                    for i in range(1, SERVERS + 1)]
        with self.director:
            self.ipvs = Ipvs()
            self.ipvs_vml = None

    @staticmethod
    def pid(namespace):
        """ip(8) takes a namespace by a path too."""
        return f"/proc/{os.getpid()}/fd/{namespace.file.fileno()}"

    @property
    def vml(self):
        if self.ipvs_vml is None:
            with self.director:
                self.ipvs_vml = Vml()
        return self.ipvs_vml

    def connect(self, protocol, family, address=None, source=None,
                namespace=None, mark=0):
        """One connection or exchange of datagrams; returns which local
        address served it, and the client's and the server's sockets, which
        stay open as long as the caller keeps them (SCTP's are closed)."""
        with namespace or self.client:
            near = make_socket(family, protocol)
        near.settimeout(10)
        if mark:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
        if source:
            near.bind((source, 0))
        target = (address or VIRTUAL[family], PORT)
        listeners = self.listeners[family, protocol]
        if protocol == UDP:
            near.sendto(b"ping", target)
            served = answer_datagram(listeners[0])
            if near.recvfrom(100) != (b"pong", client_view(family, target)):
                raise AssertionError("another answer")
            return served, near, None
        near.connect(target)
        ready, _, _ = select.select(listeners, [], [], 10)
        accepted, _ = ready[0].accept()
        accepted.settimeout(10)
        near.sendall(b"ping")
        if accepted.recv(100) != b"ping":
            raise AssertionError("another request")
        accepted.sendall(b"pong")
        if near.recv(100) != b"pong":
            raise AssertionError("another answer")
        served = accepted.getsockname()[0]
        if protocol == SCTP:
            near.close()
            if accepted.recv(100) != b"":
                raise AssertionError("another request")
            accepted.close()
        return served, near, accepted

    def close(self):
        for listeners in self.listeners.values():
            for listening in listeners:
                listening.close()
        self.ipvs.close()
        if self.ipvs_vml:
            self.ipvs_vml.close()
        for namespace in self.client, self.director, self.servers:
            namespace.close()


def client_view(family, target):
    return target if family == socket.AF_INET else (*target, 0, 0)


def make_socket(family, protocol):
    kind = socket.SOCK_DGRAM if protocol == UDP else socket.SOCK_STREAM
    return socket.socket(family, kind, protocol)


def listener(family, protocol, address=None):
    listening = make_socket(family, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    everywhere = "::" if family == socket.AF_INET6 else "0.0.0.0"
    listening.bind((address or everywhere, PORT))
    listening.settimeout(10)
    if protocol == UDP:
        if family == socket.AF_INET:
            listening.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        else:
            listening.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
    else:
        listening.listen(1000)
    return listening


def answer_datagram(listening):
    """Answer from the address to which the datagram came, and return it."""
    _, control, _, source = listening.recvmsg(100, 256)
    level, kind, data = control[0]
    if kind == IP_PKTINFO and level == socket.IPPROTO_IP:
        _, _, destination = struct.unpack("=i4s4s", data)
        data = struct.pack("=i4s4s", 0, destination, destination)
        family = socket.AF_INET
    else:
        destination, _ = struct.unpack("=16si", data)
        data = struct.pack("=16si", destination, 0)
        family = socket.AF_INET6
    listening.sendmsg([b"pong"], [(level, kind, data)], 0, source)
    return socket.inet_ntop(family, destination)
