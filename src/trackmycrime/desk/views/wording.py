"""A force's own words for what leaves the machine: seen, changed with a preview of what is sent, gone back on."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from trackmycrime.desk import names
from trackmycrime.desk.gate import FORM, allowed
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import wording as reads
from trackmycrime.desk.rights import Act
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest
from trackmycrime.publish import own_words
from trackmycrime.publish.wording import Piece, WordingError
from trackmycrime.publish.wording import piece as wording_piece

from .wording_forms import WordsForm, longest


def _force(request: DeskRequest) -> Force:
    return Force.objects.get(pk=request.staff.force_id)


def _piece(key: str) -> Piece:
    try:
        return wording_piece(key)
    except WordingError as unknown:
        raise Http404 from unknown


@allowed(Act.WORDS)
def listed(request: DeskRequest) -> HttpResponse:
    """All texts that leave the machine, and whose words they are in."""
    force = _force(request)
    return page(
        request,
        "desk/words.html",
        "words",
        occasions=reads.listed(force, utc_now()),
        two="cy" in force.languages,
    )


@allowed(Act.WORDS, FORM)
def text(request: DeskRequest, text_key: str) -> HttpResponse:
    """One text: what is sent now, and a form to change it; then what would be sent; then a yes."""
    piece, force = _piece(text_key), _force(request)
    sent = own_words.now_sent(force, piece.key)
    said = request.POST if request.method == "POST" else None
    form = WordsForm(said, force=force, piece=piece, sent=sent)
    step = request.POST.get("step", "preview")
    if said is None or step == "change" or not form.is_valid():
        return _edit(request, form, 422 if said is not None and step != "change" else 200)
    if step == "save":
        try:
            with transaction.atomic():
                own_words.change(
                    force, piece.key, form.wanted(), based_on=form.based_on(),
                    by=request.staff.account_id, now=utc_now(),
                )  # fmt: skip
        except own_words.ChangedMeanwhile:
            return _changed_meanwhile(request, force, piece)
        except (
            own_words.NotAllowed
        ) as refused:  # with what was saved in the other language at the same moment
            form.say(refused.problems)
            return _edit(request, form, 422)
        return back_to("words_text", piece.key, done="words_saved")
    wanted, changed = form.wanted(), form.changed()
    known = [force.name, force.name_cy]
    return page(
        request,
        "desk/words_preview.html",
        "words",
        piece=piece,
        occasion=reads.occasion(piece),
        channel=reads.channel(piece),
        sent=reads.sent(piece, wanted, changed),
        said=[pair for pair in request.POST.items() if pair[0] not in ("csrfmiddlewaretoken", "step")],
        suspicious=[
            part
            for template in changed.values()
            for words in template
            for part in names.look_like_names(words or "", known)
        ],
    )


def _edit(request: DeskRequest, form: WordsForm, status: int) -> HttpResponse:
    piece = form.piece
    return page(
        request,
        "desk/words_text.html",
        "words",
        status,
        piece=piece,
        occasion=reads.occasion(piece),
        channel=reads.channel(piece),
        form=form,
        filled=[f"{{{name}}}" for name in sorted(piece.placeholders())],
        longest=longest(piece),
        sent=reads.sent(piece, {language: each.template for language, each in form.sent.items()}, form.sent),
    )


def _changed_meanwhile(request: DeskRequest, force: Force, piece: Piece) -> HttpResponse:
    """The form again with what was typed, now written from what stands: whoever saves it then has been told."""
    sent = own_words.now_sent(force, piece.key)
    said = request.POST.copy()
    for language, version in sent.items():
        said[f"{language}_based"] = str(version.version)
    form = WordsForm(said, force=force, piece=piece, sent=sent)
    form.is_valid()
    form.add_error(
        f"{next(iter(sent))}_body",
        _(
            "Somebody else has changed these words meanwhile. Look at what is sent now, below, before you go on"
        ),
    )
    return _edit(request, form, 409)


@allowed(Act.WORDS)
def history(request: DeskRequest, text_key: str) -> HttpResponse:
    """Every version of one text, what each changed, and a way back to it."""
    piece, force = _piece(text_key), _force(request)
    return page(
        request,
        "desk/words_history.html",
        "words",
        piece=piece,
        occasion=reads.occasion(piece),
        channel=reads.channel(piece),
        languages=reads.history(force, piece, utc_now()),
    )
