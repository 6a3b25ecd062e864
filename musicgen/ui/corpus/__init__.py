"""The page Corpus: tunebooks to look at, and to bring."""
