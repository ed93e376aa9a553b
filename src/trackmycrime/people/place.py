"""From where a request comes, as coarsely as it helps somebody to tell their own sign-ins from another's.

No service is asked: what is known is whether it is the same network as another time, whether that network is a private
one (the force's own, or this machine's), and the country where a proxy of ours says so (``TMC_COUNTRY_HEADER``).
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trackmycrime.kernel import crypto

from . import countries, limits


@dataclass(frozen=True)
class Place:
    """One place. Nothing of it leads back to the network address."""

    network: str
    """A keyed hash of it: says of two places whether they are the same, and no more"""
    private: bool
    country: str
    """Two letters (ISO 3166), empty where nobody says"""


def place_of(request: HttpRequest) -> Place:
    """The place of this request. A country is believed only of a proxy of our own."""
    address = limits.address_of(request)
    country = ""
    name = str(getattr(settings, "TMC_COUNTRY_HEADER", ""))
    if name and int(getattr(settings, "TMC_TRUSTED_PROXIES", 0)):
        said = request.headers.get(name, "").strip().upper()
        country = said if re.fullmatch("[A-Z]{2}", said) and said not in _NOWHERE else ""
    return Place(crypto.blind("place", address).hex()[:32], _private(address), country)


def said(country: str, *, private: bool, same: bool = False) -> str:
    """A place in the reader's language: «Another network, in France». `same`: it is the one that they are on now."""
    if same:
        return _("The network that you are on now")
    if private:
        return _("A private network")
    if country:
        name = countries.name(country, get_language() or "en")
        return _("Another network, in %(country)s") % {"country": name}
    return _("Another network")


_NOWHERE = ("XX", "ZZ", "T1", "A1", "A2", "AP", "EU")
"""What proxies say where they do not know"""


_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128"),
    )
)


def _private(address: str) -> bool:
    try:
        found: Any = ipaddress.ip_network(address).network_address
    except ValueError:
        return False
    return any(found in network for network in _PRIVATE)
