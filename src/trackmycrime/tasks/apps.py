from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "trackmycrime.tasks"
    label = "tasks"
