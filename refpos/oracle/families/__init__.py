"""What golden files need to know of each family that is not made of angles."""
