from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    """Stands last in INSTALLED_APPS, so that its post_migrate sees every table of the other rooms."""

    name = "trackmycrime.kernel"
    label = "kernel"

    def ready(self) -> None:
        from . import walls

        post_migrate.connect(walls.on_migrate, sender=self)
