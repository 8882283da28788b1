"""Whether scores mean what they say, and what to do when they do not."""
