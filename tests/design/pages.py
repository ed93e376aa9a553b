"""Example pages: the components of the case page, and a form with every kind of field."""

from typing import Any

from django import forms
from django.template import engines

from . import examples

CASE = """{% extends "design/base.html" %}{% load i18n static design %}
{% block title %}Your case{% endblock %}
{% block head %}<script src="{% static 'design/exit.js' %}" defer></script>{% endblock %}
{% block strip %}{% include "design/_strip.html" %}{% endblock %}
{% block nav %}{% include "design/_nav.html" with items=items sign_out="/out" %}{% endblock %}
{% block back %}<a href="/" class="govuk-back-link">My crimes</a>{% endblock %}
{% block main %}
<div class="tmc-title"><h1 class="govuk-heading-l">Burglary at home</h1><p>On or near Gloucester Road</p></div>
<div class="tmc-split"><div class="tmc-split__main">
{% include "design/_promise.html" with link="/m" link_text="Read the new message" %}
<section class="tmc-card" aria-labelledby="stage"><h2 id="stage" class="govuk-heading-m">Where your case is</h2>
{% include "design/_stage.html" %}
{% include "design/_rail.html" with stage_name="Being investigated" number=2 count=5 %}
</section>
<section aria-labelledby="sofar"><h2 id="sofar" class="govuk-heading-m">What has happened so far</h2>
{% include "design/_timeline.html" %}</section></div>
<div class="tmc-split__side">{% include "design/_officer.html" %}
{% include "design/_notice.html" with kind="done" title="Sent" text="Police have your message." %}
{% include "design/_notice.html" with kind="wrong" title="Late" %}
<p>{% include "design/_tag.html" with kind="late" text="Late" %}
{% include "design/_tag.html" with kind="done" text="Kept" %}</p>
</div></div>
<section aria-labelledby="talk"><h2 id="talk" class="govuk-heading-m">Messages</h2>
{% include "design/_messages.html" %}{% include "design/_emergency.html" %}</section>
{% include "design/_pagination.html" %}
{% endblock %}"""

FORM = """{% extends "design/base.html" %}{% load i18n design %}
{% block title %}Example form{% endblock %}
{% block main %}<div class="tmc-narrow">{% error_summary form "Your message was not sent" %}
<h1 class="govuk-heading-l">Example form</h1>
<form class="tmc-card" method="post" novalidate>{{ form }}<button class="govuk-button">Send</button></form></div>
{% endblock %}"""


def render(source: str, **context: Any) -> str:
    """HTML of a page that is written here."""
    return engines["django"].from_string(source).render(context)


def case_page() -> str:
    """The kitchen sink of the case."""
    from django.core.paginator import Paginator

    return render(
        CASE,
        items=[("My crimes", "/", False), ("Messages", "/m", True)],
        promise=examples.PROMISE,
        stages=examples.STAGES,
        rail=examples.RAIL,
        entries=examples.ENTRIES,
        contact=examples.CONTACT,
        messages=examples.MESSAGES,
        page=Paginator(range(100), 10).page(2),
    )


def promise_page() -> str:
    """The promise with a date, without one, and of a case that is over."""
    source = """{% extends "design/base.html" %}{% block title %}Promises{% endblock %}{% block main %}<h1>Promises</h1>
{% include "design/_promise.html" with promise=with_date quiet=True %}
{% include "design/_promise.html" with promise=without quiet=True %}
{% include "design/_promise.html" with promise=without closed=True closing_words=words read_until="1 May" %}
{% endblock %}"""
    words = ["Police are not working on this case now, but you can still get in touch."]
    return render(source, with_date=examples.PROMISE, without=examples.NO_PROMISE, words=words)


def form_page(form: forms.Form) -> str:
    """A form as it comes out of the renderer."""
    return render(FORM, form=form)
