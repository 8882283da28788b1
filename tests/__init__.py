"""What lpwidgets promises, as tests."""
