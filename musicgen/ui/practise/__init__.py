"""The sections of the page Practise."""
