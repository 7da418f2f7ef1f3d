"""A plugin, `pytest -p tests.without_fast_yaml`: the tests run as where the fast YAML parser has no wheel."""

from __future__ import annotations

import sys

sys.modules["yaml_rs"] = None  # type: ignore[assignment]
