"""What the payments control centre consumes: the feed, its manifest, its verification and its consumer's side."""
