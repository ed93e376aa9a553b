"""The addresses under which a person's invitation is looked at, made, printed and taken back."""

from django.urls import path

from .views import identity, invitations, letters

urlpatterns = [
    path("people/<uuid:victim_id>/invitation/", invitations.invitation, name="invitation"),
    path("people/<uuid:victim_id>/invitation/code/", invitations.code, name="code"),
    path("people/<uuid:victim_id>/invitation/letter/", letters.invitation, name="invitation_letter"),
    path("people/<uuid:victim_id>/invitation/again/", invitations.again, name="invite_again"),
    path("people/<uuid:victim_id>/invitation/by-letter/", letters.invite, name="invite_by_letter"),
    path("people/<uuid:victim_id>/identity/", identity.check, name="check_identity"),
    path("people/<uuid:victim_id>/invitation/in-person/", invitations.in_person, name="in_person"),
    path("people/<uuid:victim_id>/invitation/revoke/", invitations.revoke, name="revoke"),
]
