"""The clients of Azure services, and what takes their place in memory."""
