"""Others' formats in, candidate rows of our tables out."""
