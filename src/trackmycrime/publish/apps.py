from django.apps import AppConfig


class PublishConfig(AppConfig):
    name = "trackmycrime.publish"
    label = "publish"
