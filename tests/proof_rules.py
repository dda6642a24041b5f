"""What every notebook of proofs keeps to: each rule yields what breaks it, in words."""

import ast
import re
from collections import Counter

LISTED = re.compile(r"\n *([-+*>#]|=+|\d+[.)])( |\n)")
ERRATUM = ("Published: ", "it is false", "corrected: ")


def faults(notebook):
    """Yield what is wrong with a notebook as it is written, before anything runs."""
    if not notebook.cells[0].source.startswith("# "):
        yield "it does not begin with a title"
    for theorem in notebook.theorems:
        yield from (f"{theorem.id}: {one}" for one in _of_theorem(theorem, notebook))
    for cell in notebook.cells:
        rules = _of_code if cell.kind == "code" else _of_prose
        yield from (f"{cell.name}: {one}" for one in (*_of_tags(cell, notebook), *rules(cell, notebook)))
    for flip in notebook.flips:
        yield from (f"{flip}: {one}" for one in _of_flip(flip))


def repeated(theorems):
    """Yield the ids that are not one theorem's only."""
    return (one for one, count in Counter(theorem.id for theorem in theorems).items() if count > 1)


def unlinked(theorems, carriers, mutations):
    """Yield theorems without a test or a mutation, marks and mutations without a theorem, and bad mutations."""
    known = {one.id for one in theorems}
    tested, mutated = {one.theorem for one in carriers}, Counter(one.theorem for one in mutations)
    yield from (f"{one}: no test carries it" for one in sorted(known - tested))
    yield from (f"{one}: no mutation is listed" for one in sorted(known - set(mutated)))
    yield from (f"{one}: marked in a test, and no theorem" for one in sorted(tested - known))
    yield from (f"{one}: mutated, and no theorem" for one in sorted(set(mutated) - known))
    yield from (f"{one}: mutated {count} times" for one, count in mutated.items() if count > 1)
    yield from (f"{one.theorem}: {what}" for one in mutations for what in _of_mutation(one))


def _of_theorem(theorem, notebook):
    cells = [one for one in notebook.cells if theorem.id in one.tags]
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", theorem.id):
        yield "the id is not in kebab-case"
    if not theorem.source:
        yield "no source follows the statement"
    if theorem.kind == "Erratum" and not all(one in theorem.statement for one in ERRATUM):
        yield f"an erratum says {', '.join(ERRATUM)}"
    if not any(one.asserts for one in cells if one.kind == "code"):
        yield "nothing is asserted"
    if not any(one.flips for one in cells):
        yield "no line has a flip"


def _of_tags(cell, notebook):
    if len(cell.tags) > 1:
        yield "it belongs to several theorems"
    known = {one.id for one in notebook.theorems}
    yield from (f"{one} is no theorem of this notebook" for one in cell.tags if one not in known)


def _of_prose(cell, notebook):
    stated = [one.id for one in notebook.theorems if f"(`{one.id}`)." in cell.source]
    if any(one not in cell.tags for one in stated):
        yield "the theorem is not its tag"
    for paragraph in re.split(r"\n\s*\n", cell.source):
        if any("\n" in one and re.search(LISTED, one) for one in re.findall(r"(?<!\$)\$[^$]+\$(?!\$)", paragraph)):
            yield "a line of mathematics begins as an item of a list does"


def _of_code(cell, notebook):
    if not cell.tags and (cell.asserts or cell.flips):
        yield "it asserts or flips for no theorem"
    if not (cell.asserts or _draws(cell) or _bound(cell) & _used_after(cell, notebook)):
        yield "it neither asserts, nor prepares what a later cell asserts, nor draws"
    yield from ("an assertion of constants" for one in cell.asserts if not _names(one.test, ast.Load))
    yield from ("an assertion of a tuple" for one in cell.asserts if isinstance(one.test, ast.Tuple))


def _of_flip(flip):
    if flip.cell.asserts_at(flip.line):
        yield "an assertion is flipped"
    try:
        flipped = flip.flipped.tree
    except SyntaxError:
        yield "it is no Python"
    else:
        if ast.dump(flipped) == ast.dump(flip.cell.tree):
            yield "it changes nothing"


def _of_mutation(one):
    if one.none:
        return
    if not one.file.startswith("refpos/"):
        yield "the mutation is not of refpos"
    elif one.found != 1:
        yield f"what is mutated is found {one.found} times in {one.file}"
    elif one.old == one.new:
        yield "the mutation changes nothing"


def _draws(cell):
    last = cell.tree.body[-1]
    return isinstance(last, ast.Expr) and ast.unparse(last).startswith("drawn(")


def _bound(cell):
    """Return the names that a cell defines."""
    made = {one.name for one in ast.walk(cell.tree) if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    imported = {one.asname or one.name for one in ast.walk(cell.tree) if isinstance(one, ast.alias)}
    return made | imported | _names(cell.tree, ast.Store)


def _used_after(cell, notebook):
    """Return the names that later cells read: those of the same theorem, of any where the cell has none."""
    later = [one for one in notebook.code if one.number > cell.number and (not cell.tags or one.tags == cell.tags)]
    return set().union(*(_names(one.tree, ast.Load) for one in later))


def _names(tree, use):
    return {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, use)}
