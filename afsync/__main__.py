"""`python -m afsync`, and the `afsync` command."""

from afsync.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
