"""Taking over what the account holds already."""
