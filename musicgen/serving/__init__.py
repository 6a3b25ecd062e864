"""The program as a service: tunes over HTTP for other programs, batched, bounded and measured."""
