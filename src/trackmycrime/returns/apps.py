from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "trackmycrime.returns"
    label = "returns"
