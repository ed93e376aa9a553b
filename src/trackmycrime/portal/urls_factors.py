"""The addresses of passkeys, the app for codes and recovery codes: on the way in, and to change them."""

from django.urls import path

from .views import factors

urlpatterns = [
    path("sign-in/passkey/", factors.show_passkey, name="sign_in_passkey"),
    path("sign-in/app/", factors.show_code, name="sign_in_app"),
    path("sign-in/recovery/", factors.show_recovery, name="sign_in_recovery"),
    path("account/passkeys/", factors.passkeys, name="passkeys"),
    path("account/passkeys/<uuid:passkey>/name/", factors.rename_passkey, name="passkey_name"),
    path("account/passkeys/<uuid:passkey>/remove/", factors.remove_passkey, name="passkey_remove"),
    path("account/app/", factors.code_app, name="code_app"),
    path("account/app/remove/", factors.remove_code_app, name="code_app_remove"),
    path("account/recovery/", factors.recovery_codes, name="recovery_codes"),
]
