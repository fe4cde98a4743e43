"""The journal: nothing lost, nothing twice, whatever interrupts the run."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mcscreen import journal as module
from mcscreen.errors import InputError
from mcscreen.journal import JOURNAL, Journal, masks_names, submission_key
from mcscreen.results import Coverage, Evidence, RubricRecord, Screening, SubmissionRecord, WordCount


def screening(name: str, quote: str = "What they said.\n“Ünïcode” \u2028 and more") -> Screening:
    evidence = Evidence(document="a.txt", start=0, end=3, quote=quote, score=0.1 + 0.2, seconds=(0.1, 2.0))
    return Screening(
        fingerprint="f",
        rubric=RubricRecord(id="r", sha256="0" * 64),
        submission=SubmissionRecord(id=name, documents=()),
        words=(WordCount(part="part1", own=1, raw=2),),
        coverage=(Coverage(part="part1", criterion="c", facet="x", status="thin", score=1 / 3, evidence=(evidence,) * 3),),
    )


def key(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def filled(folder):
    """A folder whose journal holds the screenings 0 to 4, and the offsets at which records end."""
    ends = []
    with Journal.open(folder, "f") as journal:
        for n in range(5):
            journal.put(key(n), screening(f"s{n}"))
            ends.append((folder / JOURNAL).stat().st_size)
    return folder, ends


def held(folder: Path, fingerprint: str = "f") -> list[int]:
    with Journal.open(folder, fingerprint) as journal:
        found = [(n, journal.get(key(n))) for n in range(8)]
    assert all(s is None or s == screening(f"s{n}") for n, s in found)
    return [n for n, s in found if s is not None]


def test_what_is_put_is_there_again(filled):
    assert held(filled[0]) == [0, 1, 2, 3, 4]


def test_a_record_has_the_documented_shape(filled):
    import json

    lines = (filled[0] / JOURNAL).read_bytes().split(b"\n")[:-1]
    assert len(lines) == 5
    assert all(list(json.loads(line)) == ["key", "bytes", "sha256", "screening"] for line in lines)
    with Journal.open(filled[0], "f", "scores") as journal:
        journal.put(key(5), screening("s5"))
    last = (filled[0] / JOURNAL).read_bytes().split(b"\n")[-2]
    assert list(json.loads(last)) == ["key", "scores", "bytes", "sha256", "screening"]
    assert held(filled[0]) == [0, 1, 2, 3, 4, 5]


def scored(folder: Path, fingerprint: str, scores: str) -> list[int]:
    with Journal.open(folder, fingerprint, scores) as journal:
        found = [(n, journal.scored(key(n)) if journal.has_scores(key(n)) else None) for n in range(8)]
    assert all(s is None or s.submission.id == f"s{n}" for n, s in found)
    return [n for n, s in found if s is not None]


def test_a_record_is_found_by_its_scores_too_if_it_was_put_with_them(filled):
    folder, _ = filled
    with Journal.open(folder, "with other thresholds", "same scores") as journal:
        for n in (5, 6, 7):
            journal.put(key(n), screening(f"s{n}"))
            assert journal.has_scores(key(n))
    assert scored(folder, "f", "same scores") == [5, 6, 7]
    assert scored(folder, "f", "other scores") == scored(folder, "f", "") == []
    with Journal.open(folder, "f", "same scores") as journal:
        assert journal.get(key(5)) is None and key(5) not in journal
    assert held(folder) == [0, 1, 2, 3, 4]


def test_torn_and_damaged_records_are_not_found_by_their_scores(folder):
    ends = [0]
    with Journal.open(folder, "a", "same scores") as journal:
        for n in range(5):
            journal.put(key(n), screening(f"s{n}"))
            ends.append((folder / JOURNAL).stat().st_size)
    whole = (folder / JOURNAL).read_bytes()
    for at in (5, 100, 200, 240, 255, 300, 500):
        data = bytearray(whole)
        data[ends[1] + at] ^= 0x15
        (folder / JOURNAL).write_bytes(data)
        assert scored(folder, "b", "same scores") == [0, 2, 3, 4], at
    for cut in [*range(ends[4] + 1, ends[4] + 300, 7), ends[5] - 2, ends[5] - 1]:
        (folder / JOURNAL).write_bytes(whole[:cut])
        assert scored(folder, "b", "same scores") == [0, 1, 2, 3], cut
    (folder / JOURNAL).write_bytes(whole[: ends[5] - 200] + bytes(198) + b"}\n")
    assert scored(folder, "b", "same scores") == [0, 1, 2, 3]
    assert (folder / JOURNAL).stat().st_size == ends[4]


def test_another_fingerprint_finds_nothing_and_destroys_nothing(filled):
    folder, _ = filled
    assert held(folder, "other") == []
    with Journal.open(folder, "other") as journal:
        journal.put(key(0), screening("s0"))
    assert held(folder, "other") == [0]
    assert held(folder) == [0, 1, 2, 3, 4]


def test_nothing_is_written_twice(filled):
    folder, ends = filled
    with Journal.open(folder, "f") as journal:
        journal.put(key(2), screening("s2"))
        journal.put(key(2), screening("another"))
        assert key(2) in journal and key(7) not in journal and len(journal) == 5
    assert (folder / JOURNAL).stat().st_size == ends[-1]


def test_a_torn_last_line_is_cut_off_wherever_it_was_torn(filled):
    folder, ends = filled
    whole = (folder / JOURNAL).read_bytes()
    for cut in [*range(ends[3] + 1, ends[3] + 200, 7), ends[4] - 300, ends[4] - 2, ends[4] - 1]:
        (folder / JOURNAL).write_bytes(whole[:cut])
        assert held(folder) == [0, 1, 2, 3], cut
        assert (folder / JOURNAL).stat().st_size == ends[3]
        with Journal.open(folder, "f") as journal:
            journal.put(key(4), screening("s4"))
        assert (folder / JOURNAL).read_bytes() == whole


def test_a_last_record_of_zeros_is_cut_off(filled):
    """After a power cut a file may have its length and not its bytes."""
    folder, ends = filled
    whole = (folder / JOURNAL).read_bytes()
    (folder / JOURNAL).write_bytes(whole[: ends[3]] + bytes(ends[4] - ends[3]))
    assert held(folder) == [0, 1, 2, 3]
    (folder / JOURNAL).write_bytes(whole[: ends[4] - 200] + bytes(198) + b"}\n")
    assert held(folder) == [0, 1, 2, 3]
    assert (folder / JOURNAL).stat().st_size == ends[3]


@pytest.mark.parametrize("at", [5, 100, 150, 400])
def test_damage_in_the_middle_costs_one_record(filled, at, caplog):
    folder, ends = filled
    data = bytearray((folder / JOURNAL).read_bytes())
    data[ends[1] + at] ^= 0x15
    (folder / JOURNAL).write_bytes(data)
    assert held(folder) == [0, 1, 3, 4]
    assert "damaged" in caplog.text
    with Journal.open(folder, "f") as journal:
        assert journal.get(key(2)) is None
        journal.put(key(2), screening("s2"))
    assert held(folder) == [0, 1, 2, 3, 4]


def test_a_file_that_is_no_journal_is_begun_anew(folder):
    folder.mkdir()
    (folder / JOURNAL).write_bytes(b"PK\x03\x04 something else\n" * 50)
    with Journal.open(folder, "f") as journal:
        journal.put(key(0), screening("s0"))
    assert held(folder) == [0]


@pytest.mark.parametrize("fails", ["write", "fsync"])
def test_a_full_disk_loses_nothing_and_is_said(filled, monkeypatch, fails):
    folder, _ = filled
    write, full = os.write, OSError(errno.ENOSPC, "No space left on device")
    calls = []

    def broken(handle: int, data: bytes = b"") -> int:
        calls.append(handle)
        if fails == "write" and len(calls) == 1:
            return write(handle, bytes(data)[:100])
        if len(calls) < 4:
            raise full
        return 0

    with Journal.open(folder, "f") as journal:
        monkeypatch.setattr(module.os, fails, broken)
        with pytest.raises(InputError, match="No space left on device"):
            journal.put(key(5), screening("s5"))
        monkeypatch.undo()
        assert journal.get(key(5)) is None
        journal.put(key(6), screening("s6"))
    assert held(folder) == [0, 1, 2, 3, 4, 6]


def test_two_runs_on_one_folder(folder):
    with Journal.open(folder, "f") as journal:
        with pytest.raises(InputError, match="another run"):
            Journal.open(folder, "f")
        journal.put(key(0), screening("s0"))
    with Journal.open(folder, "f"):
        pass


def test_kill_at_any_moment_loses_nothing_that_was_said_to_be_done(folder):
    code = (
        "import sys; from pathlib import Path; from mcscreen.journal import Journal; from mcscreen.results import Screening\n"
        "s = Screening.model_validate_json(sys.stdin.read())\n"
        "j = Journal.open(Path(sys.argv[1]), 'f')\n"
        "for n in range(len(j), 100000):\n"
        "    j.put(f'{n:064x}', s.model_copy(update={'submission': s.submission.model_copy(update={'id': f's{n}'})})); print(n, flush=True)\n"
    )
    done = -1
    for pause in (0.0, 0.013, 0.031):
        run = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert run.stdin is not None and run.stdout is not None
        run.stdin.write(screening("x", "q" * 20_000).model_dump_json(by_alias=True).encode())
        run.stdin.close()
        run.stdout.readline()
        time.sleep(pause)
        run.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        said = run.stdout.read().split()
        run.stdout.close()
        run.wait()
        done = max(done, int(said[-1]) if said else 0)
        with Journal.open(folder, "f") as journal:
            assert len(journal) in (done + 1, done + 2)
            for n in range(len(journal)):
                stored = journal.get(key(n))
                assert stored is not None and stored.submission.id == f"s{n}"


def test_ten_thousand_records_open_quickly_and_are_not_held(folder, monkeypatch):
    monkeypatch.setattr(module.os, "fsync", lambda handle: None)
    with Journal.open(folder, "f") as journal:
        for n in range(10_000):
            journal.put(key(n), screening(f"s{n}"))
    monkeypatch.undo()
    begun = time.process_time()
    with Journal.open(folder, "f") as journal:
        assert time.process_time() - begun < 2
        assert len(journal) == 10_000
        last = journal.get(key(9_999))
        assert last is not None and last.submission.id == "s9999"
        assert not any(isinstance(value, Screening) for value in vars(journal).values())


def test_threads_may_share_a_journal(folder):
    with Journal.open(folder, "f") as journal:
        threads = [
            threading.Thread(target=lambda k=k: [journal.put(key(n), screening(f"s{n}")) for n in range(k, 8, 2)]) for k in (0, 1, 0)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert held(folder) == list(range(8))


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_the_journal_is_for_its_owner_only(filled):
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in [filled[0], *filled[0].iterdir()]}
    assert modes == {"run": 0o700, JOURNAL: 0o600, "journal.lock": 0o600}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="nothing can be written there"):
        Journal.open(tmp_path / "file", "f")


def test_the_key_depends_on_every_byte_and_on_nothing_else(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"one")
    b.write_bytes(b"two")
    base = submission_key("s", [("x", a), ("y", b)], ["fact"])
    assert submission_key("s", [("y", b), ("x", a)], ["fact"]) == base
    others = [
        submission_key("t", [("x", a), ("y", b)], ["fact"]),
        submission_key("s", [("x", b), ("y", a)], ["fact"]),
        submission_key("s", [("x", a), ("z", b)], ["fact"]),
        submission_key("s", [("x", a)], ["fact"]),
        submission_key("s", [("x", a), ("y", b)], ["fac", "t"]),
        submission_key("s", [("x", a), ("y", tmp_path / "none")], ["fact"]),
        submission_key("s\ud800", [("x", a), ("y", b)], ["fact"]),
    ]
    a.write_bytes(b"onf")
    others.append(submission_key("s", [("x", a), ("y", b)], ["fact"]))
    assert len({base, *others}) == len(others) + 1


def test_a_pipe_is_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        return
    os.mkfifo(tmp_path / "pipe")
    assert submission_key("s", [("p", tmp_path / "pipe")]) == submission_key("s", [("p", tmp_path / "none")])


def test_of_a_film_the_ends_count(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_WHOLE_BYTES", 100)
    monkeypatch.setattr(module, "_ENDS", 10)
    film = tmp_path / "film.mp4"
    keys = []
    for data in (b"a" * 200, b"a" * 201, b"a" * 199 + b"b", b"b" + b"a" * 199, b"a" * 100 + b"b" + b"a" * 99):
        film.write_bytes(data)
        keys.append(submission_key("s", [("film.mp4", film)]))
    assert len(set(keys)) == 4
    assert keys[0] == keys[4]


def test_a_run_that_begins_anew_drops_what_was_done_but_not_under_a_run_that_goes_on(filled):
    folder, ends = filled
    with Journal.open(folder, "f"):
        with pytest.raises(InputError, match="another run"):
            Journal.open(folder, "f", anew=True)
        assert (folder / JOURNAL).stat().st_size == ends[-1]
    with Journal.open(folder, "f", anew=True) as journal:
        assert len(journal) == 0
        journal.put(key(7), screening("s7"))
    assert held(folder) == [7]


def test_a_journal_tells_whether_it_is_of_masked_names(tmp_path):
    path = tmp_path / JOURNAL
    assert masks_names(path) is None
    with Journal.open(tmp_path, "f") as journal:
        assert masks_names(path) is None  # nothing was screened yet
        journal.put("a" * 64, screening("a").model_copy(update={"masked": True}))
    assert masks_names(path) is True
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"schema":1', b'"schema":7'))  # damaged
    assert masks_names(path) is None
    with Journal.open(tmp_path / "other", "f") as journal:
        journal.put("a" * 64, screening("a"))
    assert masks_names(tmp_path / "other" / JOURNAL) is False
