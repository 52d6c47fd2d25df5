"""Documents that change only by `update(key, decide)`, and the rooms kept in them."""
