"""The rules of the house that no linter knows: what is in the repository, and what must not be."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
SCRIPTS = [path for path in TRACKED if path.suffix == ".py"]
PACKAGE = [path for path in SCRIPTS if path.is_relative_to(ROOT / "musicgen")]
PAGES = [path for path in SCRIPTS if path == ROOT / "app.py" or path.parent == ROOT / "pages"]
LISTS = (
    ROOT / "requirements.txt",
    ROOT / "requirements-dev.txt",
    ROOT / "requirements-trackers.txt",
    ROOT / "requirements-litert.txt",
    ROOT / "requirements-search.txt",
    ROOT / "requirements-cluster.txt",
)

EXTRAS = LISTS[4:]
"""What the tests do without where it is not installed: the first package of a list says whether."""

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(
    "|".join("/" + name + "/[a-z]" for name in ("work", "tmp", "root", "home"))
)
REGISTRY = re.compile(
    r"py" + r"pi\.org|python" + r"hosted\.org|registry\.npm" + r"js|download\.py" + r"torch"
)
RUNS_CODE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read_text(path: Path) -> str:
    """A file's text; empty for a binary file."""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode("utf-8")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_modules(path: Path) -> set[str]:
    """The outermost names of all modules a script imports, anywhere in it."""
    modules = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.partition(".")[0])
    return modules


def pins(path: Path) -> dict[str, str]:
    """Exact versions by normalised name, as a list of requirements gives them."""
    text = path.read_text(encoding="utf-8")
    lines = [line.partition(" #")[0].strip() for line in text.splitlines()]
    entries = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in entries), entries
    found = [normal(line.partition("==")[0]) for line in entries]
    assert len(set(found)) == len(found), f"twice in {path.name}"
    return dict(zip(found, (line.partition("==")[2] for line in entries), strict=True))


def find_version(distribution: str) -> str:
    """The version that is installed, without its build; empty if none is."""
    try:
        return importlib.metadata.version(distribution).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""


def normal(distribution: str) -> str:
    """A distribution's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_the_rules_have_something_to_look_at():
    assert {"app.py", "pyproject.toml", "musicgen/config.py"} <= {name(path) for path in TRACKED}


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_file_names_a_place_of_one_machine_or_one_registry(pattern):
    found = [
        f"{name(path)}: {line.strip()[:80]}"
        for path in TRACKED
        for line in read_text(path).splitlines()
        if pattern.search(line)
    ]
    assert found == []


def test_what_set_up_fetches_is_not_in_the_repository():
    fetched = re.compile(r"(^|/)(irish\.abc|abcjs[^/]*\.js|[^/]*\.sf[23])$|^(data|node_modules)/")
    assert [name(path) for path in TRACKED if fetched.search(name(path))] == []


def test_the_bundled_checkpoints_stay_small():
    checkpoints = [path for path in TRACKED if path.is_relative_to(ROOT / "checkpoints")]
    assert max(path.stat().st_size for path in checkpoints) <= 12e6
    assert sum(path.stat().st_size for path in checkpoints) <= 33e6
    others = {name(path) for path in set(TRACKED) - set(checkpoints) if path.stat().st_size > 2**20}
    assert others == set()


def test_the_lock_file_names_no_address_to_fetch_from():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [key for key, entry in packages.items() if "resolved" in entry] == []
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text().splitlines()


@pytest.mark.parametrize("path", LISTS, ids=name)
def test_requirements_are_pinned_to_the_versions_that_are_tested(path):
    pinned = pins(path)
    here = {key: version for key in pinned if (version := find_version(key))}
    is_left_out = path in EXTRAS and next(iter(pinned)) not in here
    assert is_left_out or here == pinned


def test_no_requirement_is_pinned_twice():
    pinned = [package for path in LISTS for package in pins(path)]
    assert len(pinned) == len(set(pinned))


def test_everything_that_is_imported_is_required():
    providers = importlib.metadata.packages_distributions()
    optional = {
        ROOT / "musicgen" / "training" / "trackers.py": LISTS[2],
        ROOT / "musicgen" / "export" / "litert_export.py": LISTS[3],
        ROOT / "musicgen" / "export" / "litert_graph.py": LISTS[3],
        ROOT / "musicgen" / "jobs" / "sweep_search.py": LISTS[4],
        ROOT / "musicgen" / "places" / "ray_cluster.py": LISTS[5],
    }
    for path in [*PACKAGE, *PAGES]:
        required = set(pins(LISTS[0])) | (set(pins(optional[path])) if path in optional else set())
        foreign = imported_modules(path) - sys.stdlib_module_names - {"musicgen"}
        missing = {
            module
            for module in foreign
            if not required & {normal(provider) for provider in providers.get(module, (module,))}
        }
        assert missing == set(), name(path)


def test_pages_are_short_scripts():
    lengths = {name(path): len(read_text(path).splitlines()) for path in PAGES}
    assert {page: length for page, length in lengths.items() if length > 120} == {}


def test_module_names_say_what_is_in_them():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "abc"}
    assert [name(path) for path in PACKAGE if path.stem in vague] == []


def test_packages_do_nothing_when_they_are_imported():
    """Their `__init__.py` holds a docstring, and at most constants such as the version."""
    busy = [
        name(path)
        for path in PACKAGE
        if path.name == "__init__.py"
        and path.parent != ROOT / "musicgen"  # the public interface, read when it is asked for
        and not (ast.get_docstring(tree(path)) and all(map(is_constant, tree(path).body[1:])))
    ]
    assert busy == []


def is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)


def test_nothing_that_runs_code_on_loading_is_imported():
    found = {name(path): imported_modules(path) & RUNS_CODE for path in SCRIPTS}
    assert {path: modules for path, modules in found.items() if modules} == {}


def test_no_program_is_called_through_a_shell():
    def is_shell(call: ast.Call) -> bool:
        through = any(
            keyword.arg == "shell"
            and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
            for keyword in call.keywords
        )
        return through or ast.unparse(call.func) in {"os.system", "os.popen"}

    found = [
        f"{name(path)}:{node.lineno}"
        for path in SCRIPTS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and is_shell(node)
    ]
    assert found == []


def test_every_text_field_has_a_limit():
    def has_none(call: ast.Call) -> bool:
        is_field = ast.unparse(call.func).rpartition(".")[2] in {"text_input", "text_area"}
        return is_field and len(call.args) < 3 and "max_chars" not in {
            keyword.arg for keyword in call.keywords
        }  # fmt: skip

    found = [
        f"{name(path)}:{node.lineno}"
        for path in [*PACKAGE, *PAGES]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and has_none(node)
    ]
    assert found == []


def test_every_script_that_a_document_names_exists():
    named = {
        (name(path), module)
        for path in TRACKED
        if path.suffix in (".md", ".py")
        for module in re.findall(r"\b(?:bench|experiments)\.[a-z_]+", read_text(path))
        if path.suffix == ".md" or f"-m {module}" in read_text(path)
    }
    assert {module for _path, module in named} >= {"bench.novelty", "experiments.networks"}
    places = ((path, module, ROOT.joinpath(*module.split("."))) for path, module in named)
    missing = [
        (path, module)
        for path, module, place in places
        if not (place.with_suffix(".py").is_file() or (place / "__main__.py").is_file())
    ]
    assert missing == []


def test_every_make_target_that_the_makefile_speaks_of_exists():
    makefile = (ROOT / "Makefile").read_text()
    spoken = set(re.findall(r"^# make (\w+)", makefile, re.MULTILINE))
    declared = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    assert {"run", "test", "lint", "bench", "setup"} <= spoken <= declared
