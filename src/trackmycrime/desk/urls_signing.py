"""The addresses of signing in at the desk, and of what an officer decides about how they do."""

from django.urls import path

from .views import account, confirm, own_password, second

urlpatterns = [
    path("account/", account.hub, name="account"),
    path("account/password/", own_password.password, name="own_password"),
    path("sign-in/second/", second.step, name="second_step"),
    path("confirm/", confirm.confirm, name="confirm"),
]
