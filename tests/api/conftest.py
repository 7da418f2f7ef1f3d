"""What every test of `api` leaves behind is closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .support import OPEN


@pytest.fixture(autouse=True)
def _closing() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()
