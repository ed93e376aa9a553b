"""Write docs/words.html: every text of the service, English and Welsh side by side, as a victim would read it.

`--check` writes nothing and exits 1 when the page is not what the words say now.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from trackmycrime.publish.wording import LANGUAGES, entry_words, names_review, offence, review_reason, stage
from trackmycrime.publish.wording.catalogue import FOLDER, Text, load
from trackmycrime.publish.wording.entries import FIELDS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "words.html"
UNIT = {"en": "the Burglary Team", "cy": "y Tîm Byrgleriaeth"}
OFFICER = {"en": "DC Rees", "cy": "DC Rees"}

SECTIONS = {
    "milestone": "Milestones: a step that the records system sent without words of an officer’s own",
    "outcome": "Outcomes: what «no further action» and «closed» say, by Home Office outcome type",
    "stage": "Stages",
    "public_stage": "The way that a victim sees",
    "offence": "Kinds of crime",
    "withdrawn": "A case that was taken away",
    "hearing": "Court hearings: the entry of each, and «Court dates»",
    "property": "Property: the entry of each item, and the list",
    "merged": "Records that were put together",
    "update": "Beside an entry on the timeline",
    "alert": "Alerts: they say nothing",
    "code": "The code texted during sign-up",
    "invitation": "Invitations",
    "activation": "The sheet with the activation code",
    "letter": "Letters that an officer prints",
    "page": "Pages",
    "error": "Errors",
    "task": "Tasks, for officers at the desk",
    "check": "Checks of a force's own words, for administrators",
    "default": "Stand-ins",
}

STYLE = """
:root{color-scheme:light dark;--ink:#1d2b2a;--paper:#f8f5ef;--card:#fff;--rule:#ddd9cf;--soft:#4a5957;--fir:#14524b}
@media (prefers-color-scheme:dark){:root{--ink:#eef1ec;--paper:#121a19;--card:#1b2624;--rule:#36433f;--soft:#b9c6c1;
--fir:#8fd0c0}}
body{margin:0 auto;max-width:75rem;padding:1rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:1rem/1.55 "Atkinson Hyperlegible Next",Verdana,sans-serif}
h1,h2,h3,h4{line-height:1.25;margin:0}h1{font-size:1.9rem}h2{font-size:1.45rem;margin:3rem 0 1rem;padding-top:.5rem}
a{color:var(--fir)}nav ul{columns:2;padding-left:1.1rem}
.entry{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;margin:0 0 1rem;padding:.8rem 1rem}
.entry>header{color:var(--soft);font-size:.9rem;margin-bottom:.5rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}
.pair h4{font-size:1.1rem;margin-bottom:.4rem}.pair p{margin:0 0 .5rem}.pair .body{white-space:pre-line}
.review{color:var(--fir);font-weight:700}code{font-size:.85rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;background:var(--card)}
th,td{border:1px solid var(--rule);padding:.45rem .7rem;text-align:left;vertical-align:top;white-space:pre-line}
th{font-weight:400;width:16rem;color:var(--soft)}td{width:50%}
@media (max-width:44rem){.pair{grid-template-columns:1fr;gap:.8rem}nav ul{columns:1}th{width:8rem}}
""".strip()


def page() -> str:
    """The whole page. The same words give the same bytes."""
    body = "\n".join(
        f'<h2 id="{kind}">{html.escape(heading)}</h2>\n{_section(kind)}' for kind, heading in SECTIONS.items()
    )
    contents = "".join(
        f'<li><a href="#{kind}">{html.escape(name)}</a></li>' for kind, name in SECTIONS.items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The words of TrackMyCrime</title>
<style>
{STYLE}
</style>
</head>
<body>
<main>
<h1>The words of TrackMyCrime</h1>
<p>What the service says by itself, when no officer wrote anything. Made from the files in
<code>src/trackmycrime/publish/wording/</code> by <code>scripts/make_words_page.py</code>: change them there. Names in
braces are filled in when a text is sent; in milestones and outcomes a made-up team and officer stand there.
Which of the Welsh no Welsh speaker has passed yet stands in <a href="welsh.md">welsh.md</a>.</p>
<nav aria-label="Contents"><ul>{contents}</ul></nav>
{body}
</main>
</body>
</html>
"""


def _section(kind: str) -> str:
    if kind in ("milestone", "outcome"):
        return "\n".join(_entry(kind, name) for name in _names(kind))
    if kind == "stage":
        return _table((name, *(f"{stage(name, lang).label}\n{stage(name, lang).sentence}" for lang in LANGUAGES))
                      for name in _names(kind))  # fmt: skip
    if kind == "offence":
        return _table((name, *(offence(name, lang) for lang in LANGUAGES)) for name in _names(kind))
    if kind == "alert" or kind == "invitation":
        return "\n".join(_message(group) for group in _groups(kind))
    return _table((key, *(_joined(load(lang)[key]) for lang in LANGUAGES)) for key in _keys(kind))


def _entry(kind: str, name: str) -> str:
    milestone, outcome = (name, None) if kind == "milestone" else ("closed", name)
    reason = html.escape(review_reason(outcome, milestone))
    mark = (
        '<span class="review">May name the Right to Review.</span> '
        if names_review(outcome, milestone)
        else ""
    )
    sides = []
    for language in LANGUAGES:
        words = entry_words(milestone, outcome, language, unit=UNIT[language], officer=OFFICER[language])
        paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in words.paragraphs())
        sides.append(f'<div lang="{language}"><h4>{html.escape(words.title)}</h4>{paragraphs}</div>')
    return f"""<section class="entry" id="{kind}-{name}">
<header><code>{kind}.{name}</code> · {mark}{reason}</header>
<div class="pair">{"".join(sides)}</div>
</section>"""


def _message(group: str) -> str:
    keys = [key for key in load("en") if key.rpartition(".")[0] == group]
    sides = []
    for language in LANGUAGES:
        texts = load(language)
        parts = "".join(
            f'<p><code>{key.rpartition(".")[2]}</code></p><p class="body">{html.escape(_joined(texts[key]))}</p>'
            for key in keys
        )
        sides.append(f'<div lang="{language}">{parts}</div>')
    return f"""<section class="entry">
<header><code>{group}</code></header>
<div class="pair">{"".join(sides)}</div>
</section>"""


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = "\n".join(
        f'<tr><th scope="row"><code>{html.escape(key)}</code></th>'
        f'<td lang="en">{html.escape(english)}</td><td lang="cy">{html.escape(welsh)}</td></tr>'
        for key, english, welsh in rows
    )
    head = '<tr><th scope="col">Key</th><th scope="col">English</th><th scope="col">Cymraeg</th></tr>'
    return f"<table>\n<thead>{head}</thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


def _keys(kind: str) -> list[str]:
    return [key for key in load("en") if key.split(".")[0] == kind]


def _names(kind: str) -> list[str]:
    position = len(kind) + 1
    ends = "|".join((*FIELDS, "label", "sentence"))
    return list(dict.fromkeys(re.sub(rf"\.(?:{ends})$", "", key[position:]) for key in _keys(kind)))


def _groups(kind: str) -> list[str]:
    return list(dict.fromkeys(key.rpartition(".")[0] for key in _keys(kind)))


def _joined(value: Text) -> str:
    return value if isinstance(value, str) else "\n\n".join(value)


def main() -> int:
    """Write or check the page; 1 when it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 when the page is stale"
    )
    if parser.parse_args().check:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        if not fresh:
            print(f"{PAGE.name} is stale; run: python scripts/make_words_page.py", file=sys.stderr)
        return 0 if fresh else 1
    PAGE.write_text(page(), encoding="utf-8")
    print(
        f"{PAGE.name}: {len(load('en'))} texts in {len(LANGUAGES)} languages from {FOLDER.name}/",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
