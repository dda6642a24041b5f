"""What each encoding computes, in NumPy: the readable rendering."""
