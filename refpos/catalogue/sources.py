"""Two ways in which the catalogue cites: code at a commit, and a model's own configuration."""

from refpos.catalogue.entry import Source


def code(repository: str, commit: str, path: str, name: str) -> Source:
    """Cite a name in a file of a GitHub repository at a commit or tag."""
    url = f"https://github.com/{repository}/blob/{commit}/{path}"
    return Source(repository, commit, f"{path}, {name}", url)


def config(model: str, keys: str, *, copy: str = "", revision: str = "main") -> Source:
    """Cite keys of a model's `config.json` on Hugging Face: a revision, or what a copy elsewhere says."""
    url = f"https://huggingface.co/{model}/blob/{revision}/config.json"
    return Source(model, f"copy in {copy}" if copy else revision, f"config.json, {keys}", url)
