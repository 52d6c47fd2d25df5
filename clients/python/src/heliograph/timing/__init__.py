"""Waiting, repeating, and tasks."""
