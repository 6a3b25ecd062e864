"""The sections of the page Tunebook."""
