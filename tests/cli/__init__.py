import pytest

pytest.register_assert_rewrite("tests.harness", "tests.scenarios.world")
