"""Forecasts: what calls cost, from prices and measured use; how available the design is."""
