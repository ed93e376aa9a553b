"""The addresses of the portal. A page needs somebody signed in unless its view is `open_to_all` (people.access)."""

from django.urls import include, path

from .views import cases, contact, errors, information, messages, phone, sent, session, tongue, unsubscribing

urlpatterns = [
    path("", information.home, name="home"),
    path("sign-in/", session.sign_in, name="sign_in"),
    path("sign-out/", session.sign_out, name="sign_out"),
    path("signed-out/", session.signed_out, name="signed_out"),
    path("cases/", cases.mine, name="cases"),
    path("cases/<uuid:id>/", cases.one, name="case"),
    path("cases/<uuid:id>/messages/", messages.thread, name="messages_of"),
    path("messages/", messages.threads, name="messages"),
    path("settings/", contact.edit, name="settings"),
    path("settings/language/", tongue.ask, name="tongue"),
    path("settings/phone/", phone.page, name="phone"),
    path("settings/phone/add/", phone.add, name="phone_add"),
    path("settings/phone/<uuid:device>/remove/", phone.remove, name="phone_remove"),
    path("worker.js", phone.worker, name="worker"),
    path("app.webmanifest", phone.manifest, name="manifest"),
    path("settings/sent/", sent.sent, name="sent"),
    path("help/", information.help_page, name="help"),
    path("safety/", information.safety, name="safety"),
    path("safety/tab/", information.tab, name="tab"),
    path("rights/", information.rights, name="rights"),
    path("privacy/", information.privacy, name="privacy"),
    path("cookies/", information.cookies, name="cookies"),
    path("terms/", information.terms, name="terms"),
    path("accessibility/", information.accessibility, name="accessibility"),
    path("language/<slug:code>/", information.language, name="language"),
    path("settings/address/", contact.confirm_address, name="confirm_address"),
    path("unsubscribe/<str:token>", unsubscribing.page, name="unsubscribe"),
    path("", include("trackmycrime.portal.urls_people")),
    path("", include("trackmycrime.portal.urls_offers")),
    path("", include("trackmycrime.portal.urls_look")),
    path("", include("trackmycrime.portal.urls_helping")),
    path("", include("trackmycrime.portal.urls_control")),
    path("", include("trackmycrime.portal.urls_signing")),
    path("", include("trackmycrime.portal.urls_factors")),
    path("", include("trackmycrime.portal.urls_one_login")),
    path("", include("trackmycrime.design.urls")),
]
handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler405 = errors.not_this_way
handler500 = errors.problem
