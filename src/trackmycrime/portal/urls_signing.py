"""The addresses of signing in, and of what somebody decides about how they do."""

from django.urls import path

from .views import account, codes, confirm, own_email, own_sign_in, second

urlpatterns = [
    path("account/", account.hub, name="account"),
    path("account/email/", own_email.change, name="own_email"),
    path("account/email/code/", own_email.code, name="own_email_code"),
    path("account/password/", own_sign_in.password, name="own_password"),
    path("account/second/", own_sign_in.second, name="own_second"),
    path("sign-in/code/", codes.ask, name="sign_in_code"),
    path("sign-in/code/type/", codes.typed, name="sign_in_code_typed"),
    path("sign-in/second/", second.step, name="second_step"),
    path("confirm/", confirm.confirm, name="confirm"),
]
