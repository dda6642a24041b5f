"""The frameworks that refpos can check: one small file each, imported only when asked for."""
