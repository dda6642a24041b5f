"""What can be said: every description of a positional encoding, as plain frozen data."""
