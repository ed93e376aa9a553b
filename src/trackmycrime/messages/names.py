"""Who wrote: in the records system, as victims see them; and of those whom a victim let in."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import get_language

from trackmycrime.kernel import crypto, setwise
from trackmycrime.people.models import Access

from .models import Message


def named(messages: list[Message]) -> list[Message]:
    """The messages with `shown_as` filled in, in the language of the page: the officer, else the team, else nothing.

    An officer of whom we hear later than of what they wrote has their name from then on.
    """
    sent = [message for message in messages if message.ref]
    if not sent:
        return messages
    refs = sorted({ref for message in sent for ref in (message.officer_id, message.unit_id) if ref})
    rows = setwise.fetch(
        "select id, kind, ref, shown from publish_contact where force_id = %s and ref = any(%s)",
        [sent[0].force_id, refs],
    )
    language = "cy" if get_language() == "cy" else "en"
    names: dict[tuple[str, str], str] = {}
    for row in rows:
        name = crypto.unseal_json("publish_contact.shown", row["id"], row["shown"])["name"]
        known = name if isinstance(name, str) else name[language] or name["en"] or name["cy"]
        names[row["kind"], row["ref"]] = known
    for message in sent:
        message.shown_as = names.get(("officer", message.officer_id)) or names.get(("unit", message.unit_id))
    return messages


def helpers(messages: Iterable[Message]) -> dict[UUID, str]:
    """What those are called who wrote by access that they were given, by message, as far as the reader may know it.

    One statement, and none where only the victim wrote.
    """
    wrote = {message.id: message.access_id for message in messages if message.access_id}
    known = Access.objects.in_bulk(set(wrote.values())) if wrote else {}
    return {id_: known[access].name for id_, access in wrote.items() if access in known}
