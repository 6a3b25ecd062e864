"""The sections of the page Ship: smaller, compared, heard blind, taken away."""
