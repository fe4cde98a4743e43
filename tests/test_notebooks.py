"""The notebooks run from another folder, say only numbers that they computed, and are stored without what they gave.

Cells are executed in this process, one namespace a notebook: they use nothing of IPython but `display`, and five kernels would
spend most of the time on imports.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import IPython.display
import matplotlib
import nbformat
import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(p.stem for p in FOLDER.glob("*.ipynb"))
CONVENTIONS = {"95", "100", "0.05"}
"""What may be typed in a sentence: the level of an interval, "of 100 sentences", the level of a test."""


def cells(name, kind):
    return ["".join(c["source"]) for c in json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))["cells"] if c["cell_type"] == kind]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a notebook once, in a copy of the folder, and keeps its names, what it showed and its figures."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    place = tmp_path_factory.mktemp("elsewhere") / "copied"
    shutil.copytree(FOLDER, place)
    done = {}

    def _run(name):
        if name not in done:
            shown, figures = [], []
            with (
                pytest.MonkeyPatch.context() as patch,
                matplotlib.rc_context(),
                pd.option_context("display.width", 80, "display.max_colwidth", 50),
            ):
                patch.chdir(place)
                patch.setattr(IPython.display, "display", shown.append)
                patch.setattr(pyplot, "show", lambda: figures.extend(pyplot.figure(n) for n in pyplot.get_fignums()) or pyplot.close("all"))
                names = {"__name__": "__main__"}
                for number, source in enumerate(cells(name, "code"), 1):
                    exec(compile(source, f"{name}, code cell {number}", "exec"), names)
                assert not pyplot.get_fignums(), "a figure was drawn and not shown"
                for number, figure in enumerate(figures):
                    figure.savefig(place / f"{name}-{number}.png")
            said = "\n".join(o.data for o in shown if isinstance(o, IPython.display.Markdown))
            tables = [o for o in shown if isinstance(o, pd.DataFrame)]
            done[name] = SimpleNamespace(**{"names": names, "said": said, "tables": tables, "figures": figures})
        return done[name]

    return _run


def test_there_are_five():
    assert [n[:3] for n in NOTEBOOKS] == ["01_", "02_", "03_", "04_", "05_"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_stored_without_outputs_and_with_fixed_ids(name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert [c.id for c in notebook.cells] == [f"{name[:2]}-{n:02}" for n in range(1, len(notebook.cells) + 1)]
    for cell in notebook.cells:
        assert not cell.metadata
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_numbers_are_computed_and_not_typed(name):
    for text in cells(name, "markdown"):
        prose = re.sub(r"`[^`]*`|^ {4}.*$", "", text, flags=re.M)
        assert not set(re.findall(r"\d[\d.,]*\d|\d", prose)) - CONVENTIONS, prose
    calls = [
        node
        for source in cells(name, "code")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say"
    ]
    assert len(calls) >= 4
    for call in calls:
        specs = {
            id(part)
            for node in ast.walk(call)
            if isinstance(node, ast.FormattedValue) and node.format_spec
            for part in ast.walk(node.format_spec)
        }
        computed = {id(part) for node in ast.walk(call) if isinstance(node, ast.FormattedValue) for part in ast.walk(node.value)}
        typed = [
            n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in specs | computed
        ]
        assert not set(re.findall(r"\d[\d.,]*\d|\d", " ".join(typed))) - CONVENTIONS, typed


@pytest.mark.parametrize(("name", "number"), list(zip(NOTEBOOKS, (2, 1, 5, 2, 2), strict=True)))
def test_runs_elsewhere_and_its_figures_say_what_they_show(run, name, number):
    figures = run(name).figures
    assert len(figures) == number
    for figure in figures:
        words = [t.get_text() for t in figure.findobj(matplotlib.text.Text)]
        assert any(re.search(r"n = \d", w) for w in words), words
        for axes in figure.axes:
            assert axes.get_xlabel()
            assert axes.get_ylabel() or any(t.get_text() for t in figure.axes[0].get_yticklabels())


def test_a_batch_is_told_as_it_was_screened(run):
    found = run("01_screen_a_batch")
    by_name, counts = found.names["by_name"], found.names["counts"]
    first = by_name["riverbend"]
    covered = sum(c.status == "covered" for c in first.coverage)
    assert f"{covered} are covered" in found.said and counts.loc["riverbend", "covered"] == covered
    unread = [c.facet for c in by_name["riverbend-scanned"].coverage if c.status == "unread"]
    assert len(unread) == sum(c.part == "part3" for c in first.coverage)
    assert f"{len(unread)} asks are unread" in found.said
    ok = {name: sum(c.status == "ok" for c in s.citations) for name, s in by_name.items()}
    assert ok["riverbend-mended"] == ok["riverbend"] + 1
    assert f"{ok['riverbend']} of {len(first.citations)} are in order" in found.said
    assert "Q1.physical" in found.names["changed"]["riverbend-mended"]
    for name, facets in found.names["missed"].items():
        assert f"Not found in *{name}*: {len(facets)} of {len(first.coverage)} asks" in found.said
        assert all(c.evidence for c in by_name[name].coverage if c.facet in facets)
    assert f"**What the scores rest on:** {first.calibration}" in found.said
    assert not found.names["batch"].parent.exists()


def test_a_rubric_is_checked_and_stamped(run):
    found = run("02_write_a_rubric")
    scores = found.names["scores"]
    assert [r.partition(":")[0] for r in found.names["remarks_bare"]] == ["no_exemplars"] * 4 and not found.names["remarks_told"]
    assert "Remarks before: 4; with exemplars: 0" in found.said
    assert len(scores) == 16 and set(scores["rubric"]) == {"bare", "told"}
    mean = scores.groupby(["rubric", "candidate"])["score"].mean()
    for rubric in ("bare", "told"):
        gap = mean[rubric, "tells her practice"] - mean[rubric, "repeats the rubric"]
        assert f"{gap:+.2f}" in found.said
        assert gap > 0
        assert found.names["stamps"][rubric].startswith("uncalibrated")
    assert found.said.count("The scores are uncalibrated") == 2
    assert not found.names["work"].exists()


def test_profiles_show_no_small_group(run):
    found = run("03_reflection_profiles")
    corpus, both = found.names["corpus"], found.names["both"]
    assert f"{len(corpus.texts)} texts, {len(corpus.sentences)} sentences" in found.said
    given = both[both["group"] != "uncertain"]
    assert f"{int((given['group'] == given['truth']).sum())} are as meant" in found.said
    truth = found.names["rest"]["truth"].eq("deep").mean()
    assert f"Meant: {100 * truth:.0f} of 100" in found.said
    assert not set(found.names["labelled"]["text"]) & set(found.names["rest"]["text"])
    for result in found.names["corrected"].values():
        assert all(warning in found.said for warning in result.warnings)
    differences = found.names["found"].differences
    assert f"of {len(differences)} differences stay below" in found.said
    settings = found.names["settings"]
    island = settings.groups.set_index("group").loc["island"]
    assert not island["shown"] and island["texts"] == "fewer than 10"
    assert "island" not in set(settings.means["group"])
    assert (
        "grade" in cells("03_reflection_profiles", "markdown")[0]
        and "must not be used for" in cells("03_reflection_profiles", "markdown")[-1]
    )


def test_agreement_is_told_with_its_intervals_and_not_from_too_few(run):
    found = run("04_agreement")
    pilot = found.names["pilot"]
    assert pilot.value is None and pilot.remark.startswith("too few") and pilot.remark in found.said
    for key in ("people", "blind", "final"):
        figure = found.names[key]
        assert f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]" in found.said
    agreement, small = found.names["found"], found.names["small"]
    asks = sum(c.part == "part3" for s in small for c in s.coverage)
    final = [c.n for c in agreement.confusions if (c.first, c.second, c.basis) == ("AB", "CD", "final")]
    assert sum(final) == asks == 140
    assert f"{len(found.names['plan'].lessons)} new exemplars" in found.said and found.names["plan"].lessons
    assert all(f"{number} ({why})" in found.said for why, number in found.names["plan"].skipped)
    assert "**so are the decisions**" in cells("04_agreement", "markdown")[0]
    assert not found.names["work"].exists()


def test_an_audit_counts_flips_and_hides_small_groups(run):
    found = run("05_audit_for_fairness")
    result, facets = found.names["found"], found.names["facets"]
    assert set(result.controls) == {"double_spaces", "order_of_documents"}
    assert f"Controls ({', '.join(result.controls)}): 0 changes" in found.said
    fell, rose = int(found.names["lower"].sum()), int((found.names["flips"] & ~found.names["lower"]).sum())
    assert fell + rose == int((facets["before"] != facets["after"]).sum()) > 0
    assert f"{fell} asks fell and {rose} rose" in found.said
    worst = found.names["worst"]
    assert f"{100 * worst['value']:.1f} of 100 [{100 * worst['low']:.1f}, {100 * worst['high']:.1f}], n = {worst['n']}" in found.said
    assert "island" in found.names["small"]
    shown = found.tables[-1]
    assert list(shown.columns) == ["autumn", "spring"]
    assert not found.names["work"].exists()


def test_the_invented_data_fit_together():
    texts = pd.read_csv(FOLDER / "data" / "reflections.csv").set_index("id")
    sentences, meant = pd.read_csv(FOLDER / "data" / "sentences.csv"), pd.read_csv(FOLDER / "data" / "meant.csv").set_index("id")
    told = (FOLDER / "data" / "README.md").read_text("utf-8")
    assert "**Everything here is invented**" in told
    assert all(f"`{p.name}`" in told for p in (FOLDER / "data").glob("*.csv"))
    assert sentences.groupby("text", sort=False)["sentence"].agg(" ".join).equals(texts["text"].rename("sentence").rename_axis("text"))
    assert list(meant.index) == list(texts.index) and set(meant.to_numpy().ravel()) == {"yes", "no"}
    assert texts["cohort"].value_counts().tolist() == [10, 10]
