"""Is it copied? What tunes share with those that a network learned from."""
