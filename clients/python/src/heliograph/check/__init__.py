"""Whether people can meet at the stamps that run: what `heliograph check` does."""
