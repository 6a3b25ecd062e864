"""The command line's commands, one file each: options in, the package's functions, words out."""
