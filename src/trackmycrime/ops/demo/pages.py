"""The mailbox's pages: every email and text as it arrived, escaped; its own small HTML, for the demo only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from trackmycrime.ops.demo.post import Arrived
from trackmycrime.ops.demo.told import Told

_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:)]")
_LONDON = ZoneInfo("Europe/London")
REFRESH_SECONDS = 5


def mailbox(
    arrived: Sequence[Arrived],
    told: Callable[[str], Told | None],
    *,
    to: Sequence[str],
    still: bool,
    start_here: Sequence[str],
    portal: str,
    more: bool,
) -> str:
    """The list of letters: of some addresses (`to`) or all, held `still` or not; `more` are older.

    `start_here` are the addresses of the person whose invitation a visitor is to follow.
    """
    here = _query(to)
    reload = "" if still else f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
    if still:
        toggle = f'This page holds still. <a class="govuk-link" href="/{here}">Look for new post</a>'
    else:
        toggle = (
            f"This page looks again every {REFRESH_SECONDS} seconds. "
            f'<a class="govuk-link" href="/{_query(to, still=1)}">Hold it still</a>'
        )
    title = f"Post for {escape(to[0])}" if to else "All post"
    everything = '<p class="govuk-body"><a class="govuk-link" href="/">All post</a></p>' if to else ""
    begin = ""
    if start_here and not to:
        begin = (
            '<div class="govuk-inset-text"><strong>Start here.</strong> Alex Morgan has just reported a theft. '
            f'<a class="govuk-link" href="/{_query(start_here)}">Open their invitation</a> and follow it.</div>'
        )
    letters = "".join(_letter(each, told(each.body), portal) for each in arrived)
    older = ""
    if more and arrived:
        link = f'<a class="govuk-link" href="/{_query(to, before=arrived[-1].number)}">Older post</a>'
        older = f'<p class="govuk-body">{link}</p>'
    empty = "" if arrived else '<p class="govuk-body">Nothing has arrived yet.</p>'
    about = (
        '<p class="govuk-body">Every email and text that the demo sent, newest first. Everybody here is made up.'
        f" {toggle}</p>"
        '<p class="govuk-body">Officers also need <a class="govuk-link" href="/codes">a code from their app</a>.</p>'
    )
    return _page(title, reload, f"{about}{everything}{begin}{empty}{letters}{older}")


def codes(code: str, seconds: int) -> str:
    """What the apps of the demo's officers show now, and for how many more seconds."""
    reload = f'<meta http-equiv="refresh" content="{max(1, min(seconds, REFRESH_SECONDS))}">'
    body = (
        '<p class="govuk-body">After their password, the desk asks officers for a code from an app on their phone. '
        "In the demo all of them have the same app. It shows now:</p>"
        f'<p class="tmc-code">{code[:3]} {code[3:]}</p>'
        f'<p class="govuk-body">for {seconds} more seconds. One officer can use one code once; '
        "wait for the next one to sign in again.</p>"
        '<p class="govuk-body"><a class="govuk-link" href="/">All post</a></p>'
    )
    return _page("Codes of the officers’ apps", reload, body)


def _page(title: str, head: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en" class="govuk-template">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – TrackMyCrime demo mailbox</title>
{head}
<link rel="icon" href="/look/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/look/vendor/govuk-frontend.css">
<link rel="stylesheet" href="/look/look.css">
<link rel="stylesheet" href="/look/mailbox.css">
</head>
<body class="govuk-template__body">
<a href="#main" class="govuk-skip-link">Skip to main content</a>
<div class="tmc-page"><div class="govuk-width-container">
<main class="govuk-main-wrapper" id="main" tabindex="-1">
<h1 class="govuk-heading-l">{title}</h1>
{body}
</main>
</div></div>
</body>
</html>
"""


def _letter(arrived: Arrived, told: Told | None, portal: str) -> str:
    kind = "Email" if arrived.kind == "email" else "Text"
    at = datetime.fromisoformat(arrived.at).astimezone(_LONDON)
    subject = f'<h2 class="govuk-heading-s">{escape(arrived.subject)}</h2>' if arrived.subject else ""
    return f"""<article class="post">
<p class="post__head"><strong>{kind}</strong> to
<a class="govuk-link" href="/{_query([arrived.to])}">{escape(arrived.to)}</a>
<time datetime="{escape(arrived.at)}">{at:%-d %B, %H:%M:%S}</time></p>
{subject}<div class="post__body">{linked(arrived.body)}</div>
{_told(told, arrived.kind, portal) if told else ""}</article>
"""


def linked(text: str) -> str:
    """Text as HTML: escaped, lines kept, web addresses as links."""
    parts, end = [], 0
    for match in _URL.finditer(text):
        parts.append(escape(text[end : match.start()]))
        url = escape(match[0])
        parts.append(f'<a class="govuk-link" href="{url}">{url}</a>')
        end = match.end()
    parts.append(escape(text[end:]))
    return "".join(parts).strip().replace("\n", "<br>\n")


def _told(told: Told, kind: str, portal: str) -> str:
    if not told.open:
        return '<p class="post__told">This invitation was used, replaced or has run out.</p>'
    code = f'<strong class="post__code">{escape(told.code)}</strong>'
    if kind == "text":
        start = escape(f"{portal.rstrip('/')}/start/")
        link = f'<a class="govuk-link" href="{start}">{start}</a>'
        said = f"Type the code from the text at {link}. Then you are asked for another code. Yours is {code}."
    else:
        said = f"Follow the link in our email. Then you are asked for a code. Yours is {code}."
    return f"""<div class="post__told"><strong>What the officer told {escape(told.name)}</strong><br>
“{said}”</div>
"""


def _query(to: Sequence[str], **more: int) -> str:
    """The query of a page of this mailbox, escaped for an attribute."""
    return (
        escape("?" + urlencode([*(("to", address) for address in to), *more.items()])) if to or more else ""
    )
