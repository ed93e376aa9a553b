"""What officers write in the demo's updates, in English and Welsh, as one writes to a victim.

No suspect is named or described, and nothing blames the victim.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """One update's text, and the step of the Code that it is."""

    milestone: str
    en: str
    cy: str

    def text(self, welsh: bool) -> dict[str, str]:
        """The text as a force sends it: a force in Wales in both languages."""
        return {"en": self.en, "cy": self.cy} if welsh else {"en": self.en}


def _note(en: str, cy: str) -> Sentence:
    return Sentence("note", en, cy)


def _working(en: str, cy: str) -> Sentence:
    return Sentence("still_working", en, cy)


AT_WORK: tuple[Sentence, ...] = (
    _note(
        "I went to the street today and asked neighbours what they saw. Two of them will look through their "
        "doorbell cameras for us.",
        "Euthum i’r stryd heddiw a gofyn i gymdogion beth welson nhw. Bydd dau ohonyn nhw’n edrych drwy eu "
        "camerâu cloch drws i ni.",
    ),
    _note(
        "We have asked the shops nearby for their camera footage. It usually takes about a week to come.",
        "Rydym wedi gofyn i’r siopau cyfagos am eu lluniau camera. Fel arfer mae’n cymryd tua wythnos.",
    ),
    _note(
        "The camera footage has arrived. I will look through it this week and tell you what it shows.",
        "Mae’r lluniau camera wedi cyrraedd. Byddaf yn edrych drwyddyn nhw yr wythnos hon ac yn dweud "
        "wrthych beth maen nhw’n ei ddangos.",
    ),
    _note(
        "Our forensic team has looked at what was collected. The results should be with us in about two weeks.",
        "Mae ein tîm fforensig wedi edrych ar yr hyn a gasglwyd. Dylai’r canlyniadau ein cyrraedd ymhen tua "
        "pythefnos.",
    ),
    _note(
        "Thank you for the photographs. They are now with the case and they help.",
        "Diolch am y lluniau. Maen nhw gyda’r achos nawr ac maen nhw’n helpu.",
    ),
    _note(
        "A witness has come forward and we have taken a statement.",
        "Mae tyst wedi dod ymlaen ac rydym wedi cymryd datganiad.",
    ),
    _note(
        "The serial number of what was taken is now on the national register of stolen property. If it is sold "
        "or handed in, we will hear of it.",
        "Mae rhif cyfresol yr hyn a gymerwyd bellach ar y gofrestr genedlaethol o eiddo wedi’i ddwyn. Os "
        "caiff ei werthu neu ei roi i mewn, byddwn yn clywed.",
    ),
    _working(
        "I am still working on your case. There is nothing new this week, and I wanted you to hear that from me.",
        "Rwy’n dal i weithio ar eich achos. Does dim byd newydd yr wythnos hon, ac roeddwn i am i chi glywed "
        "hynny gennyf i.",
    ),
    _working(
        "We are waiting for an answer from the phone company. These take time. I will write again within "
        "four weeks, sooner if it comes.",
        "Rydym yn aros am ateb gan y cwmni ffôn. Mae’r rhain yn cymryd amser. Byddaf yn ysgrifennu eto o "
        "fewn pedair wythnos, yn gynt os daw.",
    ),
    Sentence(
        "property_recovered",
        "Some property has been handed in that may be yours. Please look at the list that I left for you at "
        "the front desk, or write to me here.",
        "Mae rhywfaint o eiddo wedi’i roi i mewn a allai fod yn eiddo i chi. Edrychwch ar y rhestr a adewais "
        "i chi wrth y ddesg flaen, neu ysgrifennwch ataf yma.",
    ),
    Sentence(
        "support_referred",
        "I have asked the support service to call you. You do not have to use it, and it is free.",
        "Rwyf wedi gofyn i’r gwasanaeth cymorth eich ffonio. Does dim rhaid i chi ei ddefnyddio, ac mae am ddim.",
    ),
)

STEPS: tuple[Sentence, ...] = (
    Sentence(
        "suspect_interviewed",
        "Today we spoke to somebody about your case, with a solicitor there. We are now checking what was said.",
        "Heddiw fe wnaethom siarad â rhywun am eich achos, gyda chyfreithiwr yno. Rydym nawr yn gwirio’r hyn "
        "a ddywedwyd.",
    ),
    Sentence(
        "released_under_investigation",
        "The person we spoke to has been allowed to go while we go on with our work. If that worries you, "
        "write to me or call 101.",
        "Mae’r person y buom yn siarad ag ef wedi cael mynd tra byddwn yn parhau â’n gwaith. Os yw hynny’n "
        "eich poeni, ysgrifennwch ataf neu ffoniwch 101.",
    ),
    Sentence(
        "sent_to_prosecutor",
        "The file is now with the Crown Prosecution Service. They decide whether it goes to court.",
        "Mae’r ffeil nawr gyda Gwasanaeth Erlyn y Goron. Nhw sy’n penderfynu a fydd yn mynd i’r llys.",
    ),
    Sentence(
        "suspect_charged",
        "Somebody has been charged. I will tell you the date of the first hearing as soon as I have it.",
        "Mae rhywun wedi’i gyhuddo. Byddaf yn dweud dyddiad y gwrandawiad cyntaf wrthych cyn gynted ag y "
        "bydd gennyf.",
    ),
)
"""The way of a case that leads to a charge, one after the other."""

CORRECTED = Sentence(
    "note",
    "A correction: we have asked the shops nearby for their camera footage of the evening, not of the morning.",
    "Cywiriad: rydym wedi gofyn i’r siopau cyfagos am eu lluniau camera o’r noson, nid o’r bore.",
)
