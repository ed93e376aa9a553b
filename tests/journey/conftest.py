"""What each of these modules has once: a browser, and an installation with its processes (some bring their own)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.installation import Installation


# imported where they are used: this file is read before Django has its settings
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from tests.support.browsing import browsers

    with browsers() as started:
        yield started


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    from tests.journey.forces import two_forces

    with two_forces() as made:
        yield made
