"""The kinds of mistakes there are, the first parts of their ids."""

KINDS = {
    "positions", "growth", "pairing", "write", "columns", "sign", "offset", "attention-factor", "scaling", "axes",
    "ladder", "stopped", "base", "unit", "arithmetic", "order", "blocks", "scale", "bfloat16", "float16",
}  # fmt: skip
