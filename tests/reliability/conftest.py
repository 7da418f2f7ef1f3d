"""One service and one worker for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reliability.lab import Lab, lab


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as opened:
        yield opened
