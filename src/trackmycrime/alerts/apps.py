from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "trackmycrime.alerts"
    label = "alerts"
