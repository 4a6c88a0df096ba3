"""Which reasons the library gives its errors, read from its source: an error with a new one cannot be missed."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("mtl", "demo")
ERRORS = {"DataError", "CheckpointError", "EncoderError", "StorageError", "WorkerLost", "ComparisonError"}
REFUSAL = "refusal"
"""``refusal(reason, …)`` makes a DataError."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def raised(folders: tuple[str, ...] = FOLDERS) -> dict[str, set[str]]:
    """The reasons of each type of error, those among them that are written out where it is made."""
    trees = [ast.parse(path.read_text("utf-8")) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    found: dict[str, set[str]] = defaultdict(set)
    makers = {REFUSAL: ("DataError", 0)}
    for tree in trees:
        for error, reason in _in_calls(tree):
            found[error] |= _texts(reason)
        for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
            passed = [error for error, reason in _in_calls(function) if isinstance(reason, ast.Name)]
            names = [argument.arg for argument in function.args.args]
            if passed and "reason" in names:
                place = names.index("reason") - (names[0] == "self")
                makers[function.name] = (passed[0], place)
                defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
                found[passed[0]] |= _texts(defaults.get("reason"))
    for tree in trees:
        for call in _calls(tree):
            if (maker := makers.get(_name(call))) is not None:
                error, place = maker
                given = call.args[place] if len(call.args) > place else _keyword(call, "reason")
                found[error] |= _texts(given)
    return found


def _in_calls(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The errors that are made here, and what is given as their reason."""
    for call in _calls(tree):
        reason = _keyword(call, "reason")
        if _name(call) in ERRORS and reason is not None:
            yield _name(call), reason


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def _texts(expression: ast.expr | None) -> set[str]:
    """The text itself; of a choice between two its branches, not what is compared."""
    if isinstance(expression, ast.IfExp):
        return _texts(expression.body) | _texts(expression.orelse)
    return {expression.value} if isinstance(expression, ast.Constant) and isinstance(expression.value, str) else set()
