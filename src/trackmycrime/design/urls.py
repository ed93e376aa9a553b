from django.urls import path

from .views import other_version

app_name = "design"
urlpatterns = [path("static/<slug:version>/<path:name>", other_version, name="other_version")]
