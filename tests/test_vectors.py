"""Where golden files are."""

from refpos.oracle.vectors import folder


def test_the_golden_folder_is_there():
    assert (folder() / "README.md").is_file()
