"""What was recorded in a namespace, packet by packet. Reads tcpdump's files of the link type LINUX_SLL2.

Pure: bytes in, packets out. Formats: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-06.html,
https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

_MAGIC, _SLL2 = 0xA1B2C3D4, 276
_FILE, _RECORD, _LINK = 24, 16, 20  # bytes of each header
_IP4, _IP6 = 0x0800, 0x86DD
_PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmp6"}
_LOOPBACK = ("127.0.0.1", "::1")


class NotAPacketFile(ValueError):
    """These bytes are no such file."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. ``protocol``: tcp, udp, icmp, ... or the EtherType as hex; ports are 0 where it has none."""

    interface: str
    protocol: str
    source: str = ""
    source_port: int = 0
    target: str = ""
    target_port: int = 0
    data: bytes = b""

    def __str__(self) -> str:
        sides = (
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" if port else host
            for host, port in ((self.source, self.source_port), (self.target, self.target_port))
        )
        name = self.name_asked
        return f"{self.interface} {self.protocol} {' > '.join(sides)}{f' (looks up {name})' if name else ''}"

    @property
    def name_asked(self) -> str:
        """The name that a DNS or mDNS packet asks for; empty for another."""
        if self.protocol != "udp" or self.target_port not in (53, 5353):
            return ""
        labels, at = [], 12
        while at < len(self.data) and 0 < (size := self.data[at]) < 64:
            labels.append(self.data[at + 1 : at + 1 + size].decode("ascii", "replace"))
            at += 1 + size
        return ".".join(labels)


def read_packets(recorded: bytes, interfaces: Mapping[int, str]) -> Iterator[Packet]:
    """Every packet of a file, as far as it is written. Raises ``NotAPacketFile``."""
    if len(recorded) < _FILE:
        return
    order = next((each for each in "<>" if struct.unpack(f"{each}I", recorded[:4])[0] == _MAGIC), None)
    if order is None or struct.unpack(f"{order}I", recorded[20:24])[0] & 0xFFFF != _SLL2:
        raise NotAPacketFile("no file of LINUX_SLL2 packets")
    at = _FILE
    while at + _RECORD <= len(recorded):
        (size,) = struct.unpack(f"{order}I", recorded[at + 8 : at + 12])
        begin, at = at + _RECORD, at + _RECORD + size
        if at > len(recorded):
            return  # still being written
        yield _packet(recorded[begin:at], interfaces)


def _packet(frame: bytes, interfaces: Mapping[int, str]) -> Packet:
    kind, _reserved, index = struct.unpack(">HHI", frame[:8])
    interface, body = interfaces.get(index, f"interface {index}"), frame[_LINK:]
    if kind == _IP4:
        head = (body[0] & 15) * 4
        whole = not int.from_bytes(body[6:8]) & 0x1FFF  # a later fragment has no ports
        return _ports(interface, body[9], body[12:16], body[16:20], body[head:] if whole else b"")
    if kind == _IP6:
        return _ports(interface, body[6], body[8:24], body[24:40], body[40:])
    return Packet(interface, f"{kind:#06x}")


def _ports(interface: str, number: int, source: bytes, target: bytes, rest: bytes) -> Packet:
    ends = str(ip_address(source)), str(ip_address(target))
    protocol = _PROTOCOLS.get(number, f"protocol {number}")
    if protocol not in ("tcp", "udp") or len(rest) < 8:
        return Packet(interface, protocol, ends[0], 0, ends[1], 0, rest)
    ports = struct.unpack(">HH", rest[:4])
    return Packet(
        interface, protocol, ends[0], ports[0], ends[1], ports[1], rest[8:] if number == 17 else b""
    )


@dataclass(frozen=True)
class Traffic:
    """What was seen: packets to and from each allowed endpoint by its name, and all others. ``resolver``: how often
    systemd's resolver was asked; None where there was no place for it."""

    packets: int
    allowed: dict[str, int]
    others: list[Packet] = field(default_factory=list)
    resolver: int | None = None

    @property
    def tight(self) -> bool:
        """Whether nothing went elsewhere."""
        return not self.others and not self.resolver

    def __str__(self) -> str:
        lines = [f"{self.packets:,} packets on every interface"]
        lines += [f"{count:>9,}  {name}" for name, count in self.allowed.items()]
        lines += [f"{len(self.others):>9,}  anywhere else, DNS included"]
        lines += [f"           {packet}" for packet in self.others[:20]]
        asked = "no place for it" if self.resolver is None else f"{self.resolver:,}"
        return "\n".join([*lines, f"{asked:>9}  questions to systemd's resolver"])


def judge(packets: Iterator[Packet], endpoints: Mapping[str, int], resolver: int | None = None) -> Traffic:
    """Count by endpoint: the TCP ports of loopback that are allowed, by name."""
    names = {port: name for name, port in endpoints.items()}
    allowed = dict.fromkeys(endpoints, 0)
    others, count = [], 0
    for packet in packets:
        count += 1
        inside = packet.protocol == "tcp" and packet.source in _LOOPBACK and packet.target in _LOOPBACK
        name = (names.get(packet.target_port) or names.get(packet.source_port)) if inside else None
        if name:
            allowed[name] += 1
        else:
            others.append(packet)
    return Traffic(count, allowed, others, resolver)
