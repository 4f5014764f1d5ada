"""Broken input: a catalogue of the kinds of fault that providers' files have, each with what must become of every row."""
