"""Texts that share their beginnings: a tree whose tokens are stored once."""
