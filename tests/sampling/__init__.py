"""Sampling: the rules, their exactness, and what goes wrong around them."""
