"""The same small program with ours and with other systems: how many lines, and does it run?"""
