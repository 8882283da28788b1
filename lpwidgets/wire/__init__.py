"""From bytes to records: framing, and one module for each dialect. Pure, no I/O."""
