"""The addresses of staying in control: sessions, freezing the account, and one's own address and number."""

from django.urls import path

from .views import control

urlpatterns = [
    path("account/devices/", control.devices, name="devices"),
    path("account/devices/end/", control.end_all, name="devices_end_all"),
    path("account/devices/<str:name>/end/", control.end, name="devices_end"),
    path("account/freeze/", control.freeze, name="freeze"),
    path("session/", control.left, name="session_left"),
    path("session/stay/", control.stay, name="session_stay"),
]
