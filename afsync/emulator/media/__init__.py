"""Small media files that are what they say they are, made without any codec."""
