"""Orders, addresses and tickets of a shop's customers."""
