"""What people already hold: objects of other libraries, dicts, text, files."""
