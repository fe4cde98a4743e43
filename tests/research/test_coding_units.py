"""Sentences to be coded: keys, drawing, units.json; and the sheets that go out."""

import csv
import io
import json
import stat
from collections import Counter

import openpyxl
import pandas as pd
import pytest

from mcscreen.errors import InputError
from mcscreen.reflection.labels import LABELS, Label
from mcscreen.research.coding import (
    CODEBOOK,
    codebook_markdown,
    export_coding,
    export_units,
    read_units,
    sampled,
    units_of,
    units_of_source,
)
from mcscreen.research.sources import open_source

TEXTS = {
    "A. Lindqvist": "I moved my desk. The children began to talk. Next year I will keep it.",
    "B. Okoro": "=cmd|' /C calc'!A0 is what I wrote. Why did they not come? I was tired.",
}


class Cycling:
    """A labeller that takes the labels in turn and withholds every third."""

    class model:
        id = "cycling"

    def predict(self, sentences):
        found = []
        for i, _ in enumerate(sentences):
            chances = [0.0] * 9
            chances[i % 4] = 0.9
            found.append(Label("uncertain" if i % 3 == 2 else LABELS[i % 4], 0.9, "none", 0.0, tuple(chances)))
        return found


def _rows(folder, name="sheet.csv"):
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8-sig"), newline="")))


def test_keys_depend_on_text_place_and_words_and_on_nothing_else():
    one, other = units_of(TEXTS), units_of(dict(reversed(TEXTS.items())))
    assert {u.key for u in one} == {u.key for u in other}
    assert len({u.key for u in one}) == 6
    changed = units_of({**TEXTS, "B. Okoro": "Why did they not come?"})
    assert {u.key for u in changed[:3]} == {u.key for u in one[:3]}
    assert changed[3].key not in {u.key for u in one}
    assert all(u.sentence == TEXTS[u.text][u.start : u.end] for u in one)


def test_a_table_gives_the_keys_that_its_texts_give():
    units = units_of(TEXTS)
    rows = [{"text": u.text, "document": "", "index": u.index, "start": u.start, "end": u.end, "sentence": u.sentence} for u in units]
    assert units_of(pd.DataFrame(rows).sample(frac=1, random_state=1))[0].key in {units[0].key, units[3].key}
    assert {u.key for u in units_of(pd.DataFrame(rows))} == {u.key for u in units}
    bare = units_of(pd.DataFrame(rows)[["text", "index", "sentence"]])
    assert bare[0].start is None
    assert bare[0].key != units[0].key


def test_a_tables_machine_labels_are_taken():
    row = {"text": "T", "index": 0, "sentence": "A bus.", "label": "uncertain", **{f"p_{x}": 0.1 for x in LABELS}, "p_belief": 0.3}
    unit = units_of(pd.DataFrame([row]))[0]
    assert (unit.machine, unit.given) == ("belief", False)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"text": "T", "index": 0}], "no column sentence"),
        ([{"text": "T", "index": 0, "sentence": None}], "row 0 .* holds no sentence"),
        ([{"text": "T", "index": -1, "sentence": "A bus."}], "whole numbers"),
        ([{"text": "T", "index": "two", "sentence": "A bus."}], "whole numbers"),
        ([{"text": "T", "index": 0, "sentence": "A bus."}] * 2, "sentence 0 is there twice"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(rows, told):
    with pytest.raises(InputError, match=told):
        units_of(pd.DataFrame(rows))
    with pytest.raises(InputError, match="no sentence in the texts"):
        units_of({"T": "  \n 12. "})


def test_lone_surrogates_and_controls_come_through_as_marks(tmp_path):
    units = units_of({"T\ud800": "It was \udfff odd\x00. The end."})
    assert units[0].sentence.count("\ufffd") == 2
    export_units(tmp_path / "out", units)
    assert read_units(tmp_path / "out").units == units
    assert openpyxl.load_workbook(tmp_path / "out" / "sheet.xlsx")["Sentences"].max_row == 3


def test_a_sample_holds_rare_labels_and_its_weights_add_up():
    units = [
        u.model_copy(update={"machine": "experience" if n < 90 else "belief" if n < 97 else "learning"}) for n, u in enumerate(_many(100))
    ]
    drawn = sampled(units, 30, seed=3)
    assert Counter(u.machine for u in drawn) == {"experience": 20, "belief": 7, "learning": 3}
    assert sum(u.weight for u in drawn) == pytest.approx(100)
    assert {u.machine: u.weight for u in drawn} == {"experience": 4.5, "belief": 1, "learning": 1}
    assert [u.key for u in drawn] == [u.key for u in units if u.key in {d.key for d in drawn}]
    assert {u.key for u in sampled(units[::-1], 30, seed=3)} == {u.key for u in drawn}
    assert {u.key for u in sampled(units, 30, seed=4)} != {u.key for u in drawn}
    assert sampled(units, 100) == tuple(units)
    with pytest.raises(InputError, match="give a size of 3 or more"):
        sampled(units, 2)


def _many(number):
    return units_of(pd.DataFrame({"text": "T", "index": range(number), "sentence": [f"Sentence {n}." for n in range(number)]}))


def test_sheets_are_blind_and_their_formulas_are_text(tmp_path):
    paths = export_coding(tmp_path / "out", TEXTS, labeller=Cycling(), size=5, coders=["AB", "=CD"])
    names = [p.name for p in paths]
    assert names[0] == "codebook.md" and names[-1] == "units.json" and "sheet-AB.csv" in names and len(names) == 6
    kept = read_units(tmp_path / "out")
    assert (kept.whole, kept.labeller, len(kept.units), kept.seed) == (6, "cycling", 5, 0)
    for path in paths[:-1]:
        if path.suffix == ".csv":
            text = path.read_text(encoding="utf-8-sig")
            assert not any(name in text for name in (*TEXTS, "cycling", *LABELS))
    assert stat.S_IMODE(paths[-1].stat().st_mode) == 0o600
    export_coding(tmp_path / "whole", TEXTS)
    rows = _rows(tmp_path / "whole")
    assert list(rows[0]) == ["key", "coder", "text", "before", "sentence", "after", "label", "comment"]
    assert rows[3]["sentence"].startswith("'=cmd|")
    assert (rows[2]["after"], rows[3]["before"]) == ("", ""), "neighbours are of the same text"
    assert rows[1]["before"] == "I moved my desk."
    assert [r["text"] for r in rows] == ["1"] * 3 + ["2"] * 3
    export_coding(tmp_path / "bare", TEXTS, context=0)
    assert list(_rows(tmp_path / "bare")[0]) == ["key", "coder", "text", "sentence", "label", "comment"]


def test_the_workbook_offers_the_labels_and_holds_the_codebook(tmp_path):
    export_coding(tmp_path, TEXTS)
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    sheet = book["Sentences"]
    choice = sheet.data_validations.dataValidation[0]
    assert choice.formula1 == f'"{",".join(LABELS)}"'
    assert str(choice.sqref) == "G2:G7"
    cell = sheet["E5"]
    assert cell.value.startswith("=cmd|") and cell.data_type == "s" and cell.quotePrefix
    assert [row[0].value for row in book["Codebook"].iter_rows(min_row=2, max_row=10)] == list(LABELS)


def test_a_sheet_with_labels_is_never_written_over(tmp_path):
    export_coding(tmp_path, TEXTS)
    (tmp_path / "units.json").unlink()
    with pytest.raises(InputError, match=r"sheet\.csv: is there already and may hold labels"):
        export_coding(tmp_path, TEXTS)


@pytest.mark.parametrize("coders", [["AB", "ab"], ["AB", " "]])
def test_coders_need_names_of_their_own(tmp_path, coders):
    with pytest.raises(InputError, match="initials of their own"):
        export_coding(tmp_path, TEXTS, coders=coders)


def test_the_codebook_tells_every_label_and_is_one_with_the_workbook():
    text = codebook_markdown()
    assert [e.label for e in CODEBOOK] == list(LABELS)
    for entry in CODEBOOK:
        assert f"### {entry.label}\n" in text and all(e in text for e in entry.examples)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda told: told["units"].append(told["units"][0]), "a key is there twice"),
        (lambda told: told["units"][0].update(key="1e5"), "units.0.key"),
        (lambda told: told["units"][0].update(weight=-1), "units.0.weight"),
        (lambda told: told.update(schema=2), "schema"),
    ],
)
def test_units_changed_by_hand_are_refused(tmp_path, change, told):
    export_coding(tmp_path, TEXTS)
    content = json.loads((tmp_path / "units.json").read_text())
    change(content)
    (tmp_path / "units.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"units.json: .*{told}|{told}"):
        read_units(tmp_path)
    with pytest.raises(InputError, match="the folder that the sheets were exported to"):
        read_units(tmp_path / "nowhere")


def test_files_are_read_and_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "one.txt").write_text(TEXTS["A. Lindqvist"], encoding="utf-8")
    (tmp_path / "two.docx").write_bytes(b"PK\x03\x04 cut off")
    units, unread = units_of_source(open_source(tmp_path))
    assert [u.text for u in units] == ["one.txt"] * 3
    assert [(u.id, u.status) for u in unread] == [("two.docx", "corrupt")]
