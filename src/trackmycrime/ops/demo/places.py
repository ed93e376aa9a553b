"""Names of streets that do not claim to be anywhere, in the pattern of the public data."""

from __future__ import annotations

import random

_FIRST = (
    "Alder", "Amber", "Anvil", "Apple Tree", "Barley", "Beacon", "Bellflower", "Birch", "Blacksmith", "Bramble",
    "Brick Kiln", "Bridge", "Brook", "Canal", "Candle", "Carter", "Cedar", "Chapel", "Chestnut", "Clover",
    "Cobbler", "Cooper", "Copper", "Curlew", "Dairy", "Dove", "Elder", "Falcon", "Ferry", "Fiddler", "Flax",
    "Foundry", "Fox", "Furrow", "Garnet", "Glebe", "Goldfinch", "Granary", "Hawthorn", "Hazel", "Heron", "High",
    "Hollow", "Holly", "Hopper", "Ivy", "Jasmine", "Juniper", "Kestrel", "Kiln", "Lantern", "Larch", "Lark",
    "Laurel", "Lavender", "Lime", "Linden", "Linnet", "Mallard", "Maple", "Market", "Mill", "Miller", "Moss",
    "Mulberry", "Nightingale", "Oak", "Old Station", "Orchard", "Otter", "Paddock", "Pear Tree", "Pebble",
    "Plover", "Poplar", "Potter", "Primrose", "Quarry", "Railway", "Ridge", "Robin", "Rowan", "Saddler",
    "Sawmill", "Sparrow", "Spring", "Starling", "Sycamore", "Tanner", "Thistle", "Timber", "Union", "Violet",
    "Wagon", "Walnut", "Weaver", "Wheelwright", "Willow", "Windmill", "Wren", "Yew Tree",
)  # fmt: skip
_ALONE = (
    "The Avenue",
    "The Butts",
    "The Elms",
    "The Green",
    "The Hollies",
    "The Maltings",
    "The Mount",
    "Broad Walk",
)
_WELSH = tuple(
    f"{kind} {name}"
    for kind in ("Heol", "Ffordd", "Clos", "Maes", "Rhodfa")
    for name in ("y Bryn", "y Felin", "yr Afon", "y Coed", "yr Eos", "y Dderwen", "y Gog", "yr Ysgol")
)


def place(pattern: str, force: str, dice: random.Random) -> str:
    """A place for a pattern of the figures: `=` and a kind of place, a street's last word, `other`, or none."""
    if not pattern:
        return "No Location"
    if pattern.startswith("="):
        return f"On or near {pattern[1:]}"
    if pattern == "other":
        return f"On or near {dice.choice(_WELSH if force == 'south-wales' else _ALONE)}"
    return f"On or near {dice.choice(_FIRST)} {pattern}"
