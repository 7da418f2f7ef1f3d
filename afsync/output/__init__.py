"""Plans, outcomes and problems as text and JSON. Returns strings; only commands print."""
