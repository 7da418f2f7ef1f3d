"""The state: its values, and what each of them records."""
