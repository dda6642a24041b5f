"""The machine's C compiler, without which tests fail."""

import shutil
import subprocess

WARNINGS = ("-Wall", "-Wextra", "-Werror")


def compiled(folder, source, *options):
    """Compile a program in a folder, every warning an error, and return where it is."""
    assert shutil.which("cc"), "a C compiler must be on the PATH as cc"
    (folder / "program.c").write_text(source, encoding="utf-8")
    subprocess.run(["cc", *WARNINGS, *options, "-o", "program", "program.c", "-lm"], cwd=folder, check=True)
    return folder / "program"
