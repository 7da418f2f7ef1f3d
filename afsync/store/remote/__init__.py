"""A state that is kept elsewhere, as one document under a key: everything but how a key is reached (`backend`)."""
