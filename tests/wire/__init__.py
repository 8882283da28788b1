"""Recorded bodies of each dialect, and what they must decode to."""
