"""A team's rules and budget, and whether a plan keeps to them."""
