"""One digest of all files of a golden folder, as they are stored or as they are derived."""

from hashlib import sha256


def digest(texts):
    """Return the SHA-256 of texts, each after its name."""
    found = sha256()
    for name in sorted(texts):
        found.update(f"{name}\0{texts[name]}\0".encode())
    return found.hexdigest()


def stored(place):
    """Return the digest of the JSON files of a folder."""
    return digest({path.stem: path.read_text(encoding="utf-8") for path in place.glob("*.json")})
