"""What peers may say and what may happen. Pure: no clock, no randomness, no I/O."""
