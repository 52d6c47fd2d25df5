"""What talks to Azure, and the in-memory twins of it."""
