"""The addresses of who sees a case with its victim, and of organisations."""

from django.urls import path

from .views import sharing

urlpatterns = [
    path("victims/<uuid:victim_id>/people/", sharing.people, name="sharing"),
    path("victims/<uuid:victim_id>/guardian/", sharing.guardian, name="guardian"),
    path("access/<uuid:access_id>/end/", sharing.end, name="end_access"),
    path("organisations/", sharing.listed, name="organisations"),
    path("organisations/<uuid:organisation_id>/", sharing.administrator, name="organisation"),
    path("organisations/<uuid:organisation_id>/close/", sharing.close, name="close_organisation"),
]
