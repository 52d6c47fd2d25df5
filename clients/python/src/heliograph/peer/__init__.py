"""One other member and the connection to it."""
