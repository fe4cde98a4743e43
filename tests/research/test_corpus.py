"""Tables of a corpus: every cell can be recomputed from the text, and what cannot be read stops nothing."""

import numpy as np
import pandas as pd
import pytest

from mcscreen.errors import InputError, RubricError
from mcscreen.indicators import INDICATORS
from mcscreen.reflection import GROUPS, LABELS, load_labeller, profile_of
from mcscreen.research import corpus as corpora
from mcscreen.research import label_sentences, profile_corpus, summarise
from mcscreen.research.sources import open_source, sentences_of

TEXTS = {
    "a": "I felt lost in my first week. The bell rang at eight.\n\n- I learned that I must listen first.\n- Next time I will ask the children.",
    "b": "We used to shout. Now we wait.\nThe lesson began with a song \ud800 and a story.",
    "c": "I was afraid of the parents, because I did not know them. Next year I will visit each family in August.",
}


@pytest.fixture(scope="module")
def labeller(encoder):
    return load_labeller(encoder)


@pytest.fixture(scope="module")
def corpus(labeller):
    return profile_corpus(TEXTS, labeller=labeller, rounds=200)


def test_every_sentence_is_a_slice_of_its_text(corpus):
    assert len(corpus.sentences) == 4 + 3 + 2
    for row in corpus.sentences.itertuples():
        assert TEXTS[row.text].replace("\ud800", "\ufffd")[row.start : row.end] == row.sentence
    assert corpus.sentences["sentence"].tolist()[2] == "I learned that I must listen first."
    assert corpus.sentences["position"].tolist()[:4] == [0.125, 0.375, 0.625, 0.875]
    chances = corpus.sentences[[f"p_{x}" for x in LABELS]].sum(axis=1)
    assert np.allclose(chances, 1, atol=0.001)


def test_rows_of_a_text_are_the_profile_of_its_sentences(corpus, labeller):
    passages = sentences_of(TEXTS["a"])
    profile = profile_of(passages, labeller.predict([p.text for p in passages]))
    rows = corpus.documents[corpus.documents["text"] == "a"].set_index(["kind", "name"])
    for kind, rates in (("label", profile.labels), ("group", profile.groups), ("deep", [profile.deep])):
        for rate in rates:
            row = rows.loc[(kind, rate.name)]
            assert row["count"] == rate.count and row["sentences"] == 4
            assert row[["per_100", "low", "high", "expected"]].tolist() == pytest.approx(
                [rate.per_100, rate.low, rate.high, rate.expected], abs=0.051
            )
    assert rows.loc[("figure", "words"), "value"] == 26
    assert np.isnan(rows.loc[("figure", "mtld"), "value"]), "too short a text for it"


def test_indicators_are_those_of_the_package(corpus):
    of_b = corpus.sentences[corpus.sentences["text"] == "b"]
    spans = INDICATORS["contrast"](sentences_of(TEXTS["b"])).spans
    assert of_b["contrast"].tolist() == [i in {s.sentence for s in spans} for i in range(3)]
    assert of_b["contrast"].any()
    row = corpus.documents.query("text == 'b' and name == 'contrast'").iloc[0]
    assert row["count"] == of_b["contrast"].sum() and row["per_100"] == pytest.approx(100 * row["count"] / 3)


def test_the_corpus_is_the_mean_over_texts(corpus):
    values = corpus.documents.query("kind == 'deep'")["value"]
    row = corpus.corpus.query("kind == 'deep'").iloc[0]
    assert row["mean"] == pytest.approx(values.mean()) and row["sd"] == pytest.approx(values.std())
    assert (row["texts"], row["sentences"]) == (3, 9)
    assert values.min() <= row["low"] <= row["mean"] <= row["high"] <= values.max()
    mtld = corpus.corpus.query("name == 'mtld'").iloc[0]
    assert mtld["texts"] == 0 and np.isnan(mtld["mean"])


def test_the_same_numbers_in_any_company_and_each_time(corpus, labeller):
    alone = profile_corpus({"b": TEXTS["b"]}, labeller=labeller)
    pd.testing.assert_frame_equal(alone.sentences, corpus.sentences[corpus.sentences["text"] == "b"].reset_index(drop=True))
    pd.testing.assert_frame_equal(profile_corpus(TEXTS, labeller=labeller, rounds=200).corpus, corpus.corpus)
    assert np.isnan(alone.corpus["low"]).all(), "one text has no interval"


def test_a_table_keeps_its_facts_and_lists_what_is_missing(labeller):
    table = pd.DataFrame({"id": [1, 2, 3], "text": [TEXTS["a"], None, " \n "], "cohort": ["x", "y", None], "year": [2024, 2025, 2025]})
    seen = []
    corpus = profile_corpus(table, labeller=labeller, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert corpus.texts.to_dict("records") == [{"text": "1", "sentences": 4, "words": 26, "guessed": False, "cohort": "x", "year": 2024}]
    assert set(corpus.documents["cohort"]) == {"x"} and corpus.documents["year"].dtype.kind == "i"
    assert corpus.unread["id"].tolist() == ["2", "3"] and set(corpus.unread["status"]) == {"empty"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"id": ["a"], "words": ["x"]}, "'text'"),
        ({"id": ["a", "a"], "text": ["x", "y"]}, "'a' is told more than once"),
        ({"id": ["a"], "text": ["x"], "kind": [1]}, "'kind' is named like"),
        ({"id": ["a"], "text": [3]}, "'a' is of type int"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(table, message, labeller):
    with pytest.raises(InputError, match=message):
        profile_corpus(pd.DataFrame(table), labeller=labeller)


def test_a_folder_of_documents_with_one_that_is_damaged(tmp_path, labeller):
    folder = tmp_path / "essays"
    (folder / "spring").mkdir(parents=True)
    (folder / "spring" / "one.txt").write_text(TEXTS["a"].replace("- ", ""), encoding="utf-8")
    (folder / "two.html").write_text("<html><body><p>I learned to wait.</p></body></html>", encoding="utf-8")
    (folder / "three.docx").write_bytes(b"PK\x03\x04 not a document")
    (folder / ".hidden").write_text("no", encoding="utf-8")
    corpus = profile_corpus(folder, labeller=labeller)
    assert corpus.texts["text"].tolist() == ["spring/one.txt", "two.html"]
    assert corpus.unread[["id", "status"]].to_numpy().tolist() == [["three.docx", "corrupt"]]
    with pytest.raises(InputError, match="no such file"):
        profile_corpus(tmp_path / "nowhere", labeller=labeller)


def test_of_submissions_the_reflection_in_own_words(small_submission, labeller):
    (small_submission.parent / "empty").mkdir()
    (small_submission.parent / "empty" / "Part 1 Narrative.txt").write_text("We met on Monday. It went well.", encoding="utf-8")
    corpus = profile_corpus(small_submission.parent, rubric="student-centeredness", labeller=labeller)
    assert corpus.sentences["sentence"].tolist()[0] == "I learned that a quiet class is not a safe class."
    assert not corpus.sentences["sentence"].str.contains("Part 3|morning groups").any()
    assert set(corpus.sentences["document"]) == {"Part 3 Reflection.txt"}
    assert corpus.unread[["id", "status"]].to_numpy().tolist() == [["empty", "not_found"]]
    blind = profile_corpus(small_submission, rubric="student-centeredness", labeller=labeller, mask_names=True)
    assert blind.texts["text"].str.match("candidate-[0-9a-f]{10}$").all()


def test_a_text_that_breaks_the_reading_is_listed_and_ends_nothing(tmp_path, labeller, monkeypatch):
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text("I learned to wait.", encoding="utf-8")
    from mcscreen.research import sources

    read = sources.load_submission
    monkeypatch.setattr(
        sources, "load_submission", lambda path: (_ for _ in ()).throw(KeyError("Amir")) if path.name == "one.txt" else read(path)
    )
    corpus = profile_corpus(tmp_path, labeller=labeller)
    assert corpus.texts["text"].tolist() == ["two.txt"]
    assert corpus.unread["status"].tolist() == ["failed"] and "Amir" not in corpus.unread["reason"][0]


def test_strings_take_no_rubric_and_a_rubric_needs_a_reflection(tmp_path):
    with pytest.raises(InputError, match="leave both out"):
        open_source(TEXTS, rubric="student-centeredness")
    from mcscreen.shipped import shipped

    text = (shipped("rubrics") / "student-centeredness" / "rubric.toml").read_text(encoding="utf-8")
    (tmp_path / "rubric.toml").write_text(text.replace('kind = "reflection"', 'kind = "narrative"'), encoding="utf-8")
    with pytest.raises(RubricError, match="no part of kind 'reflection'"):
        open_source(tmp_path, rubric=tmp_path / "rubric.toml")


def test_no_texts_give_empty_tables_with_their_columns(labeller):
    corpus = profile_corpus({"a": ""}, labeller=labeller)
    assert corpus.sentences.empty and corpus.documents.empty and corpus.corpus.empty and len(corpus.unread) == 1
    assert "p_learning" in corpus.sentences.columns and "value" in corpus.documents.columns
    assert list(corpus.corpus.columns) == list(summarise(corpus.documents).columns)


def test_single_sentences_are_labelled_uncut(labeller):
    table = label_sentences(["I felt lost. I was afraid.", "The bell rang."], labeller)
    assert table["sentence"].tolist() == ["I felt lost. I was afraid.", "The bell rang."]
    assert table["group"][0] == "affect" and table["label"].tolist() == [x.label for x in labeller.predict(table["sentence"].tolist())]


def test_groups_and_indicators_have_one_row_each(corpus):
    of_a = corpus.documents.query("text == 'a'")
    assert (of_a["kind"] == "group").sum() == len(GROUPS) + 1
    assert of_a.loc[of_a["kind"] == "indicator", "name"].tolist() == list(corpora.COUNTED)
