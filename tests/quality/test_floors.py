"""Quality floors: a change that makes finding or segmenting worse than it was is a failed test, not a surprise."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from mcscreen import load_rubric
from mcscreen.document import Draft
from mcscreen.heads import fit_heads
from mcscreen.knowledge import Knowledge
from mcscreen.matchers.examples import ExamplesFinder
from mcscreen.model import load_model
from mcscreen.segmenter import split_sentences
from mcscreen.shipped import shipped
from mcscreen.submission import Passage

FLOORS = tomllib.loads((Path(__file__).parent / "floors.toml").read_text(encoding="utf-8"))
CASES = tomllib.loads((Path(__file__).parent.parent / "cases" / "sentences.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module")
def findings(encoder):
    """(facet, label, probability, whether the first passage holds a marked sentence) for every fourth marked submission."""
    folder = load_rubric("student-centeredness")
    model_folder = shipped("models") / "facets-l4"
    heads = fit_heads(dataclasses.replace(folder, marked=()), encoder)
    knowledge, bases = Knowledge(encoder, (model_folder / "knowledge.npz").read_bytes()), dict(load_model(model_folder).bases)
    found = []
    for part in folder.rubric.parts:
        if not part.facets:
            continue
        finder = ExamplesFinder(part, heads, encoder, knowledge, bases)
        for submission in folder.marked[::4]:
            marks = [s for s in submission.sentences if s.part == part.id]
            draft = Draft()
            for sentence in marks:
                draft.paragraph(sentence.text)
            document = draft.finish(name="a", format="txt", sha256="", size=1)
            passages = [
                Passage(0, part.id, b.start, b.end, document.text_of(b), b.place, (n, n + 1)) for n, b in enumerate(document.blocks)
            ]
            for match in finder.find(passages, [document]):
                first, last = match.passages[0][0].sentences
                met = [match.facet in s.met for s in marks]
                label = "met" if any(met) else "partial" if any(match.facet in s.partial for s in marks) else "missing"
                found.append((match.facet, label, match.score, any(met[first:last])))
    return found


def _holds(name, value):
    floor = FLOORS[name]
    assert floor["floor"] <= floor["seen"]
    assert value >= floor["floor"], f"{floor['what']}: {value:.3f}, floor {floor['floor']}"


def test_finding_from_exemplars(findings):
    met = [score for _, label, score, _ in findings if label == "met"]
    missing = [score for _, label, score, _ in findings if label == "missing"]
    assert len(met) > 60
    assert len(missing) > 15
    _holds("finding_from_exemplars", sum((p > n) + 0.5 * (p == n) for p in met for n in missing) / (len(met) * len(missing)))


def test_first_passage(findings):
    hits = [hit for _, label, _, hit in findings if label == "met"]
    _holds("first_passage", sum(hits) / len(hits))


def test_sentences():
    right = cut = true = 0
    for case in CASES:
        text = case.get("joined", " ".join(case["sentences"]))
        expected, found = set(case["sentences"]), {text[a:b] for a, b in split_sentences(text)}
        right, cut, true = right + len(expected & found), cut + len(found), true + len(expected)
    _holds("sentences", 2 * right / (cut + true))
