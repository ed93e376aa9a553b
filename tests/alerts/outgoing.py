"""A victim with an email address and a number, and everything that goes out to them at this moment."""

from typing import Any

from tests.desk.people import World, world
from tests.support.doors import role
from tests.support.events import victim
from trackmycrime.alerts.api import UPSTAIRS
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.letters import Letter
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder, claim
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.models import Task

MAIL, MOBILE = "p1@example.org", "+447700900123"
SAFE = {"channels": None, "disguise": False, "no_portal": False}


def reached(settings: Any, email: str = MAIL) -> World:
    """One victim who can be told by email and by text, also in disguise, and whom nothing waits for."""
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example>"
    made = world()
    made.send(victim("52/1", 2, email=email, mobile=MOBILE))
    quiet()
    return made


def quiet() -> None:
    """Nothing was told and nothing is asked of anybody."""
    Dispatch.objects.all().delete()
    Alert.objects.all().delete()
    Task.objects.all().delete()


def letters() -> list[Letter]:
    """Everything that goes out now."""
    found: list[Letter] = []
    for channel in ("email", "text"):
        with role("worker"):
            found += claim(Holder(new_id(), channel), most=10, now=utc_now(), upstairs=UPSTAIRS)[0]
    return found


def goes_to() -> dict[str, str]:
    """By address, which words go there now."""
    return {letter.address: letter.words.partition("/")[0] for letter in letters()}
