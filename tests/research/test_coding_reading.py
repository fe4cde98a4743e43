"""Sheets as they come back: in any format, sorted, cut and typed over. Every problem is told, and no label moves."""

import csv
import io
import zipfile

import openpyxl
import pytest

from mcscreen.errors import InputError
from mcscreen.research.coding import export_coding, problems_csv, read_coded, read_units

TEXTS = {
    "T1": "I moved my desk. The children began to talk. Next year I will keep it. Did it help, and whom?",
    "T2": "=1+1 is on the board, they said. Every child deserves a quiet corner. I was tired; it was late. I learned to wait.",
}
LABELS = ["experience", "experience", "intention", "reflection", "experience", "belief", "feeling", "learning"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    export_coding(folder, TEXTS)
    return folder


@pytest.fixture
def kept(exported):
    return read_units(exported)


def _filled(exported, labels=LABELS):
    with (exported / "sheet.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    at = head.index("label")
    for row, label in zip(rows, labels, strict=True):
        row[at] = label
    return head, rows


def _written(path, head, rows, encoding="utf-8-sig", **how):
    text = io.StringIO()
    csv.writer(text, **how).writerows([head, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def _expected(kept, labels=LABELS):
    return {u.key: label for u, label in zip(kept.units, labels, strict=True) if label}


@pytest.mark.parametrize(
    ("name", "encoding", "separator"),
    [("ab.csv", "utf-8-sig", ","), ("ab.csv", "cp1252", ";"), ("ab.txt", "utf-16", "\t"), ("ab", "utf-8", ";"), ("ab.tsv", "utf-8", "\t")],
)
def test_any_separator_and_encoding_is_read(exported, kept, tmp_path, name, encoding, separator):
    head, rows = _filled(exported)
    coded = read_coded(kept, [_written(tmp_path / name, head, rows, encoding, delimiter=separator)])
    assert coded.coders == ("ab",)
    assert coded.labels["ab"] == _expected(kept)
    assert coded.problems == ()


def test_a_workbook_is_read_after_sorting_with_columns_added_and_rows_empty(exported, kept, tmp_path):
    book = openpyxl.load_workbook(exported / "sheet.xlsx")
    sheet = book["Sentences"]
    head, *rows = [[c.value for c in row] for row in sheet.iter_rows()]
    for row, label in zip(rows, LABELS, strict=True):
        row[head.index("label")] = label.upper() + " "
    rows.sort(key=lambda r: r[0])
    sheet.delete_rows(1, sheet.max_row)
    sheet.append(["Coding, second round"])
    sheet.append(["mood", *head])
    for n, row in enumerate(rows):
        sheet.append(["fine", *row])
        if n == 3:
            for _ in range(60):
                sheet.append([])
    book.save(tmp_path / "sheet-CD.xlsx")
    coded = read_coded(kept, [tmp_path / "sheet-CD.xlsx"])
    assert coded.labels == {"CD": _expected(kept)}
    assert [(p.row, p.kind) for p in coded.problems if p.kind != "empty"] == [(2, "column")]
    assert "mood" in coded.problems[0].message


def test_every_problem_has_its_row_and_costs_only_its_own_label(exported, kept, tmp_path):
    head, rows = _filled(exported)
    key, sentence, label, comment = (head.index(c) for c in ("key", "sentence", "label", "comment"))
    keys = [r[key] for r in rows]
    rows[0][label] = "Expereince"
    rows[1][label] = "experiences"
    rows[2][label] = "=HYPERLINK(1)"
    rows[3][label] = ""
    rows[4][key] = "saaaaaaaaaaaa"
    rows[5][key] = "1.2E+05"
    rows[6][sentence] = rows[6][sentence].replace("tired", "tierd")
    rows[7][comment] = "hard"
    rows.append(list(rows[7]))
    rows.append(["" for _ in head])
    rows.append(["" if i != label else "belief" for i, _ in enumerate(head)])
    coded = read_coded(kept, [_written(tmp_path / "ab.csv", head, rows)])
    assert coded.labels["ab"] == {keys[1]: "experience", keys[6]: "feeling", keys[7]: "learning"}
    assert coded.comments == {"ab": {keys[7]: "hard"}}
    told = {(p.row, p.kind): p.message for p in coded.problems if p.kind != "missing"}
    assert set(told) == {
        (2, "label"), (3, "spelling"), (4, "label"), (6, "key"), (7, "key"), (8, "altered"), (10, "repeated"), (12, "key"), (None, "empty"),
    }  # fmt: skip
    assert "was 'experience' meant?" in told[2, "label"]
    assert "choose one of experience, " in told[4, "label"]
    assert f"its sentence has the key {keys[4]!r}" in told[6, "key"]
    assert "is not a key" in told[7, "key"]
    missing = [p.message for p in coded.problems if p.kind == "missing"]
    assert len(missing) == len(kept.units) - 3
    assert sum("is not in the sheet" in m for m in missing) == 2
    assert str(coded.problems[0]).startswith("ab.csv, row 2: ")
    rows_told = list(csv.reader(io.StringIO(problems_csv(coded.problems).decode("utf-8-sig"), newline="")))
    assert len(rows_told) == len(coded.problems) + 1
    assert not any(c.startswith(("=", "+", "@")) for row in rows_told for c in row)


def test_a_column_sorted_alone_moves_no_label(exported, kept, tmp_path):
    head, rows = _filled(exported)
    column = head.index("sentence")
    for row, told in zip(rows, [r[column] for r in rows][::-1], strict=True):
        row[column] = told
    rows[0][head.index("sentence")] = "Something else entirely, and longer than it was before 12345."
    with pytest.raises(InputError, match="a column was sorted or pasted without the others"):
        read_coded(kept, [_written(tmp_path / "ab.csv", head, rows)])


def test_one_coder_who_contradicts_themselves_is_not_decided_for(exported, kept, tmp_path):
    head, rows = _filled(exported)
    first = _written(tmp_path / "one.csv", head, [["ab" if c == "coder" else v for c, v in zip(head, r, strict=True)] for r in rows])
    rows = [["AB" if c == "coder" else v for c, v in zip(head, r, strict=True)] for r in rows]
    rows[2][head.index("label")] = "belief"
    coded = read_coded(kept, [first, _written(tmp_path / "two.csv", head, rows)])
    assert coded.coders == ("ab",)
    conflict = next(p for p in coded.problems if p.kind == "conflict")
    assert (conflict.file, conflict.row) == ("two.csv", 4)
    assert "one.csv row 4 (intention), two.csv row 4 (belief)" in conflict.message
    assert rows[2][0] not in coded.labels["ab"]
    assert len(coded.labels["ab"]) == len(kept.units) - 1


def test_sheets_of_one_name_in_two_folders_are_two_coders(exported, kept, tmp_path):
    for name in ("ann", "machine"):
        (tmp_path / name).mkdir()
        _written(tmp_path / name / "sheet.csv", *_filled(exported))
    coded = read_coded(kept, [tmp_path / "ann" / "sheet.csv", tmp_path / "machine" / "sheet.csv"])
    assert coded.coders == ("sheet", "coder machine/sheet")
    frame = coded.frame()
    assert list(frame["sheet"]) == LABELS
    assert list(frame.columns[:3]) == ["key", "text", "document"]


def test_a_formula_is_read_as_the_result_that_was_stored_and_a_macro_is_never_run(exported, kept, tmp_path):
    book = openpyxl.load_workbook(exported / "sheet.xlsx")
    book["Sentences"]["G2"] = "belief"
    book["Sentences"]["G3"] = '=CONCATENATE("bel","ief")'
    book.save(tmp_path / "plain.xlsx")
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as source, zipfile.ZipFile(tmp_path / "ab.xlsm", "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "[Content_Types].xml":
                data = data.replace(b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml").replace(
                    b"application/vnd.openxmlformats-officedocument.ms-excel", b"application/vnd.ms-excel"
                )
            target.writestr(name, data)
        target.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub AutoOpen()")
    coded = read_coded(kept, [tmp_path / "ab.xlsm"])
    assert coded.labels["ab"] == {kept.units[0].key: "belief"}, "the formula was never computed, so it has no result"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("ab.xlsx", b"PK\x03\x04 cut off", "ab.xlsx: cannot be read"),
        ("ab.csv", b"", "ab.csv: cannot be read"),
        ("ab.csv", b"key,word\ns2,belief\n", "no table with the columns 'key' and 'label'"),
        ("ab.csv", b"\xff\xfe\x00\xd8,\xed\xa0\x80\nkey,label\n", "ab.csv"),
        ("ab.pdf", b"%PDF-1.4 nothing", "ab.pdf"),
    ],
)
def test_a_file_without_labels_is_named(kept, tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_coded(kept, [tmp_path / name])
    with pytest.raises(InputError, match="cannot be read"):
        read_coded(kept, [tmp_path / "nowhere.csv"])
    with pytest.raises(InputError, match="no sheets are given"):
        read_coded(kept, [])


def test_an_empty_sheet_beside_a_full_one_is_told(exported, kept, tmp_path):
    full = _written(tmp_path / "ab.csv", *_filled(exported))
    empty = _written(tmp_path / "cd.csv", *_filled(exported, [""] * 8))
    coded = read_coded(kept, [full, empty, exported / "codebook.md"])
    assert coded.coders == ("ab",)
    assert {(p.file, p.kind) for p in coded.problems} == {("cd.csv", "missing"), ("codebook.md", "unread")}
    assert coded.shares() == [(u, {label: 1.0}) for u, label in zip(kept.units, LABELS, strict=True)]
    with pytest.raises(InputError, match="there is no coder 'cd'; there are ab"):
        coded.shares("cd")
