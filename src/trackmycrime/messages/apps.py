from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "trackmycrime.messages"
    label = "messages"
