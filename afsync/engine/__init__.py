"""What happens: the only code that changes anything in the account. Joins api, store and core."""
