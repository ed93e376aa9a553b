from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "trackmycrime.delivery"
    label = "delivery"
