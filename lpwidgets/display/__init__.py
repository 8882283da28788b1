"""Showing generations: the widget, its frames, the static fallback, the magics."""
