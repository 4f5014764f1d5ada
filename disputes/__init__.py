"""The dispute queue: cases, their members and what is decided about them."""
