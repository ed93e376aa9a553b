"""The delivery log: what was sent, when, how and by which version of the words, a page at a time or as a file."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import urlencode

from trackmycrime.alerts import log, log_files
from trackmycrime.alerts.log import Wanted
from trackmycrime.cases.models import Crime
from trackmycrime.desk.forms import LogForm
from trackmycrime.desk.gate import allowed, may_here, write_down
from trackmycrime.desk.pages import page
from trackmycrime.desk.reads import log as reads
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import LONDON, london_date, utc_now
from trackmycrime.people.access import DeskRequest

from . import found

DAYS = 7
"""How many days the log shows if nothing else is asked for"""
BEGINNING = date(2000, 1, 1)
"""Before any alert: of one case all is shown if nothing else is asked for"""


def _wanted(request: DeskRequest, now: datetime) -> tuple[LogForm, Wanted, Crime | None]:
    """The filter, what it means, and of which case; a value that makes no sense is told and does not count."""
    form = LogForm(request.GET)
    form.is_valid()
    said = form.cleaned_data
    until = said.get("until") or london_date(now)
    case = _uuid(request.GET.get("case", ""))
    crime = found.crime(request, case) if case else None
    since = said.get("since") or (BEGINNING if crime else until - timedelta(days=DAYS - 1))
    wanted = Wanted(
        force=request.staff.force_id,
        since=_midnight(since),
        until=_midnight(until + timedelta(days=1)),
        channel=said.get("channel", ""),
        state=said.get("state", ""),
        crime_id=crime.id if crime else None,
    )
    return form, wanted, crime


@allowed(Act.DELIVERY_LOG)
def listed(request: DeskRequest) -> HttpResponse:
    """One page of the log, the newest first, by the filter in the address. Reading it is written down."""
    now = utc_now()
    form, wanted, crime = _wanted(request, now)
    piece = log.find(wanted, before=_uuid(request.GET.get("before", "")), most=reads.PAGE)
    _note(request, "log.seen", wanted)
    kept = {name: value for name, value in request.GET.dict().items() if name != "before" and value}
    return page(
        request,
        "desk/log.html",
        "log",
        form=form,
        rows=reads.rows(wanted.force, piece.lives, now, cases=may_here(request, Act.SEE_CASES)),
        onwards=urlencode({**kept, "before": str(piece.onwards)}) if piece.onwards else "",
        beginning=urlencode(kept) if request.GET.get("before") else None,
        filtered=bool(kept.keys() - {"case"}),
        crime=crime,
        query=urlencode(kept),
    )


@allowed(Act.DELIVERY_LOG)
def csv(request: DeskRequest) -> StreamingHttpResponse:
    """The log by the same filter as CSV, written as it is read."""
    return _file(request, "csv", "text/csv; charset=utf-8")


@allowed(Act.DELIVERY_LOG)
def ndjson(request: DeskRequest) -> StreamingHttpResponse:
    """The log by the same filter as NDJSON, written as it is read."""
    return _file(request, "ndjson", "application/x-ndjson")


def _file(request: DeskRequest, form: str, kind: str) -> StreamingHttpResponse:
    _form, wanted, _crime = _wanted(request, utc_now())
    _note(request, "log.exported", wanted, form=form)
    write = log_files.as_csv if form == "csv" else log_files.as_ndjson
    # the request's transaction has ended when this is read: `whole` binds its own to the force
    lines: Iterator[str] = write(log.whole(wanted), cases=may_here(request, Act.SEE_CASES))
    answer = StreamingHttpResponse(lines, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="delivery-log.{form}"'
    return answer


def _note(request: DeskRequest, action: str, wanted: Wanted, **more: str) -> None:
    span = {"since": wanted.since.isoformat(), "until": wanted.until.isoformat()}
    if wanted.crime_id:
        write_down(request, action, "crime", wanted.crime_id, **span, **more)
    else:
        write_down(request, action, "force", wanted.force, **span, **more)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def _uuid(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
