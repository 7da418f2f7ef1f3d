"""The files: what they may say, and what is said when they are wrong."""
