"""The command line: what it prints where, what it writes, and its exit codes."""

import json
import shutil

import pytest

from mcscreen import cli


def _run(capsys, *arguments):
    """Exit code, stdout and stderr of a command line, in this process."""
    import sys

    before = sys.argv
    sys.argv = ["mcscreen", *map(str, arguments)]
    try:
        cli.main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    finally:
        sys.argv = before
    out = capsys.readouterr()
    return code, out.out, out.err


def test_screen_writes_every_report_and_names_the_index(capsys, small_submission, tmp_path):
    out = tmp_path / "report"
    code, stdout, stderr = _run(capsys, "screen", small_submission, "--rubric", "student-centeredness", "--out", out)
    assert code == 0
    assert stdout.strip() == str(out / "index.html")
    assert "1 screened" in stderr
    names = {p.name for p in out.iterdir()}
    assert {"index.html", "screenings.jsonl", "coverage.csv", "citations.csv", "requirements.csv", "screenings.xlsx"} <= names
    assert json.loads((out / "screenings.jsonl").read_text(encoding="utf-8"))["submission"]["id"] == "lindqvist"


def test_unread_documents_exit_with_3_and_gaps_with_4_only_when_asked(capsys, small_submission, tmp_path):
    (small_submission / "artifacts" / "scan.pdf").write_bytes(b"not a pdf at all \x00\x01\x02\x03" * 9)
    common = ("screen", small_submission, "-r", "student-centeredness", "-o", tmp_path / "r", "-f", "jsonl")
    code, _, stderr = _run(capsys, *common)
    assert code == 3
    assert "could not be read" in stderr
    code, _, _ = _run(capsys, *common, "--fail-on-gaps")
    assert code == 4


def test_wrong_usage_exits_with_2(capsys, small_submission, tmp_path):
    code, _, stderr = _run(capsys, "screen", small_submission, "-r", "student-centeredness", "-o", tmp_path / "r", "-f", "pdf")
    assert code == 2
    assert "html" in stderr
    (tmp_path / "file").write_text("x")
    assert _run(capsys, "screen", small_submission, "-r", "student-centeredness", "-o", tmp_path / "file")[0] == 2
    assert _run(capsys, "no-such-command")[0] == 2


def test_what_cannot_run_exits_with_1_and_says_the_way_out(capsys, small_submission, tmp_path):
    code, _, stderr = _run(capsys, "screen", small_submission, "-r", "nothing", "-o", tmp_path / "r")
    assert code == 1
    assert "mcscreen rubric list" in stderr
    code, _, stderr = _run(capsys, "screen", tmp_path / "nowhere", "-r", "student-centeredness", "-o", tmp_path / "r")
    assert code == 1
    assert "nowhere" in stderr


def test_rubric_commands(capsys, tmp_path):
    code, stdout, _ = _run(capsys, "rubric", "list")
    assert code == 0
    assert "student-centeredness" in stdout
    code, stdout, _ = _run(capsys, "rubric", "show", "student-centeredness")
    assert "Q4.examples" in stdout
    assert "(optional)" in stdout
    bad = tmp_path / "rubric.toml"
    bad.write_text('schema = 1\nid = "Bad Id"\n')
    code, _, stderr = _run(capsys, "rubric", "check", bad)
    assert code == 1
    assert "rubric.toml:2" in stderr


def test_rubric_import_writes_a_file_that_loads_and_never_overwrites(capsys, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text(
        "Leading Family Nights\n\nOverview – The candidate shows that families come and take part.\n\nEssential Outcomes\n\n"
        "1. Invite every family in its language and by more than one way.\n2. Evaluate each night with families and staff.\n\n"
        "Part 1. Overview Questions\n\nAnswer these questions (800-word minimum):\n\n1. How did you invite families? What worked?\n"
        "2. How did you evaluate the nights?\n\nPart 2. Evidence\n\nUpload artifacts.\n\nPart 3. Reflection\n\nWrite what you learned (300-word minimum).\n"
    )
    out = tmp_path / "family-nights" / "rubric.toml"
    code, stdout, stderr = _run(capsys, "rubric", "import", page, "--out", out)
    assert code == 0
    assert stdout.strip() == str(out)
    assert "confirm" in stderr
    assert _run(capsys, "rubric", "check", out)[0] == 0
    assert _run(capsys, "rubric", "import", page, "--out", out)[0] == 2


def test_passages_prints_one_json_line_a_sentence(capsys, small_submission):
    code, stdout, _ = _run(capsys, "passages", small_submission / "Part 1 Narrative.txt")
    lines = [json.loads(line) for line in stdout.splitlines()]
    assert code == 0
    assert {"document", "start", "end", "text", "paragraph"} <= set(lines[0]) | {"paragraph"}
    assert any(line["text"].startswith("By spring six") and line["heading"] == "Reading help before the bell" for line in lines)


def test_evaluate_prints_figures(capsys, small_submission, tmp_path):
    _run(capsys, "screen", small_submission, "-r", "student-centeredness", "-o", tmp_path / "r", "-f", "jsonl")
    labels = tmp_path / "labels" / "lindqvist"
    labels.mkdir(parents=True)
    (labels / "labels.json").write_text(json.dumps({"part1": {"Q1.academic": "met", "Q1.physical": "missing"}, "evidence": {}}))
    code, stdout, _ = _run(capsys, "evaluate", tmp_path / "r", "--labels", labels.parent)
    assert code == 0
    assert "auc" in stdout
    code, stdout, _ = _run(capsys, "evaluate", tmp_path / "r", "--labels", labels.parent, "--json")
    assert json.loads(stdout)[0]["name"] == "auc"


@pytest.fixture
def report(tmp_path):
    """A report folder with two screenings: one submission to return, one with nothing but a scan."""
    from mcscreen.results import Completion, CompletionItem, RubricRecord, Screening, SubmissionRecord

    short = CompletionItem(check="minimum_words", subject="part1", message="Part 1 has 71 words.", remedy="Add at least 29 words.")
    scan = CompletionItem(check="documents_read", subject="a.pdf", message="“a.pdf” is a scan.", remedy="Nothing.", kind="unchecked")
    folder = tmp_path / "r"
    folder.mkdir()
    with (folder / "screenings.jsonl").open("w", encoding="utf-8") as file:
        for name, status, item in (("lindqvist", "return", short), ("okafor", "unreadable", scan)):
            screening = Screening(
                fingerprint="f",
                rubric=RubricRecord(id="choir", sha256="", title="Leading a Choir"),
                submission=SubmissionRecord(id=name, documents=()),
                completion=Completion(status=status, items=(item,)),
            )
            file.write(screening.model_dump_json(by_alias=True) + "\n")
    return folder


def test_note_writes_one_for_each_submission_that_needs_one(capsys, report, tmp_path):
    code, stdout, stderr = _run(capsys, "note", report)
    assert code == 0
    assert stdout.split() == [str(report / "notes" / "lindqvist.md"), str(report / "notes" / "lindqvist.docx")]
    assert "no note for okafor: nothing to mend, but 1 thing could not be read or checked" in stderr
    assert "Add at least 29 words" in (report / "notes" / "lindqvist.md").read_text(encoding="utf-8")
    out = tmp_path / "n"
    assert _run(capsys, "note", report / "screenings.jsonl", "--submission", "okafor", "--out", out, "--format", "md")[0] == 0
    assert [p.name for p in out.iterdir()] == ["okafor.md"]
    assert "nothing needs returning" in (out / "okafor.md").read_text(encoding="utf-8")


def test_note_says_what_it_does_not_know(capsys, report, tmp_path):
    assert _run(capsys, "note", tmp_path / "nowhere")[0] == 1
    code, _, stderr = _run(capsys, "note", report, "--submission", "nobody")
    assert code == 2
    assert "lindqvist, okafor" in stderr
    assert _run(capsys, "note", report, "--format", "pdf")[0] == 2
    assert _run(capsys, "note", report, "--out", report / "screenings.jsonl")[0] == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_exist(shell):
    from typer._completion_classes import completion_init
    from typer._completion_shared import get_completion_script

    completion_init()
    assert "mcscreen" in get_completion_script(prog_name="mcscreen", complete_var="_MCSCREEN_COMPLETE", shell=shell)


def test_version(capsys):
    code, stdout, _ = _run(capsys, "--version")
    assert code == 0
    assert stdout.startswith("mcscreen 0.")


def test_a_long_preparation_is_announced_unless_quiet(capsys, small_submission, tmp_path, monkeypatch):
    monkeypatch.setenv("MCSCREEN_CACHE", str(tmp_path / "cache"))
    rubric = tmp_path / "bare" / "rubric.toml"
    page = tmp_path / "page.txt"
    page.write_text(
        "Quiet Corners\n\nEssential Outcomes\n\n1. Give every student a quiet place.\n\nPart 1. Overview Questions\n\n"
        "Answer (300-word minimum):\n\n1. Which places did you make? What worked?\n"
    )
    assert _run(capsys, "rubric", "import", page, "--out", rubric)[0] == 0
    common = ("screen", small_submission, "-r", rubric, "-f", "jsonl")
    assert "learning from the examples" in _run(capsys, *common, "-o", tmp_path / "a")[2]
    assert "learning from the examples" not in _run(capsys, *common, "-o", tmp_path / "b")[2]
    line = json.loads((tmp_path / "a" / "screenings.jsonl").read_text(encoding="utf-8"))
    assert line["calibration"].startswith("uncalibrated: this rubric has no exemplars")


def test_masked_names_stand_in_no_report_and_names_csv_says_who_is_who(capsys, small_submission, tmp_path):
    (small_submission / "Lindqvist Part 1 Narrative.txt").write_bytes((small_submission / "Part 1 Narrative.txt").read_bytes())
    (small_submission / "Part 1 Narrative.txt").unlink()
    names = tmp_path / "names.txt"
    names.write_text("# our school\nRiverbend Elementary School\n\nAmir\n", encoding="utf-8")
    out = tmp_path / "report"
    common = ("screen", small_submission, "-r", "student-centeredness", "-o", out, "-f", "html,jsonl,csv,md")
    code, _, stderr = _run(capsys, *common, "--names", names)
    assert code == 0
    assert "names.csv" in stderr
    identifier = json.loads((out / "screenings.jsonl").read_text(encoding="utf-8"))["submission"]["id"]
    assert (out / "names.csv").read_text(encoding="utf-8-sig").splitlines() == ["submission,upload", f"{identifier},lindqvist"]
    assert (out / "names.csv").stat().st_mode & 0o077 == 0
    others = [p for p in out.rglob("*") if p.is_file() and p.name != "names.csv"]
    assert len(others) > 6
    for path in others:
        assert b"indqvist" not in path.read_bytes(), path.name
        assert b"Amir" not in path.read_bytes(), path.name
        assert "indqvist" not in path.name
    page = (out / "submissions" / f"{identifier}.html").read_text(encoding="utf-8")
    assert "Masking misses some" in page
    assert "Masking misses some" in (out / "index.html").read_text(encoding="utf-8")
    (out / "names.csv").rename(tmp_path / "names.csv")  # kept from the assessors, as it should be
    assert _run(capsys, *common, "--names", names)[0] == 0
    assert (out / "names.csv").read_bytes() == (tmp_path / "names.csv").read_bytes()
    (out / "names.csv").unlink()
    code, _, stderr = _run(capsys, *common)
    assert code == 2
    assert "another folder" in " ".join(stderr.split())


def test_what_a_folder_holds_tells_of_masking_where_the_journal_is_empty(capsys, small_submission, tmp_path):
    plain, masked = tmp_path / "plain", tmp_path / "masked"
    common = ("screen", small_submission, "-r", "student-centeredness", "-f", "md")
    assert _run(capsys, *common, "-o", plain)[0] == _run(capsys, *common, "-o", masked, "--mask-names")[0] == 0
    for folder in (plain, masked):  # as a run leaves it that was begun anew and killed
        (folder / "journal.jsonl").write_bytes(b"")
    for _ in range(2):
        assert _run(capsys, *common, "-o", plain, "--mask-names")[0] == _run(capsys, *common, "-o", masked)[0] == 2
        for folder in (plain, masked):  # a report by other means has none
            (folder / "run.json").unlink(missing_ok=True)
    assert _run(capsys, *common, "-o", masked, "--mask-names")[0] == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("of somebody else")
    assert _run(capsys, *common, "-o", tmp_path / "other", "--mask-names")[0] == 0


def test_names_of_an_earlier_batch_stay_beside_its_pages(capsys, small_submission, tmp_path):
    other = small_submission.parent / "moreau"
    shutil.copytree(small_submission, other)
    common = ("-r", "student-centeredness", "-o", tmp_path / "out", "-f", "md", "--mask-names")
    assert _run(capsys, "screen", small_submission, *common)[0] == _run(capsys, "screen", other, *common)[0] == 0
    rows = (tmp_path / "out" / "names.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0] == "submission,upload" and {r.split(",")[1] for r in rows[1:]} == {"lindqvist", "moreau"}
    assert {p.stem for p in (tmp_path / "out").glob("*/*.md")} == {r.split(",")[0] for r in rows[1:]}


def test_a_submission_that_could_not_be_screened_is_not_passed_over(capsys, small_submission, tmp_path, monkeypatch):
    from mcscreen.pipeline import Screener

    monkeypatch.setattr(Screener, "screen", lambda *_: 1 / 0)
    code, _, _ = _run(capsys, "screen", small_submission, "-r", "student-centeredness", "-o", tmp_path, "-f", "jsonl,csv,md,html")
    assert code == 3
    assert "not screened" in (tmp_path / "screenings.md").read_text(encoding="utf-8")
    assert "could not be screened" in (tmp_path / "submissions" / "lindqvist.html").read_text(encoding="utf-8")
    assert "Sound_Checks.txt" in (tmp_path / "documents.csv").read_text(encoding="utf-8-sig")


def test_reports_say_nothing_of_masking_where_nothing_was_masked(capsys, small_submission, tmp_path):
    out = tmp_path / "report"
    common = ("screen", small_submission, "-r", "student-centeredness", "-o", out, "-f", "html")
    assert _run(capsys, *common)[0] == 0
    assert not (out / "names.csv").exists()
    assert "Masking" not in (out / "index.html").read_text(encoding="utf-8")
    assert _run(capsys, *common, "--mask-names")[0] == 2
    assert _run(capsys, *common, "--names", tmp_path / "nowhere.txt")[0] == 2


def test_shared_passages_are_told_on_both_pages_unless_they_are_allowed(capsys, small_submission, tmp_path):
    import shutil

    shutil.copytree(small_submission, small_submission.parent / "second")
    (small_submission.parent / "second" / "Part 3 Reflection.txt").write_text("Part 3\n\nNothing of the kind happened here.\n")
    common = ("screen", small_submission.parent, "-r", "student-centeredness", "-f", "html,jsonl,csv")
    out = tmp_path / "a"
    assert _run(capsys, *common, "-o", out)[0] == 0
    lines = [json.loads(line) for line in (out / "screenings.jsonl").read_text(encoding="utf-8").splitlines()]
    told = [[n["message"] for n in line["notices"] if n["check"] == "shared_passage"] for line in lines]
    assert any("“second”, Part 1 Narrative.txt" in m for m in told[0])
    assert any("“lindqvist”, Part 1 Narrative.txt" in m for m in told[1])
    assert "does not say why" in (out / "submissions" / "lindqvist.html").read_text(encoding="utf-8")
    assert "Shared passages" in (out / "index.html").read_text(encoding="utf-8")
    rows = (out / "shared.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("passage,words,own_words,submission,part,document,place,quote")
    assert len(rows) > 2
    given = [a for name in ("Part 1 Narrative.txt", "Part 2 Self-Analysis.csv") for a in ("--allow-shared", small_submission / name)]
    out = tmp_path / "b"
    assert _run(capsys, *common, "-o", out, *given)[0] == 0
    assert len((out / "shared.csv").read_text(encoding="utf-8-sig").splitlines()) == 1
    assert "Shared passages" not in (out / "index.html").read_text(encoding="utf-8")
    code, _, stderr = _run(capsys, *common, "-o", tmp_path / "c", "--allow-shared", tmp_path / "nowhere.docx")
    assert code == 1
    assert "nowhere.docx" in stderr


def test_limits_are_shown_as_the_file_that_they_are_read_from(capsys, tmp_path, small_submission):
    import tomllib
    from dataclasses import asdict

    from mcscreen.limits import DEFAULT_LIMITS

    code, shown, _ = _run(capsys, "limits")
    assert code == 0 and tomllib.loads(shown) == asdict(DEFAULT_LIMITS)
    given = tmp_path / "limits.toml"
    given.write_text("characters = 50\n")
    out = tmp_path / "out"
    command = ("screen", small_submission, "-r", "student-centeredness", "-o", out, "-f", "jsonl", "--limits", given)
    assert _run(capsys, *command)[0] == 3
    documents = json.loads((out / "screenings.jsonl").read_text())["submission"]["documents"]
    assert {d["status"] for d in documents if d["words"] > 5} == {"partial"}
