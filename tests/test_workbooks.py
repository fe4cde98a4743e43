import errno
import io
import stat
import subprocess
import sys
import tempfile
import zipfile

import openpyxl
import pytest

from mcscreen.private_files import NotWritten, put
from mcscreen.workbooks import Choice, Sheet, workbook


def loaded(*sheets):
    return openpyxl.load_workbook(io.BytesIO(b"".join(workbook(sheets))))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "{=1+1}", "http://example.org", "mailto:a@example.org", "internal:Sheet!A1", "12", "<r><t>bold</t></r>", "<r>&nonsense</r>",
        "</t></is></c>", "_x0041_", " led by spaces ", "a\nb", "TRUE", "#N/A", "'quoted",
    ],
)  # fmt: skip
def test_a_text_is_that_text_and_nothing_else(text):
    field = loaded(Sheet("One", [("Text", 20)], [(text,)]))["One"]["A2"]
    whole = b"".join(workbook([Sheet("One", [("Text", 20)], [(text,)])]))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert field.data_type in ("s", "inlineStr")
    assert field.value == text or (text == "_x0041_" and b"_x005F_x0041_" in sheet)
    assert b"<f>" not in sheet and b"<hyperlink" not in sheet and b"nonsense</r>" not in sheet
    assert field.quotePrefix is (text in ("=1+1",))


def test_numbers_stay_numbers_and_nothing_stays_empty():
    page = loaded(Sheet("One", [("A", 5), ("B", 5), ("C", 5)], [(1, 0.25, None), (-3, None, "x")]))["One"]
    assert [[c.value for c in row] for row in page.iter_rows(min_row=2)] == [[1, 0.25, None], [-3, None, "x"]]
    assert (page["A2"].number_format, page["B2"].number_format) == ("#,##0", "0.00")


def test_a_choice_is_offered_below_its_title_also_where_no_row_is():
    for rows, last in (([("a", ""), ("b", "")], "B2:B3"), ([], "B2")):
        page = loaded(Sheet("One", [("A", 5), ("Label", 9)], rows, choice=Choice(1, ["X", "Y"], "Not one", "Choose.")))["One"]
        (rule,) = page.data_validations.dataValidation
        assert (str(rule.sqref), rule.formula1, rule.error) == (last, '"X,Y"', "Choose.")


def test_equal_tables_give_equal_bytes():
    sheets = [Sheet("One", [("A", 5)], [("a",)]), Sheet("Two", [("B", 5)], [(1,)], filtered=False)]
    assert b"".join(workbook(sheets)) == b"".join(workbook(sheets))


def test_what_lies_on_the_disk_meanwhile_is_in_one_locked_folder_of_its_own(temporary):
    seen = []

    def rows():
        for n in range(3):
            seen.append(sorted(p.name[:9] for p in temporary.iterdir()))
            yield (f"text {n}",)

    pieces = workbook([Sheet("One", [("A", 5)], rows()), Sheet("Two", [("A", 5)], rows())])
    next(pieces)
    (folder,) = temporary.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and (folder / ".lock").exists()
    assert seen == [["mcscreen-"]] * 6
    pieces.close()
    assert not list(temporary.iterdir())


def test_a_full_disk_is_told_as_such(tmp_path, temporary, monkeypatch):
    class Full(zipfile.ZipFile):
        def write(self, *_):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", Full)
    with pytest.raises(NotWritten, match=r"/temporary: cannot be written \(No space left on device\); make room") as error:
        put(tmp_path / "report.xlsx", workbook([Sheet("One", [("A", 5)], [("a",)])]))
    assert error.value.errno == errno.ENOSPC
    assert not list(temporary.iterdir()) and [p.name for p in tmp_path.iterdir()] == ["temporary"]


@pytest.mark.skipif(sys.platform == "win32", reason="no bound on the size of files")
@pytest.mark.parametrize("rows", [1, 5000], ids=["at the end", "among the rows"])
def test_a_file_that_may_not_grow_is_told_as_such(tmp_path, rows):
    code = (
        "import pathlib, resource, sys\n"
        "import tempfile\n"
        "from mcscreen.private_files import NotWritten, put\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "from mcscreen.workbooks import Sheet, workbook\n"
        "content = workbook([Sheet('One', [('A', 5)], ((f'text {n}',) for n in range(int(sys.argv[2]))))])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "try:\n"
        "    put(pathlib.Path(sys.argv[1]) / 'report.xlsx', content)\n"
        "except NotWritten as error:\n"
        "    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(rows)], capture_output=True, text=True)
    assert run.stdout.startswith(f"{tmp_path}: cannot be written (File too large); make room"), run.stderr
    assert not list(tmp_path.iterdir())
