"""The project of the tests of the command line."""

from tests.cli.conftest import applied, emulator, sandbox

__all__ = ["applied", "emulator", "sandbox"]
