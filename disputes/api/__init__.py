"""The queue over HTTP: the console's steps for programs, under the console's rules."""
