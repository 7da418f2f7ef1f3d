"""The plan: how it is made, what it holds, in which order it is carried out."""
