"""The addresses at which another case of a person who has joined is offered."""

from django.urls import path

from .views import offers

urlpatterns = [
    path("cases/more/", offers.listed, name="more_cases"),
    path("cases/more/<uuid:invitation>/", offers.take, name="take_case"),
]
