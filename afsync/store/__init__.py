"""State on disk: its text, the local file with its journal and history, the lock."""
