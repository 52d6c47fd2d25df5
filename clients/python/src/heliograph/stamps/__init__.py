"""Several stamps: who is there, and by which of them a message goes."""
