from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The desk has no tables of its own."""

    name = "trackmycrime.desk"
    label = "desk"
