"""From a MIDI file to a tune in ABC: the melody, its grid, its bars and its key."""
