"""The sections of the page Listen: for whoever makes a study, and for those who listen."""
