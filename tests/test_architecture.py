"""The house rules that a machine can keep: who may import whom, which words are used, how large things get."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((*(ROOT / "rollout").rglob("*.py"), *(ROOT / "flows").rglob("*.py")))

# Who may import whom, by the first part of the path below rollout/. What is not named here may be imported by nobody but itself.
MAY_IMPORT = {
    "errors": set(),
    "core": {"errors"},
    "ports": {"core", "errors"},
    "steps": {"ports", "core", "errors"},
    "adapters": {"ports", "core", "errors"},
    "ledger": {"ports", "core", "errors"},
    "sandbox": {"ports", "core", "errors"},
    "settings": {"ports", "core", "errors", "adapters"},
    "wiring": {"settings", "adapters", "ledger", "ports", "core", "errors"},
    "console": {"steps", "wiring", "ports", "core", "errors"},
    "cli": {"steps", "wiring", "settings", "sandbox", "console", "flows", "ports", "core", "errors"},
    "flows": {"steps", "wiring", "ports", "core", "errors"},
}
CORE_MAY_USE = {"pydantic"}
IMPURE = {"os", "sys", "random", "secrets", "logging", "pathlib", "subprocess", "socket", "tempfile", "time", "uuid", "threading", "urllib", "http"}
# Words that the glossary replaces, each with the one to use.
WRONG_WORDS = {
    r"\btenants?\b": "client",
    r"\bcohorts?\b": "wave",
    r"\bblackouts?\b": "freeze",
    r"\bembargo(es)?\b": "freeze",
    r"(?<![\"'.])\bapprovals?\b(?!: required)": "sign-off",
    r"\bbak(e|ing) time\b": "soak",
    r"\bkill switch\b": "stop",
    r"\bdata ?store\b": "ledger",
}
UNWANTED_NAMES = {"utils", "helpers", "common", "manager", "base", "misc", "util", "helper"}


def room(path: Path) -> str:
    """Which room of the house a source file is in."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "flows" if parts[0] == "flows" else parts[1]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that the file imports, wherever in it, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.lineno, node.module or ""


def own_room(module: str) -> str | None:
    """The room that a module of ours is in; None for others'."""
    parts = module.split(".")
    if parts[0] == "flows":
        return "flows"
    return parts[1] if parts[0] == "rollout" and len(parts) > 1 else None


def test_each_room_imports_only_what_it_may() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {room(path)} imports {module}"
        for path in SOURCES
        for line, module in imports(path)
        if (other := own_room(module)) is not None and other != room(path) and other not in MAY_IMPORT.get(room(path), set())
    ]
    assert wrong == []


def test_settings_use_only_the_reading_of_files() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {module}"
        for path in SOURCES
        if room(path) == "settings"
        for line, module in imports(path)
        if module.startswith("rollout.adapters") and not module.startswith("rollout.adapters.files")
    ]
    assert wrong == []


def test_only_flows_import_prefect() -> None:
    users = {room(path) for path in SOURCES for _, module in imports(path) if module.split(".")[0] == "prefect"}
    assert users == {"flows"}


def test_core_is_pure() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {module}"
        for path in SOURCES
        if room(path) == "core"
        for line, module in imports(path)
        if (top := module.split(".")[0]) in IMPURE or (top not in CORE_MAY_USE and not _is_standard(top) and top != "rollout")
    ]
    assert wrong == []


def test_core_asks_no_clock() -> None:
    pattern = re.compile(r"datetime\.now|date\.today|utcnow|time\.time|os\.environ")
    assert [str(path) for path in SOURCES if room(path) == "core" and pattern.search(path.read_text(encoding="utf-8"))] == []


def test_steps_know_neither_the_terminal_nor_the_web_nor_the_database() -> None:
    outside = {"click", "rich", "fastapi", "starlette", "sqlalchemy", "httpx", "jira", "git", "prefect"}
    assert {module for path in SOURCES if room(path) == "steps" for _, module in imports(path)} & outside == set()


def test_an_adapter_imports_no_other_adapter() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {module}"
        for path in SOURCES
        if room(path) == "adapters"
        for line, module in imports(path)
        if module.startswith("rollout.adapters.") and not _same_part(path, module)
    ]
    assert wrong == []


def _same_part(path: Path, module: str) -> bool:
    """Whether the module is in the same folder of adapters, or one of the two plain ones that speak HTTP and run processes for all."""
    own = path.relative_to(ROOT / "rollout" / "adapters").parts[0].removesuffix(".py")
    other = module.split(".")[2]
    return own == other or other in {"web", "processes"}


def _is_standard(top: str) -> bool:
    import sys

    return top in sys.stdlib_module_names


def test_glossary_words_are_used() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()} (say {right})"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for wrong, right in WRONG_WORDS.items()
        if (match := re.search(wrong, line, re.IGNORECASE)) and not (right == "sign-off" and "coverage" in str(path))
    ]
    assert found == []  # releases are signed off; what is approved are days of coverage


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in SOURCES if path.stem in UNWANTED_NAMES] == []


def test_every_module_says_its_duty() -> None:
    silent = [str(path.relative_to(ROOT)) for path in SOURCES if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(_tree(path))]
    assert silent == []


def test_files_and_functions_stay_small() -> None:
    lengths = [
        (node.end_lineno or 0) - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    large = [f"{path.relative_to(ROOT)} has {count} lines" for path in SOURCES if (count := len(path.read_text(encoding="utf-8").splitlines())) > 300]
    assert large == []
    assert sorted(lengths)[len(lengths) // 2] <= 8
    assert sum(length > 45 for length in lengths) <= len(lengths) // 200


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


LAYOUT = """
README.md CONTRIBUTING.md CHANGELOG.md LICENSE Makefile pyproject.toml requirements.lock prefect.yaml .ci/run
calendars templates/page templates/ticket templates/mail docs/decisions.md
flows/collect.py flows/cut.py flows/advance.py flows/publish.py flows/notify.py
rollout/errors.py rollout/ports rollout/settings rollout/wiring rollout/console rollout/cli rollout/ledger/migrations
rollout/core/changes.py rollout/core/releases.py rollout/core/signoffs.py rollout/core/clients.py rollout/core/coverage
rollout/core/waves.py rollout/core/planner.py rollout/core/gates.py rollout/core/delivery.py rollout/core/closing.py
rollout/core/notes.py rollout/core/clocks.py rollout/core/audit.py
rollout/adapters/desks rollout/adapters/executors rollout/adapters/health rollout/adapters/publishers rollout/adapters/channels
rollout/steps/collect.py rollout/steps/cut.py rollout/steps/assess.py rollout/steps/sign.py rollout/steps/plan.py
rollout/steps/advance rollout/steps/publish.py rollout/steps/notify.py rollout/steps/hotfix.py rollout/steps/audit.py
benchmarks tests
""".split()


@pytest.mark.parametrize("name", LAYOUT)
def test_the_layout_stands(name: str) -> None:
    assert (ROOT / name).exists()
