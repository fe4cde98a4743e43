"""The notebooks run from top to bottom, anywhere, and are stored without what they show."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def _cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_there_are_five():
    assert [p.name[:2] for p in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_nothing_that_was_shown_is_stored(path):
    code = [c for c in _cells(path) if c["cell_type"] == "code"]
    assert code and all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    assert len({c["id"] for c in _cells(path)}) == len(_cells(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_figures_in_the_prose_are_computed(path):
    # A decimal or a percentage in the prose would be typed, and would stay when the model changes.
    prose = "\n".join("".join(c["source"]) for c in _cells(path) if c["cell_type"] == "markdown")
    prose = re.sub(r"`[^`]*`", "", prose)
    assert re.findall(r"\b0\.\d{2,}\b|\b\d+\.\d+ ?%", prose) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_cell_runs(path, tmp_path, monkeypatch):
    import matplotlib
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shutil.copytree(path.parent, tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path / "notebooks")
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    figures = 0
    try:
        for cell in _cells(path):
            if cell["cell_type"] == "code":
                with capture_output() as shown:
                    result = shell.run_cell("".join(cell["source"]), store_history=False)
                assert result.success, f"{cell['id']}: {result.error_before_exec or result.error_in_exec!r}"
                figures += len(pyplot.get_fignums()) + sum("image/png" in o.data for o in shown.outputs)
                pyplot.close("all")
    finally:
        InteractiveShell.clear_instance()
    assert figures, "a notebook draws at least one figure"
