"""What can be said of a tune once it is read: bars, chords, harmony, ranges, fingerprints."""
