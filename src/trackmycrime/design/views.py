"""The one address of the design room: static files of a version that this process does not have."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from .assets import digest


@login_not_required
@require_safe
def other_version(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """Send a page that another machine made during a rolling update on to the files we do have.

    WhiteNoise answers before this for files of our own version; what comes here with our version is not there.
    """
    if version == digest():
        raise Http404
    response = HttpResponseRedirect(static(name))
    response["Cache-Control"] = "no-store"
    return response
