"""The state: its text and history, its lock, and where it is kept: on disk, in an object store, on a git branch."""
