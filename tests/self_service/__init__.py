"""The shipped self-service flows on real data, on both databases."""
