"""Looking inside a network: what its units follow, what they are for, where it looks."""
