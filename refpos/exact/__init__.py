"""What each encoding computes, certified: integers with a proved bound, in the standard library alone."""
