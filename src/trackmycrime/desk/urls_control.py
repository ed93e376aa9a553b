"""The addresses by which an officer sees and ends their sessions, and goes on with one."""

from django.urls import path

from .views import control

urlpatterns = [
    path("account/devices/", control.devices, name="devices"),
    path("account/devices/end/", control.end_all, name="devices_end_all"),
    path("account/devices/<str:name>/end/", control.end, name="devices_end"),
    path("session/", control.left, name="session_left"),
    path("session/stay/", control.stay, name="session_stay"),
]
