"""One file, one command, one short function returning an exit code."""
