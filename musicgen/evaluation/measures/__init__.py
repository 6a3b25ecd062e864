"""What is measured of a tune and of a set: pure functions, one subject each, with their sources."""
