"""The one reader of ABC: text in, tunes and problems out. It knows neither networks nor sound."""
