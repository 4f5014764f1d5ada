"""One reader per format: a file's records as text or typed values, each with its place, and what had to be rejected."""
