"""The addresses of a look without an account."""

from django.urls import path

from .views import look

urlpatterns = [
    path("look/", look.start, name="look"),
    path("look/code/", look.code, name="look_code"),
    path("look/case/", look.case, name="look_case"),
    path("look/end/", look.end, name="look_end"),
]
