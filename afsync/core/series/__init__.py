"""Series: which days a rule has, and what its occurrences mean for a plan."""
