"""The trials see what they look for: what they call unharmed is compared, what is planted is found, and floors hold or do not."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.surviving import floors, full, hostile, inert, inputs, many, offline, runs
from benchmarks.surviving.floors import Outcome
from mcscreen.limits import Limits

POSIX = os.name == "posix"
LINUX = sys.platform == "linux"


def test_floors_name_trials_and_bounds_and_nothing_else(tmp_path):
    from benchmarks.surviving.__main__ import TRIALS

    assert set(floors.load_floors()) == set(TRIALS)
    (tmp_path / "f.toml").write_text("[killed]\nkills = { minimum = 3 }\n")
    with pytest.raises(ValueError, match=r"killed\.kills"):
        floors.load_floors(tmp_path / "f.toml")


def test_what_is_below_above_or_not_measured_does_not_hold():
    bounds = {"killed": {"a": {"least": 1}, "b": {"most": 0}, "c": {"least": 0, "most": 3}, "d": {"most": 1}}}
    outcome = Outcome("killed", {"a": 0.5, "b": 1, "c": 3, "d": None})
    broken = floors.breaches(outcome, bounds)
    assert [b.split()[0] for b in broken] == ["a", "b", "d"] and "was not measured" in broken[2]
    assert floors.breaches(Outcome("killed", {"a": 1, "b": 0, "c": 0, "d": 0}), bounds) == []
    assert floors.breaches(Outcome("other", {}), bounds) == []
    assert "DOES NOT HOLD: a is 0.5" in floors.show(outcome, broken)
    assert json.loads(floors.as_json([outcome], {"killed": broken}))[0]["does_not_hold"] == broken


# --- runs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_a_killed_run_leaves_nothing_and_its_memory_was_seen(tmp_path):
    code = "import subprocess, sys, time; hold = bytearray(80_000_000); subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
    started = runs.Run([sys.executable, "-c", code], tmp_path)
    until = time.monotonic() + 20
    while (len(started.seen) < 2 or started.peak.get("parent", 0) < 80_000_000) and time.monotonic() < until:
        time.sleep(0.02)
    assert started.left_over(0) == 2
    started.kill()
    ended = started.wait()
    assert ended.code == -9 and ended.peak["parent"] > 80_000_000
    assert started.left_over() == 0
    assert runs.processor_seconds(os.getpid()) > 0 and runs.memory(os.getpid()) > 10_000_000


def test_folders_are_compared_file_by_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "submissions").mkdir(parents=True)
        (tmp_path / name / "submissions" / "s.html").write_text("same")
        (tmp_path / name / "journal.jsonl").write_text(name)
    assert runs.unlike(tmp_path / "a", tmp_path / "b") == []
    (tmp_path / "b" / "submissions" / "s.html").write_text("Same")
    (tmp_path / "a" / ".mcscreen-left.part").write_text("")
    assert runs.unlike(tmp_path / "a", tmp_path / "b") == [".mcscreen-left.part", "submissions/s.html"]


# --- inputs --------------------------------------------------------------------------------------------------------------


def test_generated_submissions_are_distinct_and_the_same_again(tmp_path):
    inputs.generated(12, tmp_path / "a", 1)
    inputs.generated(12, tmp_path / "b", 1)
    texts = [p.read_text() for p in sorted((tmp_path / "a").rglob("Part 1*"))]
    assert len(set(texts)) == 12 and runs.unlike(tmp_path / "a", tmp_path / "b") == []
    part2 = tmp_path / "a" / "0000" / "candidate-0000003" / "Part 2 Self-Analysis.csv"
    rows = list(csv.reader(part2.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 3 and {len(r) for r in rows} == {4}


def test_generated_submissions_share_no_twelve_words(tmp_path):
    inputs.generated(200, tmp_path, 1)
    seen = Counter()
    for folder in tmp_path.glob("*/*"):
        for path in folder.glob("*.txt"):
            words = path.read_text().partition("\n\n")[2].split()  # without the heading, which all have
            seen.update(tuple(words[n : n + 12]) for n in range(len(words) - 11))
    assert len(seen) > 30_000 and max(seen.values()) == 1


def test_copies_differ_in_their_words_and_stay_whole(tmp_path, small_submission):
    (small_submission / "artifacts" / "plan.docx").write_bytes(b"")
    with zipfile.ZipFile(small_submission / "artifacts" / "plan.docx", "w") as archive:
        words = " ".join(f"{a}{b}evenings" for a in "abcdefghij" for b in "klmnopqrst")
        archive.writestr("word/document.xml", f'<w:document other="attribute"><w:t>{words}</w:t></w:document>')
        archive.writestr("word/styles.xml", "<w:styles/>")
    inputs.copies([("one", small_submission)], 3, tmp_path / "out", 7)
    folders = sorted((tmp_path / "out").iterdir())
    assert [f.name for f in folders] == ["one-000", "one-001", "one-002"]
    assert runs.unlike(folders[0], small_submission) == []
    for folder in folders[1:]:
        assert "Part 1 Narrative.txt" in runs.unlike(folder, small_submission)
        before, after = (len((f / "Part 1 Narrative.txt").read_text().split()) for f in (small_submission, folder))
        assert before == after
        with zipfile.ZipFile(folder / "artifacts" / "plan.docx") as archive:
            assert archive.read("word/document.xml").startswith(b'<w:document other="attribute"><w:t>')
    assert runs.unlike(folders[1], folders[2])


@pytest.mark.skipif(not POSIX, reason="pipes and links")
def test_inputs_are_placed_as_they_are(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.txt").write_text("text")
    os.mkfifo(source / "pipe")
    (source / "link").symlink_to("a.txt")
    inputs.place(source, tmp_path / "target")
    assert (tmp_path / "target" / "a.txt").samefile(source / "a.txt")
    assert (tmp_path / "target" / "pipe").is_fifo() and os.readlink(tmp_path / "target" / "link") == "a.txt"


# --- hostile -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        ("text", {"text", "partial"}, {"corrupt", "crashed"}),
        ("text-or-corrupt", {"text", "corrupt", "too_large"}, {"timeout", "crashed"}),
        ("timeout-or-text-with-page-cap", {"timeout", "partial", "text"}, {"crashed", "empty"}),
        ("text+needs_ocr", {"partial"}, {"text", "needs_ocr"}),
        ("text+warning", {"text", "partial"}, {"corrupt"}),
        ("too-large", {"too_large"}, {"text", "crashed"}),
        ("empty", {"empty"}, {"text"}),
        ("encrypted", {"encrypted"}, {"corrupt"}),
    ],
)
def test_expectations_allow_and_forbid(expected, right, wrong):
    assert right <= hostile.allowed(expected) and not wrong & hostile.allowed(expected)


def test_what_became_of_an_input_is_judged(tmp_path):
    def judged(expected: str, family: str = "pdf", **statuses: str) -> str | None:
        item = hostile.Input("x", family, expected, tmp_path)
        return hostile._judged(item, [{"name": n, "status": s, "reason": "why"} for n, s in statuses.items()], True)

    assert judged("corrupt", a="corrupt") is None
    assert judged("corrupt", a="text") == "found text (why)"
    assert judged("text") == "a row without a document"
    assert hostile._judged(hostile.Input("x", "pdf", "text", tmp_path), [], False) == "no row"
    silent = hostile._judged(hostile.Input("x", "pdf", "corrupt", tmp_path), [{"name": "a", "status": "corrupt", "reason": ""}], True)
    assert silent == "no reason is given for ['a']"
    assert "passwd.txt" in str(judged("mixed", "fs", **{"ok.txt": "text", "passwd.txt": "text"}))
    assert judged("mixed", "fs", **{"ok.txt": "text", "passwd.txt": "unsupported"}) is None


def test_a_manifest_says_what_was_made(tmp_path):
    (tmp_path / "MANIFEST.csv").write_text(
        "name,family,attack,expected,must_hold,bytes_on_disk,state\na.pdf,pdf,x,text,y,1,made\nb.pdf,pdf,x,text,y,,skipped: no\n"
    )
    made, not_made = hostile.manifest(tmp_path)
    assert [(i.name, i.expected) for i in made] == [("a.pdf", "text")] and not_made == 1
    with pytest.raises(SystemExit, match=r"MANIFEST\.csv"):
        hostile.manifest(tmp_path / "nothing")


# --- many ----------------------------------------------------------------------------------------------------------------


def test_growth_is_told_from_flat():
    flat = [(n, 300.0 + (n % 3)) for n in range(0, 1000, 10)]
    rising = [(n, 300.0 + 0.05 * n) for n in range(0, 1000, 10)]
    assert abs(many.slope(flat) or 0) < 2 and many.slope(rising) == pytest.approx(50)
    assert many.slope(flat[:2]) is None
    steady = [many.Sample(n, 0, 0.1 * n + 0.0005 * n * n, 0) for n in range(0, 300, 10)]
    assert many._growth(steady) > 2 and many._each(steady) == pytest.approx(0.1 + 0.0005 * 290)


# --- offline -------------------------------------------------------------------------------------------------------------

_CALLS = """
import os, socket, subprocess, sys
import benchmarks.surviving.watched
from mcscreen.isolation import readers
for call in (lambda: socket.create_connection(("127.0.0.1", 9), 1), lambda: socket.getaddrinfo("localhost", 80), lambda: socket.gethostbyname("localhost")):
    try:
        call()
    except PermissionError as error:
        print("refused")
first, second = socket.socketpair()
code = readers._BOOT.rpartition("import json, sys;")[0] + "import socket; socket.socket().connect(('127.0.0.1', 9))"
print(subprocess.run([sys.executable, "-I", "-c", code], stderr=subprocess.PIPE, text=True).stderr.strip().splitlines()[-1])
"""


def test_the_guard_refuses_sockets_here_and_in_children_and_writes_it_down(tmp_path):
    env = {**os.environ, "SURVIVING_SOCKETS": str(tmp_path / "refused")}
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", _CALLS], env=env, cwd=root, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["refused"] * 3 + ["PermissionError: refused: socket.connect"], done.stderr
    assert len((tmp_path / "refused").read_text().splitlines()) == 4


@pytest.mark.skipif(not POSIX, reason="no modes")
def test_what_others_may_read_is_named(tmp_path):
    folder = tmp_path / "report"
    folder.mkdir(mode=0o700)
    (folder / "a").touch(0o600)
    (folder / "b").touch(0o600)
    assert offline.too_open(folder) == []
    os.chmod(folder / "b", 0o640)
    assert offline.too_open(folder) == ["report/b (640)"]


# --- inert ---------------------------------------------------------------------------------------------------------------


def _read(kind: str, path: Path, content: str) -> list[str]:
    path.write_text(content, encoding="utf-8")
    return list(inert._READERS[kind](path))


POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-x'\">"


@pytest.mark.parametrize(
    ("kind", "harmless", "harmful"),
    [
        ("csv", 'a,"\'=1+1",-0.25\r\n', ["a,=1+1\r\n", 'a," ＝1"\r\n', 'a,"x;=1"\r\n', "a,\x1b[31m\r\n"]),
        (
            "html",
            POLICY + "<p>&lt;script&gt;zqx()</p><a href='a.html'>",
            [
                "<p>no policy",
                POLICY + "<img src=zqx onerror=zqx()>",
                POLICY + "<a href='javascript:zqx()'>",
                POLICY + "<p zqx=1>",
                POLICY + "\u202e",
                POLICY + "<img src='//127.0.0.1/x'>",
            ],
        ),
        ("md", "\\<img src=zqx\\> \\![zqx](x)\n", ["<img src=zqx>\n", "![zqx](http://x/zqx)\n", "[a](zqx:b)\n", "x\x1b[31m\n"]),
        ("jsonl", '{"a": "\\u2028"}\n', ['{"a": "\u2028"}\n', "[]\n"]),
    ],
)
def test_what_is_harmful_is_found_and_what_is_not_is_left(tmp_path, kind, harmless, harmful):
    assert _read(kind, tmp_path / f"a.{kind}", harmless) == []
    for content in harmful:
        assert _read(kind, tmp_path / f"b.{kind}", content), content


def test_formulas_in_workbooks_and_links_in_notes_are_found(tmp_path):
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "'=1+1"
    workbook.save(tmp_path / "a.xlsx")
    assert list(inert.in_xlsx(tmp_path / "a.xlsx")) == []
    workbook.active["A2"] = "=1+1"
    workbook.save(tmp_path / "a.xlsx")
    assert len(list(inert.in_xlsx(tmp_path / "a.xlsx"))) == 2
    for body, found in (("<w:p/>", 0), ("<w:hyperlink/>", 1)):
        with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
            archive.writestr("word/document.xml", f'<w:document xmlns:w="x">{body}</w:document>')
        assert len(list(inert.in_docx(tmp_path / "a.docx"))) == found


def test_planted_submissions_hold_every_string(tmp_path):
    inert.plant(tmp_path)
    folders = list(tmp_path.iterdir())
    assert len(folders) == len(inert._NAMES)
    text = (folders[0] / "Part 1 Narrative.txt").read_text(encoding="utf-8")
    assert all(p.replace("\ufffe", "") in text for p in inert.PLANTED if "\u0085" not in p and "\t" not in p)


# --- full ----------------------------------------------------------------------------------------------------------------


def test_a_message_needs_a_way_out_and_no_traceback():
    def case(err: str, code: int = 1) -> dict[str, object]:
        return full._case("x", runs.Ended(code, 0, "", err), {"a": "1"}, {"a": "1"}, True)

    assert case("mcscreen: a: cannot be written (No space left on device); make room on the disk and run again")["way_out"]
    assert not case("Traceback (most recent call last):\nOSError: make room")["way_out"]
    assert not case("mcscreen: it did not work")["way_out"]


def test_the_limits_of_readers_are_within_the_floors():
    bounds = floors.load_floors()["hostile"]
    limits = Limits()
    assert limits.memory_bytes <= bounds["peak_reader_mb"]["most"] * 1e6
    assert limits.screening_seconds <= bounds["slowest_cpu_seconds"]["most"] and limits.cpu_seconds <= bounds["slowest_cpu_seconds"]["most"]


def test_attempts_to_send_are_counted_from_the_kernels_own_counters():
    counters = (
        "Ip: Forwarding OutRequests OutNoRoutes\nIp: 2 0 3\nIcmp: InMsgs\nIcmp: 9\nTcp: ActiveOpens OutSegs\nTcp: 5 5\n"
        "Ip6OutRequests                  \t4\nIp6InNoRoutes                   \t7\n"
    )
    assert offline.attempts_in(counters) == 7
    assert offline.attempts_in("Ip: OutRequests OutNoRoutes\nIp: 0 0\n") == 0
