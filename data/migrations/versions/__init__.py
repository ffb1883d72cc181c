"""Schema changes, oldest first by number. A released one is never edited."""
