"""Honest implementations: every encoding as frameworks write it, once, over the arrays of several libraries."""
