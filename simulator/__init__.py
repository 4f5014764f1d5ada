"""A marketplace that trades, cheats and complains; writes provider-style files and keeps the truth apart."""
