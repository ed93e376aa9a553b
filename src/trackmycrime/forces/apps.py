from django.apps import AppConfig


class ForcesConfig(AppConfig):
    name = "trackmycrime.forces"
    label = "forces"
