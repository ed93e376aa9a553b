from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "trackmycrime.cases"
    label = "cases"
