"""The rules of the house, as far as a parser can see them."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*ROOT.glob("mtl/**/*.py"), *ROOT.glob("demo/**/*.py"), ROOT / "app.py"])
MTL = [path for path in SOURCES if path.is_relative_to(ROOT / "mtl")]

ENTRY_POINTS = {"mtl/worker.py", "mtl/__main__.py", "app.py"}
HEAVY = {"torch", "transformers", "accelerate", "torchjd", "datasets", "sklearn", "scipy"}
RECORDER = "demo/lessons/record.py"
"""A script of its own, run by hand: it asks a real model."""
TORCH_FREE = {"mtl/errors.py", "mtl/checks.py", "mtl/encoders.py"} | {
    path.relative_to(ROOT).as_posix()
    for path in ROOT.glob("mtl/data/**/*.py")
    if path.name not in ("batches.py", "reading.py", "tokens.py")
}
FORBIDDEN_NAMES = re.compile(r"(utils?|helpers?|common|misc|managers?|base)(_.*)?|.*_(utils?|helpers?|manager)")
TOP_LEVEL = {
    "demo", "mtl", "checkpoints", "tests", ".ci",
    "app.py", "requirements.txt", "requirements-dev.txt", "README.md", "pyproject.toml", "LICENSE", ".gitignore",
}  # fmt: skip

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """Every module named by these import statements, and ``module.name`` for each ``from module import name``."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: no function bodies, nothing only for the type checker."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)


def documented(node: ast.AST) -> bool:
    return ast.get_docstring(node) is not None  # type: ignore[arg-type]


def body_lines(function: Function) -> int:
    """Lines from ``def`` to the end, without the docstring."""
    docstring = function.body[0] if documented(function) else None
    said = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
    return function.end_lineno - function.lineno + 1 - said


def functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def first_parts(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_only_go_down(path: Path) -> None:
    names = first_parts(imported(ast.walk(parsed(path))))
    if path in MTL:
        assert not names & {"demo", "app", "gradio", "plotly", "gradio_client"}
    else:
        assert "app" not in names
    assert "tests" not in names


def test_the_page_loads_torch_in_one_place_and_late() -> None:
    for path in SOURCES:
        if path not in MTL:
            assert not first_parts(imported(at_import(parsed(path)))) & HEAVY, name_of(path)
    late = {
        name_of(path) for path in SOURCES if path not in MTL and "mtl.inference" in imported(ast.walk(parsed(path)))
    }
    assert late <= {"demo/asking.py", RECORDER}


def light_modules() -> list[str]:
    """Everything the page may import: mtl.runs, mtl.analysis, the tables, and demo itself."""
    rooms = ("mtl/runs/", "mtl/analysis/", "demo/")
    light = [path for path in SOURCES if name_of(path).startswith(rooms) and name_of(path) != RECORDER]
    tables = [ROOT / "mtl" / room / "__init__.py" for room in ("balancing", "sharing", "tasks")]
    light += [ROOT / name for name in TORCH_FREE] + tables
    return sorted({module_of(path) for path in light if path.exists()})


def test_the_page_and_what_it_reads_import_no_torch() -> None:
    code = f"""
import importlib, sys
for name in {light_modules()!r}:
    importlib.import_module(name)
    heavy = {HEAVY!r} & set(sys.modules)
    assert not heavy, f"{{name}} imports {{heavy}}"
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_runs_need_only_the_standard_library() -> None:
    for path in ROOT.glob("mtl/runs/*.py"):
        others = first_parts(imported(ast.walk(parsed(path)))) - set(sys.stdlib_module_names)
        assert others <= {"mtl"}, name_of(path)


def test_imports_make_no_cycle() -> None:
    modules = {module_of(path): path for path in SOURCES}
    graph = {name: (imported(at_import(parsed(path))) & modules.keys()) - {name} for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"import cycle: {' → '.join((*trail, name))}"
        if name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("package", ["mtl", "demo"])
def test_the_top_packages_are_empty(package: str) -> None:
    assert (ROOT / package / "__init__.py").read_text() == ""


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_entry_points_read_the_environment(path: Path) -> None:
    if name_of(path) in ENTRY_POINTS:
        return
    read = {ast.unparse(node) for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
    read |= imported(ast.walk(parsed(path)))
    assert not read & {"os.environ", "os.getenv", "os.putenv", "sys.argv"}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_runs_data_as_code(path: Path) -> None:
    tree = parsed(path)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {ast.unparse(call.func) for call in calls}
    assert not called & {"eval", "exec", "__import__", "compile", "torch.load", "os.system"}
    assert not first_parts(imported(ast.walk(tree))) & {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for call in calls:
        for keyword in call.keywords:
            code = keyword.arg in {"trust_remote_code", "shell"}
            assert not code or ast.unparse(keyword.value) == "False", f"line {call.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_functions_and_signatures_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES
    for function in functions(parsed(path)):
        assert body_lines(function) <= MAX_FUNCTION_LINES, function.name
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        own = [each for each in named if each.arg not in {"self", "cls"}]
        assert len(own) <= MAX_PARAMETERS, function.name


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_names_say_what_is_inside(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    assert not [part for part in parts if FORBIDDEN_NAMES.fullmatch(part)]


@pytest.mark.parametrize("path", MTL, ids=name_of)
def test_what_is_public_in_the_library_is_documented(path: Path) -> None:
    tree = parsed(path)
    assert documented(tree) or not tree.body, "the module has no docstring"
    undocumented = [node.name for node in public(tree) if not documented(node)]
    assert not undocumented


def public(scope: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """Classes and functions without a leading underscore, and the methods of such classes.

    What overrides a documented method of a base class says nothing new, and is left out.
    """
    for node in scope.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if isinstance(scope, ast.ClassDef) and scope.bases and isinstance(node, Function):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


@pytest.mark.parametrize("path", sorted(ROOT.glob("demo/live/**/*.js")), ids=name_of)
def test_scripts_never_write_markup(path: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
    script = path.read_text(encoding="utf-8")
    assert not re.findall(forbidden, script)
    assert len(script.splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("path", sorted(ROOT.glob("demo/tabs/*.py")), ids=name_of)
def test_tabs_hold_no_words(path: Path) -> None:
    tree = parsed(path)
    notes = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in notes]
    texts = [node.value for node in constants if isinstance(node.value, str)]
    sentences = [text for text in texts if " " in text.strip() and re.search(r"[^\W\d_]", text)]
    assert not [text for text in sentences if not MACHINE_TEXT.fullmatch(text)]


MACHINE_TEXT = re.compile(r"[a-z0-9 _-]+|.*(=>|</|\(\)|;).*", re.DOTALL)
"""Class lists, scripts and markup are not words for people; they hold signs that sentences do not."""


def test_nothing_else_lies_at_the_top() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert {name.partition("/")[0] for name in done.stdout.split("\0") if name} <= TOP_LEVEL
