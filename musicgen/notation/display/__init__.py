"""A tune as it is to be looked at: moved, laid out in lines, its notes named."""
