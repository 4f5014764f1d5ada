"""The vocabulary: what every table promises. Imports nothing else of the project."""
