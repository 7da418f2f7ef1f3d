"""Lost answers, and states that were lost or are older than the account."""
