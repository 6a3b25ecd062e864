"""A class on one server: who belongs to it, what each may ask for, and where their work lies."""
