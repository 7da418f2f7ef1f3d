"""What a plan decides about each job and template."""
