"""Channels that are told what happens, against a receiver on a real socket."""
