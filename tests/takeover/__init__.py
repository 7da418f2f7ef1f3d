"""Accounts that were there before afsync, and moving things around in one that is managed."""
