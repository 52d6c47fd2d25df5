"""What calls cost, and how often people can meet: forecasts from prices and measured use."""
