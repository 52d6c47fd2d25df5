"""TURN: what we mint, what it may cost, and what a server gives to strangers."""
