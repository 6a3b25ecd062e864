"""The page Evaluate: reports on what models compose."""
