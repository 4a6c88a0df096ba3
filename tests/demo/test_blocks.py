"""What the browser draws: no file names anything that it has not."""

from collections.abc import Iterator

import pytest
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from tests.conftest import ROOT

FILES = sorted((ROOT / "demo" / "live").glob("*.js"))
PARSER = Parser(Language(tree_sitter_javascript.language()))
GLOBALS = {
    "Array", "Blob", "Boolean", "CSS", "CustomEvent", "DataTransfer", "Date", "Error", "Event", "Infinity", "JSON",
    "Map", "Math", "MutationObserver", "NaN", "Node", "Number", "Object", "Promise", "ResizeObserver", "Set",
    "String", "URL", "URLSearchParams", "Uint8Array", "WeakMap", "XMLHttpRequest", "clearInterval", "clearTimeout",
    "crypto", "document", "getComputedStyle", "history", "innerHeight", "innerWidth", "localStorage", "location",
    "navigator", "parseFloat", "performance", "requestAnimationFrame", "setInterval", "setTimeout", "undefined",
    "window",
}  # fmt: skip
"""What every browser has."""
BINDING = {"variable_declarator": "name", "function_declaration": "name", "class_declaration": "name"}
BINDING |= {"arrow_function": "parameter", "catch_clause": "parameter", "for_in_statement": "left"}
NAMES = {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def names(node: Node) -> set[str]:
    return {each.text.decode() for each in walk(node) if each.type in NAMES}


def declared(root: Node) -> set[str]:
    """All names that any scope of the file declares."""
    found = set()
    for node in walk(root):
        bound = node.child_by_field_name(BINDING[node.type]) if node.type in BINDING else None
        found |= names(bound) if bound else set()
        if node.type in ("formal_parameters", "import_clause"):
            found |= names(node)
    return found


def unknown(code: str) -> set[str]:
    root = PARSER.parse(code.encode()).root_node
    assert not root.has_error
    return names(root) - declared(root) - GLOBALS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_has_all_that_it_names(path) -> None:
    assert unknown(path.read_text(encoding="utf-8")) == set()


def test_what_is_missing_is_found() -> None:
    code = "import { h } from './dom.js';\nexport const f = (a, { b }) => h(a, b(1), valuesOf(a), ...others, { odd });"
    assert unknown(code) == {"valuesOf", "others", "odd"}
