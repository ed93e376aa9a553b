"""The addresses by which a person joins. What a mail carries is ``/start/<token>``, and nothing else is a token."""

from django.urls import path, re_path

from trackmycrime.people.codes import LINK_PATTERN

from .views import information, joining

urlpatterns = [
    path("lost/", information.lost, name="lost"),
    path("start/", joining.start, name="join"),
    path("start/code/", joining.code, name="join_code"),
    path("start/text/", joining.text, name="join_text"),
    path("start/account/", joining.account, name="join_account"),
    path("start/again/", joining.again, name="join_again"),
    path("start/sign-in/", joining.existing, name="join_existing"),
    path("start/not-for-me/", joining.not_for_me, name="join_not_for_me"),
    re_path(rf"^start/(?P<token>{LINK_PATTERN})$", joining.link, name="join_link"),
]
