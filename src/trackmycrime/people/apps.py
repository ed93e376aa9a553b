from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "trackmycrime.people"
    label = "people"
