"""The page Inside: what the units of a network do, heard, seen and measured."""
