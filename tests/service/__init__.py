"""The whole service through the real command: uploads, review, results, watching, account."""
