"""Asking servers: one pure exchange, and thin shells that carry it out."""
