"""The described API is attacked with what its description allows, and with what it does not."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test.utils import override_settings
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.gateway.sending import Sender, sender
from tests.support.doors import role, settings_of
from tests.support.events import NOW
from trackmycrime.feed.contract import LINES
from trackmycrime.gateway.description import describe
from trackmycrime.returns import readers

pytestmark = pytest.mark.django_db


@schemathesis.serializer(LINES)
def lines(_context: Any, value: Any) -> bytes:
    """Schemathesis does not know NDJSON: send the text as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


def door(environ: dict[str, Any], start_response: Any) -> Any:
    """The gateway as WSGI, with its own settings and its own database rights, in this test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)  # as Django's own test client does: the transaction goes on
    try:
        with override_settings(**settings_of("gateway")), role("gateway"):
            return [b"".join(WSGIHandler()(environ, start_response))]
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


schema = schemathesis.openapi.from_dict(
    describe(),
    config=SchemathesisConfig.from_dict(
        {
            "generation": {"mode": "all"},
            # It tries every combination, which takes a minute; it was run, and random ones find the same.
            "phases": {"coverage": {"enabled": False}},
            # A wrong event is refused in the results of a 200: single events never fail a batch.
            "checks": {"negative_data_rejection": {"enabled": False}},
        }
    ),
)
schema.app = door


@pytest.fixture
def niche() -> Sender:
    made = sender()
    readers.allow(made.source, now=NOW)
    return made


@schema.parametrize()
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_its_description(case: Any, niche: Sender) -> None:
    headers = {"Authorization": f"Bearer {niche.token}"}
    response: Response = case.call(headers=headers)
    assert response.status_code < 500
    # A string is all that OpenAPI 3.1 can say of NDJSON, and not every string is NDJSON.
    excluded = [positive_data_acceptance] if case.media_type == LINES else []
    case.validate_response(response, headers=headers, excluded_checks=excluded)
