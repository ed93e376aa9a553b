"""The addresses of letting somebody in to a case, and of helping with one."""

from django.urls import path, re_path

from trackmycrime.people.codes import LINK_PATTERN

from .views import helping, people

urlpatterns = [
    path("cases/<uuid:id>/people/", people.people, name="case_people"),
    path("cases/<uuid:id>/people/add/", people.add, name="case_people_add"),
    path("cases/<uuid:id>/people/organisation/", people.organisation, name="case_people_organisation"),
    path("cases/<uuid:id>/people/code/", people.code, name="case_people_code"),
    path("people/<uuid:access>/change/", people.change, name="people_change"),
    path("people/<uuid:access>/again/", people.again, name="people_again"),
    path("people/<uuid:access>/end/", people.end, name="people_end"),
    path("people/<uuid:access>/contact/", people.hand_over, name="people_hand_over"),
    path("helping/", helping.mine, name="helping"),
    path("helping/code/", helping.code, name="helping_code"),
    path("helping/account/", helping.account, name="helping_account"),
    path("helping/not-for-me/", helping.not_for_me, name="helping_not_for_me"),
    re_path(rf"^helping/start/(?P<token>{LINK_PATTERN})$", helping.link, name="helping_link"),
    path("helping/<uuid:access>/leave/", helping.leave, name="helping_leave"),
    path("helping/<uuid:access>/alerts/", helping.alerts, name="helping_alerts"),
    path("helping/team/<uuid:organisation>/", helping.team, name="helping_team"),
    path("helping/member/<uuid:member>/off/", helping.off, name="helping_off"),
]
