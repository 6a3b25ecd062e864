"""A tune as sound, as score and as files, for the pages and the command line."""
