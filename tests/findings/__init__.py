"""What each check finds in answers as servers send them, and its near misses."""
