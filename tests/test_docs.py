"""The documents stay true: what they name exists, and what exists is named."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from typer.main import get_command

from mcscreen.cli import app
from mcscreen.document import Status

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def _commands():
    root = get_command(app)
    for name, command in root.commands.items():
        if hasattr(command, "commands"):
            yield from (f"mcscreen {name} {sub}" for sub in command.commands)
        else:
            yield f"mcscreen {name}"


def test_readme_names_every_command_and_no_other():
    named = set(re.findall(r"^\| `(mcscreen [a-z]+(?: [a-z]+)?)", README, re.M))
    assert named == set(_commands())


def test_every_command_and_option_has_a_help_text():
    root = get_command(app)
    commands = [c for g in root.commands.values() for c in (g.commands.values() if hasattr(g, "commands") else [g])]
    for command in commands:
        assert command.help, command.name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{command.name} {parameter.name}"


def test_readme_names_every_document_status():
    sentence = re.search(r"Every document ends with one status: (.+?)\. What", README, re.S)
    assert set(re.findall(r"`([a-z_]+)`", sentence.group(1))) == set(get_args(Status))


def test_architecture_names_every_module_and_no_other():
    package = ROOT / "mcscreen"
    inner = {p.parent for p in package.glob("*/*/__init__.py")}
    modules = {p.name if p.parent in inner else str(p.relative_to(package)) for p in package.rglob("*.py") if p.name != "__init__.py"}
    named = {n for n in re.findall(r"`([a-z_/]+\.py)`", ARCHITECTURE) if not n.startswith(("tests/", "training/"))}
    assert modules - named == set(), "not named in ARCHITECTURE.md"
    assert named - modules - {"__init__.py"} == set(), "named but not there"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith(("http://", "https://")):
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_make_targets_exist(name):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8"), re.M))
    assert named <= targets


def test_readme_python_example_uses_the_public_api_only():
    import mcscreen

    code = re.search(r"```python\n(.+?)```", README, re.S).group(1)
    compile(code, "README.md", "exec")
    imported = re.search(r"from mcscreen import (.+)", code).group(1).split(", ")
    assert set(imported) <= set(mcscreen.__all__)


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.M).group(1) == project["version"]


def test_no_source_file_is_too_long():
    long = {str(p): n for p in (ROOT / "mcscreen").rglob("*.py") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 600}
    assert long == {}
