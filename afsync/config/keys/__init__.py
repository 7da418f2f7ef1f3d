"""Every key of the files, defined once: its type, its default, what it means, and what is checked of its value.

The quick check (`part.fits`) reads a file straight into these structs. What explains mistakes and describes the format
(`config.models`, pydantic) is made of them by program, and only when something is to be explained.
"""
