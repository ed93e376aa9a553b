"""What the public labels of data.police.uk mean in the feed's contract.

Labels were renamed in spring 2014; the old ones stand beside the new. A public label says less than the
Home Office outcome type behind it; where several types share one label, the type is chosen that claims
least about suspect and victim:

- «Unable to prosecute suspect» (5, 11 to 17) becomes 15, the only one that says neither that nobody was
  identified, nor what the victim wished, nor that somebody is ill or dead;
- «Formal action is not in the public interest» (9, 10) becomes 10, a decision of the police;
- «Offender given a caution» (2, 3) becomes 3, which does not say that the offender is a child;
- court results stand under 1, because the outcome type of a charged crime stays «charged».
"""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES: dict[str, str] = {
    "Anti-social behaviour": "anti-social-behaviour",
    "Bicycle theft": "bicycle-theft",
    "Burglary": "burglary",
    "Criminal damage and arson": "criminal-damage-arson",
    "Drugs": "drugs",
    "Other crime": "other-crime",
    "Other theft": "other-theft",
    "Possession of weapons": "possession-of-weapons",
    "Public order": "public-order",
    "Robbery": "robbery",
    "Shoplifting": "shoplifting",
    "Theft from the person": "theft-from-the-person",
    "Vehicle crime": "vehicle-crime",
    "Violence and sexual offences": "violence-and-sexual-offences",
}

# The crime types of before May 2013, under the names of today. «Public disorder and weapons» was split
# in two; what cannot be told apart is public order.
_OLD_TYPES = {
    "Violent crime": "Violence and sexual offences",
    "Public disorder and weapons": "Public order",
}


@dataclass(frozen=True, slots=True)
class Status:
    """One public status: how far the crime is, and what an outcome row with this label tells a victim.

    `rank` orders statuses on the way from report to result; each status has its own. `milestone` is the
    step of the Code that the label stands for, None where it only repeats that work goes on. `result` is
    what a court decided, in English and Welsh, for an update with that text.
    """

    rank: int
    label: str
    stage: str
    outcome: str | None
    milestone: str | None = None
    result: tuple[str, str] | None = None


_NFA = "no_further_action"
_OUT = "out_of_court_disposal"
_RESULT_EN = "The police now know the result of the court case: "
_RESULT_CY = "Mae’r heddlu bellach yn gwybod canlyniad yr achos llys: "


def _court(rank: int, label: str, milestone: str, en: str, cy: str) -> Status:
    return Status(rank, label, "closed", "1", milestone, (_RESULT_EN + en, _RESULT_CY + cy))


STATUSES: tuple[Status, ...] = (
    Status(1, "Status update unavailable", "investigating", None),
    Status(2, "Under investigation", "investigating", None),
    Status(3, "Investigation complete; no suspect identified", "closed", "18", _NFA),
    Status(4, "Unable to prosecute suspect", "closed", "15", _NFA),
    Status(5, "Further investigation is not in the public interest", "closed", "21", _NFA),
    Status(6, "Formal action is not in the public interest", "closed", "10", _NFA),
    Status(7, "Action to be taken by another organisation", "closed", "20", "transferred"),
    Status(8, "Further action is not in the public interest", "closed", "22", _OUT),
    Status(9, "Local resolution", "closed", "8", _OUT),
    Status(10, "Offender given a drugs possession warning", "closed", "7", _OUT),
    Status(11, "Offender given penalty notice", "closed", "6", _OUT),
    Status(12, "Offender given a caution", "closed", "3", _OUT),
    Status(13, "Suspect charged", "charged", "1", "suspect_charged"),
    Status(14, "Suspect charged as part of another case", "closed", "4", "suspect_charged"),
    Status(15, "Awaiting court outcome", "court", "1", "suspect_charged"),
    Status(
        16,
        "Defendant sent to Crown Court",
        "court",
        "1",
        "note",
        ("The case has been sent to the Crown Court.", "Mae’r achos wedi’i anfon i Lys y Goron."),
    ),
    Status(17, "Court result unavailable", "court", "1", "suspect_charged"),
    _court(
        18,
        "Court case unable to proceed",
        "prosecution_stopped",
        "the case could not go on.",
        "ni allai’r achos fynd yn ei flaen.",
    ),
    _court(
        19,
        "Defendant found not guilty",
        "verdict",
        "the defendant was found not guilty.",
        "cafwyd y diffynnydd yn ddieuog.",
    ),
    _court(
        20,
        "Offender given absolute discharge",
        "sentence",
        "the offender was given an absolute discharge.",
        "cafodd y troseddwr ryddhad diamod.",
    ),
    _court(
        21,
        "Offender given conditional discharge",
        "sentence",
        "the offender was given a conditional discharge.",
        "cafodd y troseddwr ryddhad amodol.",
    ),
    _court(
        22,
        "Offender otherwise dealt with",
        "sentence",
        "the court dealt with the offender in another way.",
        "deliodd y llys â’r troseddwr mewn ffordd arall.",
    ),
    _court(
        23,
        "Offender deprived of property",
        "sentence",
        "the court took property away from the offender.",
        "cymerodd y llys eiddo oddi ar y troseddwr.",
    ),
    _court(
        24,
        "Offender ordered to pay compensation",
        "sentence",
        "the offender was ordered to pay compensation.",
        "gorchmynnwyd i’r troseddwr dalu iawndal.",
    ),
    _court(25, "Offender fined", "sentence", "the offender was fined.", "cafodd y troseddwr ddirwy."),
    _court(
        26,
        "Offender given community sentence",
        "sentence",
        "the offender was given a community sentence.",
        "cafodd y troseddwr ddedfryd gymunedol.",
    ),
    _court(
        27,
        "Offender given suspended prison sentence",
        "sentence",
        "the offender was given a suspended prison sentence.",
        "cafodd y troseddwr ddedfryd o garchar wedi’i gohirio.",
    ),
    _court(
        28,
        "Offender sent to prison",
        "sentence",
        "the offender was sent to prison.",
        "anfonwyd y troseddwr i’r carchar.",
    ),
    Status(
        29,
        "Offender sentenced as part of another case",
        "closed",
        "4",
        "sentence",
        (
            _RESULT_EN + "the offender was sentenced as part of another case.",
            _RESULT_CY + "dedfrydwyd y troseddwr fel rhan o achos arall.",
        ),
    ),
)

# The labels of before spring 2014, under the names of today.
_OLD_STATUSES = {
    "No further action at this time": "Investigation complete; no suspect identified",
    "Offender imprisoned": "Offender sent to prison",
    "Offender given community penalty": "Offender given community sentence",
    "Offender required to pay compensation": "Offender ordered to pay compensation",
    "Suspect found not guilty": "Defendant found not guilty",
    "Suspect sent to Crown Court": "Defendant sent to Crown Court",
}

BY_RANK: dict[int, Status] = {status.rank: status for status in STATUSES}


def _key(label: str) -> str:
    return " ".join(label.split()).casefold()


_TYPES_BY_KEY = {_key(label): label for label in CATEGORIES} | {
    _key(old): new for old, new in _OLD_TYPES.items()
}
_STATUS_BY_LABEL = {status.label: status for status in STATUSES}
_STATUS_BY_KEY = {_key(status.label): status for status in STATUSES} | {
    _key(old): _STATUS_BY_LABEL[new] for old, new in _OLD_STATUSES.items()
}


def crime_type(label: str) -> str | None:
    """Today's name of a crime type, whatever its age, or None for a label that was never published."""
    return _TYPES_BY_KEY.get(_key(label))


def status_of(label: str) -> Status | None:
    """The status that a label of either age stands for, or None for one that was never published."""
    return _STATUS_BY_KEY.get(_key(label))
