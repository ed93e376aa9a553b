"""What may not stand in words that leave the machine: somebody else may see them. Pure.

Alerts say nothing (DESIGN section 5): no kind of crime, no step of a case, nobody's part in it; a disguise not even who
writes. The lists know the words of both languages in both, since either may be typed into either; Welsh ones with
their mutations.
"""

import re
from collections.abc import Iterable

from .pieces import Piece

_TELLING = (
    r"crimes?|criminal\w*|victims?|suspects?|offen[cs]es?|offend\w+|perpetrat\w+|attack\w*|complainants?|alleg\w+"
    r"|arrest\w*|bail\w*|charge[ds]?|charging|courts?|trials?|hearings?|verdicts?|sentenc\w+|guilty|prison\w*|jail\w*"
    r"|custody|convict\w*|evidence|witness\w*|prosecut\w*|releas\w+|interview\w*|investigat\w+|good news|bad news"
    r"|burgl\w+|robb\w+|thefts?|thief|thieves|stol\w+|steal\w*|assault\w*|abus\w+|violen\w+|rap(?:e|ed|es|ist\w*)"
    r"|sex|sexual\w*|stalk\w*|harass\w*|traffick\w*|slavery|hate|murder\w*|kill\w*|homicides?|manslaughter|stab\w*"
    r"|weapons?|knife|knives|guns?|drugs?|fraud\w*|scam\w*|arson\w*|domestic|shoplift\w*|vandal\w*|deaths?|dead|died"
    r"|anti-social|(?:crime|case|reference|incident) numbers?|no further action"
    r"|[dt]h?rosedd\w*|nhrosedd\w*|[dt]h?roseddwr|dd?ioddefw\w+|nioddefw\w+|dd?rwgdyb\w*"
    r"|ll?ys(?:oedd)?|[cg]yhudd\w*|chyhudd\w*|nghyhudd\w*|arest\w*|[mf]echnïaeth|[cg]archar\w*|charchar\w*"
    r"|dd?edfryd\w*|euog|rheithfarn|[td]h?reialon|[td]h?reial|g?wrandawiad\w*|[td]h?yst|[td]h?ystion|[td]h?ystiolaeth"
    r"|erlyn\w*|rhyddha\w*|ymchwil\w*|newyddion (?:da|drwg)"
    r"|[bf]yrgl\w*|myrgl\w*|ll?adrad\w*|ll?adron|ll?eidr|dd?wyn|ymosod\w*|[td]h?rais|[td]h?reisi\w*|rhywiol\w*"
    r"|stelcian|aflonydd\w*|[cg]aethwas\w*|ll?ofrudd\w*|ll?add(?:wyd)?|[cg]yffuria\w*|chyffuria\w*|[td]h?wyll\w*"
    r"|arfau|[cg]yllyll|[cg]yllell|[mf]arwolaeth\w*|[cg]am-drin\w*|[td]h?rywan\w*"
)
_CASE = r"cases?|n?achos|n?achosion"
"""An invitation says what it is for: a case. An alert may not."""
_WHO = (
    r"police\w*|heddlu\w*|TrackMyCrime|officers?|swyddog\w*|101|updates?|diweddariad\w*|ddiweddariad\w*|constab\w*"
    r"|heddwas\w*|detectives?|d?ditectif\w*|sergeants?|d?sarjant|inspectors?|(?:PC|DC|DS|DI|CID)"
)
_NUMBER_LIKE_A_REFERENCE = r"\w*\d\w*/\w+"

_ALERT = re.compile(rf"(?<!hard of )\b(?:{_TELLING}|{_CASE})\b|\b{_NUMBER_LIKE_A_REFERENCE}\b", re.IGNORECASE)
_INVITATION = re.compile(rf"(?<!hard of )\b(?:{_TELLING})\b|\b{_NUMBER_LIKE_A_REFERENCE}\b", re.IGNORECASE)
_DISGUISE = re.compile(rf"\b(?:{_WHO})\b", re.IGNORECASE)
# «Mr Jones», «DC Rees», «Ms O’Neill-Price»: a title or a rank and what follows it
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Master|Mister|PC|DC|DS|DI|PS|Sgt|Sergeant|Constable|Inspector|Detective)\.?"
    r"\s+[A-ZÀ-ÝŴŶ][\w’'-]+"
)
# what a phone makes a link of, also without a scheme: «example.org», «name@example.org», «next.Word»
_LINK = re.compile(r"\b\w+:/+\S*|\bwww\.\S*|\S+@\S+|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\S*", re.IGNORECASE)


def telling(text: str, piece: Piece) -> list[str]:
    """The words in it that tell what it is about: a kind of crime, a step, somebody's part in it, a reference."""
    return _each((_INVITATION if piece.invites else _ALERT).finditer(text))


def showing_who(text: str, force_names: Iterable[str]) -> list[str]:
    """The words in a disguised text that show who writes it."""
    named = [
        name for name in (_plain(name) for name in force_names) if name and name.casefold() in text.casefold()
    ]
    return list(dict.fromkeys([*_each(_DISGUISE.finditer(text)), *named]))


def links(text: str) -> list[str]:
    """What is, or would be made on a phone, a link to a page or an address."""
    return _each(_LINK.finditer(text))


def titled(text: str) -> list[str]:
    """Persons named with their title or rank."""
    return _each(_TITLED.finditer(text))


def _plain(force_name: str) -> str:
    """What of a force's name is its own: «Avon and Somerset» of «Avon and Somerset Police»."""
    return re.sub(r"\b(police|constabulary|service|heddlu)\b", "", force_name, flags=re.IGNORECASE).strip()


def _each(matches: Iterable[re.Match[str]]) -> list[str]:
    return list(dict.fromkeys(match[0] for match in matches))
