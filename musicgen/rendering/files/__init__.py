"""Taking a tune away in every format, and the way back from any of these files."""
