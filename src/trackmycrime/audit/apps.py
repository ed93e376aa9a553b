from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "trackmycrime.audit"
    label = "audit"
