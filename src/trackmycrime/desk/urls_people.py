"""The addresses by which an officer comes in. ``trackmycrime officer add`` prints the one with the token."""

from django.urls import path, re_path

from trackmycrime.people.codes import LINK_PATTERN

from .views import signing

urlpatterns = [
    path("sign-in/", signing.sign_in, name="sign_in"),
    path("sign-out/", signing.sign_out, name="sign_out"),
    path("signed-out/", signing.signed_out, name="signed_out"),
    re_path(rf"^set-up/(?P<token>{LINK_PATTERN})$", signing.set_up, name="set_up"),
]
