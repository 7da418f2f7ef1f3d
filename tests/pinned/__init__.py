"""What users see, written down: every command on a fixed project at a fixed time."""
