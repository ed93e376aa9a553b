"""Where a webhook may lead. Pure: no Django, no network.

An address is typed by an administrator, and its name is looked up by us: so it may only lead to where the internet
could lead, or to networks that the installation names (``TMC_WEBHOOK_NETWORKS``), never to what happens to be near.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST = 1000


class WrongAddress(ValueError):
    """Not an address that returns may be sent to; the message says what would be right."""


@dataclass(frozen=True)
class Target:
    """A webhook's address, read. `loopback`: it names this machine itself, so it may lead there."""

    url: str
    host: str
    loopback: bool


def read(text: str) -> Target:
    """The address in `text`: https, or http to this very machine (127.0.0.1, ::1, localhost). Raises WrongAddress."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        plain = host if ":" in host else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise WrongAddress("this is no address; one is like https://rms.example.org/returns") from None
    if parts.scheme not in ("https", "http") or not plain or len(text) > LONGEST or not text.isprintable():
        raise WrongAddress("a webhook's address is like https://rms.example.org/returns")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WrongAddress(
            "an address with a login or a #fragment is not taken: the signature proves who sends"
        )
    loopback = is_loopback(plain)
    if parts.scheme == "http" and not loopback:
        raise WrongAddress("only https is taken; http is for this very machine (127.0.0.1, ::1, localhost)")
    shown = f"[{plain}]" if ":" in plain else plain
    netloc = shown if port is None else f"{shown}:{port}"
    return Target(urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")), plain, loopback)


def is_loopback(host: str) -> bool:
    """Whether a host names this machine itself, without being looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def networks(text: str) -> tuple[Network, ...]:
    """The networks named in a setting, with commas between. Raises WrongAddress."""
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as why:
        raise WrongAddress(f"TMC_WEBHOOK_NETWORKS is like 10.0.0.0/8,fd00::/8: {why}") from None


def may_reach(ip: IP, *, loopback: bool, allowed: Sequence[Network] = ()) -> bool:
    """Whether returns may be sent to this IP address.

    An address inside another (IPv4 in IPv6, 6to4) counts as the one inside. `loopback`: the webhook names this machine
    itself; a name that is looked up and turns out to be this machine does not.
    """
    if isinstance(ip, ipaddress.IPv6Address) and (inside := ip.ipv4_mapped or ip.sixtofour):
        ip = inside
    if ip.is_loopback and loopback:
        return True
    if any(ip in network for network in allowed if network.version == ip.version):
        return True
    odd = ip.is_multicast or ip.is_reserved or ip.is_link_local or getattr(ip, "is_site_local", False)
    return ip.is_global and not odd
