from django.apps import AppConfig


class FeedConfig(AppConfig):
    name = "trackmycrime.feed"
    label = "feed"
