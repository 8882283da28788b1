"""The client against everything that goes wrong."""
