"""The addresses of staying in control: sessions, freezing the account, and one's own address and number."""

from django.urls import path

from .views import control, own_addresses

urlpatterns = [
    path("account/devices/", control.devices, name="devices"),
    path("account/devices/end/", control.end_all, name="devices_end_all"),
    path("account/devices/<str:name>/end/", control.end, name="devices_end"),
    path("account/freeze/", control.freeze, name="freeze"),
    path("settings/contact/", own_addresses.page, name="own_addresses"),
    path("settings/contact/<uuid:victim>/<str:channel>/", own_addresses.change, name="own_address"),
    path("settings/contact/code/<uuid:batch>/", own_addresses.code, name="own_address_code"),
    path("session/", control.left, name="session_left"),
    path("session/stay/", control.stay, name="session_stay"),
]
