"""Which offence codes are of a protected kind, whatever a record's flags say. Pure data and one function.

Codes are the Home Office's statistical codes, «class/sub-class»; the classes below are those of its notifiable
offence list headed «Sexual offences», and the stalking, harassment, slavery and trafficking codes of other classes.
"""

from functools import lru_cache

SEXUAL = frozenset(
    [
        "016",
        "017",
        "018",
        "019",
        "020",
        "021",
        "022",
        "023",
        "024",
        "025",
        "026",
        "027",
        "068",
        "070",
        "071",
        "072",
        "073",
        "074",
        "088",
        "107",
        "139",
        "165",
        "166",
        "167",
        "175",
        "503",
        "504",
    ]
)
STALKING = frozenset(
    [
        "008/29",
        "008/37",
        "008/39",
        "008/43",
        "008/56",
        "008/58",
        "008/65",
        "008/66",
        "008/74",
        "066/38",
        "195/12",
        "195/94",
    ]
)
SEXUAL_CODES = frozenset(["008/71", "066/08", "066/17", "066/18", "066/19"])
SLAVERY = frozenset(
    [
        "036/12",
        "078/13",
        "078/19",
        "078/20",
        "078/21",
        "099/25",
        "106/01",
        "106/02",
        "106/03",
        "106/04",
        "106/05",
    ]
)
HONOUR = frozenset(["066/97", "068/04"])


def _tidy(code: str) -> str:
    head, slash, tail = code.strip().partition("/")
    return (
        f"{head.zfill(3)}/{tail.zfill(2)}"
        if slash and head.isdigit() and tail.isdigit()
        else code.strip().upper()
    )


@lru_cache(maxsize=4096)
def implied_flags(code: str) -> frozenset[str]:
    """The flags that an offence code stands for by itself; empty for an ordinary code or none.

    «8/65» and «008/65» are the same code. A class alone («019») counts as every code of it.
    """
    code = _tidy(code)
    flags = set()
    if code[:3] in SEXUAL or code in SEXUAL_CODES:
        flags.add("sexual_offence")
    if code in STALKING:
        flags.add("stalking_harassment")
    if code in SLAVERY:
        flags.add("modern_slavery")
    if code in HONOUR:
        flags.add("honour_based_abuse")
    return frozenset(flags)
