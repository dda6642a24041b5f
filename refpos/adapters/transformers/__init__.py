"""transformers: its own rotary modules inside its own attention layers, and its own tables of sinusoids."""

from refpos.adapters.encoding import Encoding, Framework


def encodings() -> tuple[Encoding, ...]:
    """Return what transformers offers of the catalogue."""
    import transformers  # noqa: F401

    from refpos.adapters.transformers import tables, text, vision

    return (*text.encodings(), *vision.encodings(), *tables.encodings())


FRAMEWORK = Framework(name="transformers", tested=("5.23.0",), encodings=encodings)
