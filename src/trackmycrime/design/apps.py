from django.apps import AppConfig


class DesignConfig(AppConfig):
    """Templates, static files and form rendering; no tables."""

    name = "trackmycrime.design"
    label = "design"
