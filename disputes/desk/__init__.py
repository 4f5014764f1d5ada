"""The desk: the pages on which people work, one module per page, every address behind one gate."""
