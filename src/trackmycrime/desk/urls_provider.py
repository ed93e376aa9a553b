"""The addresses of signing in by a force's own provider. What is registered there: ``/sign-in/back/`` and, for the
provider to say that somebody is signed out, ``/sign-in/with/<force>/logout/``."""

from django.urls import path

from .views import provider

urlpatterns = [
    path("sign-in/with/<slug:slug>/", provider.there, name="provider"),
    path("sign-in/with/<slug:slug>/logout/", provider.logged_out, name="provider_logout"),
    path("sign-in/back/", provider.back, name="provider_back"),
    path("sign-in/again/", provider.again, name="provider_again"),
    path("confirm/provider/", provider.confirm, name="provider_confirm"),
]
