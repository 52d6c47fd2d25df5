"""Machine-readable contracts, made of the code's own types: `python -m contracts`."""
