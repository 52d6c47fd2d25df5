"""The same small program with Heliograph and with other systems: how many lines, and does it run?"""
