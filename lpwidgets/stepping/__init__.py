"""A text made token by token: picked, written, run, taken back, or guessed."""
