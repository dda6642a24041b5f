"""What judges: bounds, frozen inputs, neighbouring mistakes, and the check that brings them together."""
