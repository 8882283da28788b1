"""From tokens to decisions: what can be asked of a generation, and what it says."""
