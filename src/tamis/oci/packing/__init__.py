"""A module as an artifact, and an artifact back to its module: layouts, gzip, tar, metadata."""
