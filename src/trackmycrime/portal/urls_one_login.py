"""The addresses of signing in by GOV.UK One Login. What is registered there: ``/sign-in/one-login/back/``, and for
back-channel logout ``/sign-in/one-login/logout/``."""

from django.urls import path

from .views import one_login

urlpatterns = [
    path("sign-in/one-login/", one_login.there, name="one_login_there"),
    path("sign-in/one-login/back/", one_login.back, name="one_login_back"),
    path("sign-in/one-login/logout/", one_login.logged_out, name="one_login_logout"),
    path("confirm/one-login/", one_login.confirm, name="one_login_confirm"),
    path("account/one-login/", one_login.mine, name="one_login"),
    path("account/one-login/connect/", one_login.connect, name="one_login_connect"),
    path("start/one-login/", one_login.join, name="one_login_start"),
    path("start/one-login/joined/", one_login.joined, name="one_login_join"),
]
