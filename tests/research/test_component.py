"""The spaCy component, with the shipped labels and encoder: a blank English pipeline and rules for sentences."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin, SpanGroup

from mcscreen.errors import ModelError
from mcscreen.reflection.labels import LABELS, load_labeller
from mcscreen.research.component import FACTORY, GROUP, ReflectionComponent
from mcscreen.shipped import shipped

TEXT = "Next year I will visit every family. I felt nervous before the first call. The bus leaves at eight."


def _pipeline(**config):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe(FACTORY, config=config)
    return nlp


@pytest.fixture(scope="module", autouse=True)
def one_encoder(encoder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mcscreen.matchers.load_encoder", lambda: encoder)
        yield


@pytest.fixture(scope="module")
def nlp():
    return _pipeline()


@pytest.fixture(scope="module")
def doc(nlp):
    return nlp(TEXT)


def test_every_sentence_gets_the_label_that_the_labeller_gives(doc, encoder):
    sentences = list(doc.sents)
    assert doc._.reflection == load_labeller(encoder).predict([s.text for s in sentences])
    assert [s._.reflection for s in sentences] == doc._.reflection
    assert [s.label_ for s in doc.spans[GROUP]] == [x.label for x in doc._.reflection]
    assert doc[0:2]._.reflection is None


def test_labels_are_the_same_in_a_stream_and_in_other_company(nlp, doc):
    found = list(nlp.pipe(["The bus leaves at eight.", TEXT, ""], batch_size=2))
    assert found[1]._.reflection == doc._.reflection
    assert found[0]._.reflection == doc._.reflection[2:]
    assert found[2]._.reflection == []


def test_labels_go_with_the_document(nlp, doc):
    again = Doc(spacy.blank("en").vocab).from_bytes(doc.to_bytes())
    assert again._.reflection == doc._.reflection
    kept = next(DocBin(docs=[doc]).get_docs(spacy.blank("en").vocab))
    assert kept._.reflection == doc._.reflection
    group = kept.spans[GROUP]
    kept.spans[GROUP] = SpanGroup(kept, name=GROUP, attrs=group.attrs, spans=list(group)[1:])
    assert kept._.reflection == doc._.reflection[1:]
    kept.spans[GROUP] = [kept[0:3]]
    assert kept._.reflection == []
    assert kept[0:3]._.reflection is None


def test_a_pipeline_is_saved_with_its_labeller(nlp, doc, tmp_path):
    nlp.to_disk(tmp_path / "saved")
    assert not list((tmp_path / "saved").rglob("*.pkl"))
    assert spacy.load(tmp_path / "saved")(TEXT)._.reflection == doc._.reflection
    other = _pipeline(folder=str(tmp_path / "gone"))
    other.from_bytes(nlp.to_bytes())
    assert other(TEXT)._.reflection == doc._.reflection


def test_a_labeller_of_ones_own_is_taken_from_its_folder_and_stays_when_the_folder_goes(tmp_path):
    source, own = shipped("models") / "reflection", tmp_path / "own"
    own.mkdir()
    for file in source.iterdir():
        if file.suffix != ".md":
            (own / file.name).write_bytes(file.read_bytes())
    model = (own / "model.toml").read_text(encoding="utf-8")
    (own / "model.toml").write_text(model.replace('id = "reflection', 'id = "own', 1), encoding="utf-8")
    nlp = _pipeline(folder=str(own))
    nlp.to_disk(tmp_path / "saved")
    own.rename(tmp_path / "moved")
    assert spacy.load(tmp_path / "saved").get_pipe(FACTORY).labeller.model.id.startswith("own")
    with pytest.raises(ModelError, match=r"mcscreen_reflection: .*own.*: cannot be read"):
        _pipeline(folder=str(own))("A bus.")


def test_abstain_withholds_all_or_nothing(doc):
    every = _pipeline(abstain=0)(TEXT)._.reflection
    assert [x.label for x in every] == [LABELS[max(range(9), key=lambda i: x.probabilities[i])] for x in every]
    assert {(x.label, x.group) for x in _pipeline(abstain=1.0)(TEXT)._.reflection} == {("uncertain", "uncertain")}
    assert [x.probabilities for x in every] == [x.probabilities for x in doc._.reflection]
    with pytest.raises(ValueError, match="abstain is 2"):
        _pipeline(abstain=2)


def test_a_document_without_sentences_is_refused_with_the_way_out():
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY)
    with pytest.raises(ValueError, match='add "sentencizer", "senter" or "parser" before it'):
        nlp(TEXT)
    assert nlp("")._.reflection == []


@pytest.mark.parametrize(
    "data",
    [b"", b"{}\n", b'{"model.toml": 5, "../labels.npz": -5}\n', b"[1]\nabc", b'{"model.toml": 9}\nabc', b"[" * 9999, pickle.dumps({})],
)
def test_bytes_of_something_else_are_refused(data):
    with pytest.raises(ModelError, match="not the bytes of such a component"):
        ReflectionComponent().from_bytes(data)


def test_a_model_that_names_files_elsewhere_is_refused(tmp_path):
    (tmp_path / "model.toml").write_text('[files]\n"../../secret" = "0"\n', encoding="utf-8")
    with pytest.raises(ModelError, match="names of files in this folder"):
        ReflectionComponent().from_disk(tmp_path)
    (tmp_path / "model.toml").write_bytes(b"\xff = [")
    with pytest.raises(ModelError, match="not valid TOML"):
        ReflectionComponent().from_disk(tmp_path)


def test_spacy_finds_the_factory_by_its_entry_point_and_nothing_else_imports_spacy(tmp_path):
    facts = tmp_path / "found-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: found\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[spacy_factories]\nmcscreen_reflection = mcscreen.research.component:make_reflection\n")
    code = (
        "import sys, mcscreen.research.coding, mcscreen.coding_commands\n"
        "assert not {'spacy', 'torch', 'pandas', 'scipy', 'numpy', 'openpyxl'} & set(sys.modules)\n"
        "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('mcscreen_reflection'); print(nlp.pipe_names)"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).resolve().parents[2])])
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=300)
    assert done.stdout == "['mcscreen_reflection']\n", done.stderr
