"""The commands of the program, one group a module."""
