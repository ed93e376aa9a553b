"""What became of one alert, from the decision to its end."""

from uuid import UUID

from django.http import Http404, HttpResponse

from trackmycrime.alerts.lives import lives
from trackmycrime.desk import words
from trackmycrime.desk.gate import allowed, write_down
from trackmycrime.desk.pages import page
from trackmycrime.desk.reads import alert_life as reads
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest

from . import found
from .case import title_of


@allowed(Act.SEE_CASES)
def alert(request: DeskRequest, alert_id: UUID) -> HttpResponse:
    """One alert's life. Opening it is written down."""
    now = utc_now()
    life = next(iter(lives([alert_id])), None)
    if life is None:
        raise Http404
    victim, crime = found.victim(request, life.victim_id), found.crime(request, life.crime_id)
    write_down(request, "alert.seen", "victim", victim.id, alert=str(alert_id))
    return page(
        request,
        "desk/alert.html",
        "cases",
        life=life,
        crime=crime,
        title=title_of(crime),
        victim=victim,
        name=str(victim.detail.get("name") or ""),
        about=words.said(words.ABOUT, life.about),
        state=words.said(words.ALERTS, life.state),
        bad=life.state in words.ALERTS_TO_MEND,
        tells=reads.tells_of(life.told),
        steps=reads.steps(request.staff.force_id, life, now),
        task=life.in_person if life.in_person and life.in_person.done_at is None else None,
    )
