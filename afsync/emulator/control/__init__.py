"""The emulator's own calls, below `/_emulator/`: what a test or a rehearsal needs and the service does not have."""
