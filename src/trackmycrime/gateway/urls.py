"""Every address of the gateway."""

from django.urls import path

from trackmycrime.gateway import published
from trackmycrime.gateway.description import openapi
from trackmycrime.gateway.feed import events, state, whoami
from trackmycrime.gateway.health import healthz
from trackmycrime.gateway.receipts import receive, receive_mail
from trackmycrime.gateway.returns import acknowledge, returns

urlpatterns = [
    path("api/feed/v1/events", events),
    path("api/feed/v1/whoami", whoami),
    path("api/feed/v1/state", state),
    path("api/feed/v1/returns", returns),
    path("api/feed/v1/returns/ack", acknowledge),
    path("api/feed/v1/openapi.json", openapi),
    path("api/feed/v1/asyncapi.json", published.asyncapi),
    path("api/feed/v1/schemas/index.json", published.index),
    path("api/feed/v1/schemas/<str:type_>.json", published.schema),
    path("receipts/mail", receive_mail),
    path("receipts/<path:provider>", receive),
    path("healthz", healthz),
]

handler400 = "trackmycrime.gateway.answers.unreadable"
handler403 = "trackmycrime.gateway.answers.unreadable"
handler404 = "trackmycrime.gateway.answers.missing"
handler500 = "trackmycrime.gateway.answers.failed"
