"""The networks, under one contract, and the files they are kept in."""
