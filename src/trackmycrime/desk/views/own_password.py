"""An officer's new password."""

from django.http import Http404, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters

from trackmycrime.desk.gate import FORM, allowed
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import own_sign_in
from trackmycrime.people.access import DeskRequest, fresh_only
from trackmycrime.people.limits import TooManyTries

from .signing import SetUp, said, words


@allowed(Act.OWN_SIGN_IN, FORM)
@fresh_only
@sensitive_post_parameters("password")
def password(request: DeskRequest) -> HttpResponse:
    """Change it; every other browser is signed out. Whom the force's provider vouches for has none here."""
    if request.staff.by_provider:
        raise Http404
    form, status = SetUp(request.POST if request.method == "POST" else None), 200
    if form.is_bound and form.is_valid():
        try:
            wrong = own_sign_in.change_officer_password(request, form.cleaned_data["password"], now=utc_now())
            if not wrong:
                return back_to("account", done="password")
            for fault in wrong:
                form.add_error("password", said(fault))
        except TooManyTries as many:
            form.add_error(None, words("error.too_many_tries", minutes=many.minutes))
            status = 429
    email = own_sign_in.officer_email(request)
    return page(request, "desk/signing/password.html", "account", status, form=form, email=email)
