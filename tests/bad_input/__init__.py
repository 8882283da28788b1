"""What no server should send and nobody should type, and what comes of it."""
