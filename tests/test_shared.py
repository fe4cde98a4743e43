"""Shared passages in a report: told with both places, without a reason, and never at the report's cost."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import signal
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from mcscreen.document import Draft
from mcscreen.results import DocumentRecord, RubricRecord, Screening, SectionRecord, SubmissionRecord
from mcscreen.rubric import Rubric
from mcscreen.shared import KEPT, SHARED, Keeping, shared_passages
from mcscreen.submission import Submission

WORDS = "Every newcomer eats with two fifth graders for a month and they show where the ball is kept"
RUBRIC = Rubric.model_validate(
    {
        "schema": 1,
        "id": "meals",
        "title": "Meals",
        "source": {"title": "Meals"},
        "outcomes": [{"id": "EO1", "text": "Feed every child."}],
        "parts": [{"id": "part1", "title": "Overview", "kind": "narrative"}, {"id": "part3", "title": "Reflection", "kind": "reflection"}],
    }
)


def read(name: str, **parts: str) -> tuple[Screening, Submission]:
    documents, records = [], []
    for part, text in parts.items():
        draft = Draft()
        draft.paragraph("First.")
        draft.paragraph(text)
        document = draft.finish(name=f"{part}.docx", format="docx", sha256=name + part, size=1)
        documents.append(document)
        section = SectionRecord(part=part, start=0, end=len(document.text), basis="name", guessed=False)
        records.append(
            DocumentRecord(
                name=document.name,
                part=part,
                status="text",
                reason="",
                reader="",
                pages=None,
                words=1,
                sha256=name + part,
                sections=(section,),
            )
        )
    screening = Screening(
        fingerprint="f", rubric=RubricRecord(id="meals", sha256=""), submission=SubmissionRecord(id=name, documents=tuple(records))
    )
    return screening, Submission(name, tuple(documents))


def shared(*batch, allowed=()):
    return shared_passages([s for s, _ in batch], {s.id: s for _, s in batch}, RUBRIC, allowed)


def test_each_screening_gets_its_own_place_as_evidence_and_the_other_in_words():
    batch = read("anna", part1=f"Well, {WORDS}. We laughed."), read("ben", part1=f"Here {WORDS}, I think."), read("carla", part1="Soup.")
    told, table = shared(*batch)
    anna, ben, carla = (s.notices for s in told)
    assert carla == ()
    assert (anna[0].check, anna[0].subject) == (SHARED, "part1.docx")
    assert anna[0].message == "18 words in a row stand here and in “ben”, part1.docx, paragraph 2"
    assert ben[0].message == "18 words in a row stand here and in “anna”, part1.docx, paragraph 2"
    (evidence,) = anna[0].evidence
    assert batch[0][1].documents[0].text[evidence.start : evidence.end] == evidence.quote == WORDS
    assert table.name == "shared"
    assert [row[:6] for row in table.rows] == [(1, 18, 18, n, "Overview", "part1.docx") for n in ("anna", "ben")]
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_candidates_own_two_parts_are_told_in_one_notice():
    (told,), _ = shared(read("anna", part1=WORDS, part3=WORDS))
    (notice,) = told.notices
    assert notice.message == "19 words in a row stand here and in part3.docx, paragraph 1 of this submission"
    assert [e.document for e in notice.evidence] == ["part1.docx", "part3.docx"]


def test_no_notice_gives_a_reason():
    (told, _), _ = shared(read("anna", part1=WORDS), read("ben", part1=WORDS))
    words = told.notices[0].message.lower()
    assert not any(w in words for w in ("copied", "plagiar", "cheat", "misconduct", "suspicious", "original", "integrity"))


def test_allowed_wording_is_nobodys():
    assert all(s.notices == () for s in shared(read("anna", part1=WORDS), read("ben", part1=WORDS), allowed=[f"Template. {WORDS}"])[0])


def test_many_passages_are_cut_to_the_longest_and_the_table_has_all():
    texts = [" ".join(f"w{n}x{i}" for i in range(12 + n)) for n in range(15)]
    (told, _), table = shared(read("anna", part1=" a ".join(texts)), read("ben", part1=" b ".join(texts)))
    assert len(told.notices) == 13
    assert told.notices[0].message.startswith("26 words")
    assert told.notices[-1].message.startswith("3 shorter passages")
    assert len(table.rows) == 30


def test_more_places_than_can_be_named_are_counted():
    told, _ = shared(*(read(f"s{n}", part1=WORDS) for n in range(6)))
    assert told[0].notices[0].message.endswith("“s3”, part1.docx, paragraph 1 and in 2 more places")


@pytest.mark.parametrize("gone", ["changed", "missing"])
def test_a_text_that_cannot_be_read_again_costs_its_own_notices_only(gone, caplog):
    batch = [read("anna", part1=WORDS), read("ben", part1=WORDS), read("carla", part1=WORDS)]
    texts = {s.id: s for _, s in batch}
    if gone == "missing":
        del texts["anna"]
    else:
        texts["anna"] = read("dora", part1=WORDS)[1]
    told, _ = shared_passages([s for s, _ in batch], texts, RUBRIC)
    assert [len(s.notices) for s in told] == [0, 1, 1]
    assert "anna" not in caplog.text


def test_a_submission_that_was_not_screened_is_not_read_again():
    empty = Screening(fingerprint="f", rubric=RubricRecord(id="meals", sha256=""), submission=SubmissionRecord(id="dora", documents=()))
    told, table = shared_passages([empty], {}, RUBRIC)
    assert list(told) == [empty]
    assert table.rows == ()


def rests_on(folder, fingerprint="scores", keys=("a", "b", "c"), allowed=(), tabled=True):
    return Keeping.within(folder, fingerprint, keys, allowed, tabled=tabled)


class Unreadable(dict):
    def __getitem__(self, name):
        pytest.fail("read though it was kept")


@pytest.fixture
def batch():
    texts = [" ".join(f"w{n}x{i}" for i in range(12 + n)) for n in range(15)]
    one, two = read("anna", part1=" a ".join(texts)), read("ben", part1=" b ".join(texts), part3=WORDS)
    return [one, two, read("carla", part1=f"Here {WORDS}, I think.")]


def found(batch, keeping, texts=None, allowed=()):
    texts = {s.id: s for _, s in batch} if texts is None else texts
    told, table = shared_passages([s for s, _ in batch], texts, RUBRIC, allowed, keeping)
    if keeping:
        assert not keeping.pending or keeping.taken() is None  # nothing is in place before the reports are
        keeping.keep()
    return [s.model_dump_json(by_alias=True) for s in told], table


@pytest.mark.parametrize("tabled", [True, False])
def test_what_was_found_is_kept_for_its_owner_and_taken_without_a_text(batch, tmp_path, tabled):
    bare = found(batch, None)
    kept = rests_on(tmp_path, tabled=tabled)
    first, second = found(batch, kept), found(batch, kept, Unreadable())
    assert bare[0] == first[0] == second[0]
    assert first[1] == second[1] and list(second[1].rows) == (list(bare[1].rows) if tabled else [])
    assert [p.name for p in tmp_path.iterdir()] == [KEPT]
    assert os.name != "posix" or stat.S_IMODE((tmp_path / KEPT).stat().st_mode) == 0o600


def test_without_the_table_no_text_is_kept_that_no_notice_holds(batch, tmp_path):
    found(batch, rests_on(tmp_path, tabled=False))
    content = (tmp_path / KEPT).read_text(encoding="utf-8")
    told = "".join(found(batch, None)[0])
    quotes = {row[-1] for row in found(batch, None)[1].rows}
    assert {q for q in quotes if q in content} == {q for q in quotes if q in told} != quotes
    whole = found(batch, rests_on(tmp_path))
    assert list(whole[1].rows) == list(found(batch, None)[1].rows)  # the table is asked for now, and found anew
    assert found(batch, rests_on(tmp_path, tabled=False), Unreadable())[0] == whole[0]


@pytest.mark.parametrize(
    "other", [{"fingerprint": "other"}, {"keys": ("b", "a", "c")}, {"keys": ("a", "b")}, {"keys": ("a", "bc")}, {"allowed": (WORDS,)}]
)
def test_what_rests_on_anything_else_is_not_taken(batch, tmp_path, other):
    found(batch, rests_on(tmp_path))
    kept = rests_on(tmp_path, **other)
    assert kept.taken() is None
    allowed = other.get("allowed", ())
    assert found(batch, kept, allowed=allowed) == found(batch, None, allowed=allowed)
    assert kept.taken() is not None and rests_on(tmp_path).taken() is None


def _flipped(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGE = {
    "empty": lambda c: b"",
    "cut": lambda c: c[: len(c) // 2],
    "its end": lambda c: c[:-1],
    "a word": lambda c: c.replace(b"w14x0", b"w14y0"),
    "its head": lambda c: _flipped(c, 2),
    "its checksum": lambda c: _flipped(c, 90),
    "more": lambda c: c + c,
    "another shape": lambda c: _sealed(c[8:72], b'{"notices":{"anna":[{"check":1}]},"rows":null}'),
    "no JSON": lambda c: _sealed(c[8:72], b"\xff"),
}


def _sealed(key, body):
    return b'{"key":"%s","sha256":"%s","shared":%s}\n' % (key, hashlib.sha256(body).hexdigest().encode(), body)


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_is_found_anew_and_mended(batch, tmp_path, caplog, damage):
    first, kept = found(batch, rests_on(tmp_path)), rests_on(tmp_path)
    content = (tmp_path / KEPT).read_bytes()
    (tmp_path / KEPT).write_bytes(DAMAGE[damage](content))
    assert (tmp_path / KEPT).read_bytes() != content
    assert found(batch, kept) == first
    assert "damaged" in caplog.text and "w14" not in caplog.text
    assert (tmp_path / KEPT).read_bytes() == content


def test_a_folder_or_a_link_in_its_place_is_not_followed(batch, tmp_path):
    kept, elsewhere = rests_on(tmp_path / "run"), rests_on(tmp_path)
    found(batch, elsewhere)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / KEPT).symlink_to(elsewhere.path)
    assert kept.taken() is None
    assert found(batch, kept) == found(batch, None)
    assert not kept.path.is_symlink() and kept.taken() is not None
    kept.path.unlink()
    kept.path.mkdir()
    assert found(batch, kept) == found(batch, None)


@pytest.mark.parametrize(
    "change", [{"status": "timeout"}, {"reason": "the last pages were left out"}, {"sha256": "other"}, {"name": "x"}, None]
)
def test_what_was_not_read_as_it_was_screened_is_told_and_not_kept(batch, tmp_path, change):
    texts = {s.id: s for _, s in batch}
    if change is None:
        del texts["anna"]
    else:
        documents = texts["anna"].documents
        texts["anna"] = replace(texts["anna"], documents=(replace(documents[0], **change), *documents[1:]))
    kept = rests_on(tmp_path)
    assert found(batch, kept, texts) == found(batch, None, texts)
    assert kept.taken() is None and not kept.path.exists()


def test_what_cannot_be_written_costs_no_report(batch, tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert found(batch, rests_on(tmp_path)) == found(batch, None)
    assert "could not be kept (NotWritten)" in caplog.text and not list(tmp_path.iterdir())
    half = [read("anna", part1=WORDS), read("ben\ud800", part1=WORDS)]  # JSON holds no half of a surrogate pair
    kept = rests_on(tmp_path)
    told, table = shared_passages([s for s, _ in half], {s.id: s for _, s in half}, RUBRIC, (), kept)
    kept.keep()
    assert len(told[0].notices) == 1 and len(list(table.rows)) == 2 and not list(tmp_path.iterdir())


_KILLED = """
import os, pickle, signal, sys
from pathlib import Path
from mcscreen.shared import Keeping, shared_passages

folder, step, when = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
batch, rubric = pickle.loads(sys.stdin.buffer.read())
done, calls = getattr(os, step), 0

def killed(*given, **named):
    global calls
    calls += 1
    if calls == when:
        os.kill(os.getpid(), signal.SIGKILL)
    return done(*given, **named)

setattr(os, step, killed)
keeping = Keeping.within(folder, "scores", ["a", "b", "c"])
shared_passages([s for s, _ in batch], {s.id: s for _, s in batch}, rubric, (), keeping)
keeping.keep()
"""


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL")
@pytest.mark.parametrize("before", [None, "own", "other"])
@pytest.mark.parametrize(("step", "when"), [("open", 2), ("fsync", 1), ("replace", 1), ("fsync", 2)])
def test_a_process_killed_while_it_keeps_leaves_what_was_there_or_the_whole(batch, tmp_path, step, when, before):
    if before:
        found(batch, rests_on(tmp_path, before))
    old = (tmp_path / KEPT).read_bytes() if before else None
    command = [sys.executable, "-c", _KILLED, str(tmp_path), step, str(when)]
    assert subprocess.run(command, input=pickle.dumps((batch, RUBRIC)), timeout=60, check=False).returncode == -signal.SIGKILL
    kept = rests_on(tmp_path)
    if (step, when) == ("fsync", 2):  # it was in its place
        assert kept.taken() is not None
    else:
        assert ((tmp_path / KEPT).read_bytes() if before else None) == old and kept.taken() is None
    assert found(batch, kept) == found(batch, None)
    assert found(batch, kept, Unreadable()) == found(batch, None)
