"""What is read off a black box that turns features, by asking it for basis vectors at powers of two."""
