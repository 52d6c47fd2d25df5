"""How fast two or more people reach one another, with ours and with other systems."""
