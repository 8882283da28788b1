"""A dozen tiny requests that say what a server really does."""
