"""Texts of a batch are kept in a temporary file, and read again where that cannot be."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from dataclasses import replace

import pytest

from mcscreen import batch_texts
from mcscreen.batch_texts import texts_of
from mcscreen.intake import find_uploads
from mcscreen.pipeline import Settings, read_upload

SETTINGS = Settings("student-centeredness")


@pytest.fixture
def uploads(small_submission):
    (small_submission / "submission.toml").write_text('[parts]\npart1 = ["Part 1 Narrative.txt"]\n', encoding="utf-8")
    (small_submission / "linked.txt").symlink_to("/etc/hostname")
    for name in ("moreau", "okafor"):
        shutil.copytree(small_submission, small_submission.parent / name, symlinks=True)
    return find_uploads([small_submission.parent])


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """As if the disk had room, whatever else lies on it."""
    monkeypatch.setattr(batch_texts, "_ROOM", 0)


@pytest.fixture
def reads(monkeypatch):
    """Ids of the submissions that were read."""
    read = []
    monkeypatch.setattr(batch_texts, "read_upload", lambda upload, settings: read.append(upload.id) or read_upload(upload, settings))
    return read


def test_what_was_read_is_the_same_again_and_is_not_read_twice(uploads, reads, monkeypatch):
    monkeypatch.setattr(batch_texts, "_KEPT", 1)
    texts = texts_of([uploads[0].root.parent], SETTINGS)
    first = {u.id: texts.read(u, SETTINGS) for u in uploads}
    assert all(s.problems and s.declared for s in first.values())
    for _ in range(2):
        assert dict(texts) == first
    assert reads == [u.id for u in uploads]


def test_what_was_screened_before_is_read_once_for_the_reports(uploads, reads, monkeypatch):
    monkeypatch.setattr(batch_texts, "_KEPT", 1)
    texts = texts_of([uploads[0].root.parent], SETTINGS)
    assert dict(texts) == dict(texts)
    assert reads == [u.id for u in uploads]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file is seen there until it is closed")
def test_nobody_sees_the_file(uploads, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    texts = texts_of([uploads[0].root.parent], SETTINGS)
    texts.read(uploads[0], SETTINGS)
    assert texts._packed.get(uploads[0].id, SETTINGS.limits) is not None
    assert os.listdir(tmp_path / "temporary") == []


def test_where_there_is_no_room_it_is_read_again(uploads, reads, monkeypatch):
    texts = texts_of([uploads[0].root.parent], SETTINGS)
    first = {uploads[0].id: texts.read(uploads[0], SETTINGS)}
    size = texts._packed._end
    monkeypatch.setattr(batch_texts, "_KEPT_BYTES", size + 10)
    first[uploads[1].id] = texts.read(uploads[1], SETTINGS)
    assert texts._packed._end == size
    assert {i: texts[i] for i in first} == first
    assert reads == [uploads[0].id, uploads[1].id, uploads[1].id]


@pytest.mark.parametrize("what", ["open", "write", "short", "read", "damaged", "little room"])
def test_a_disk_that_fails_costs_a_second_reading_only(uploads, reads, monkeypatch, what):
    def full(*args, **more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    texts = texts_of([uploads[0].root.parent], SETTINGS)
    if what == "open":
        monkeypatch.setattr(tempfile, "TemporaryFile", full)
    elif what == "little room":
        monkeypatch.setattr(batch_texts, "_ROOM", 1 << 60)
    else:
        texts.read(uploads[1], SETTINGS)

        class Failing:
            def __init__(self, file):
                self.seek, self.write, self.read, self.close = file.seek, file.write, file.read, file.close

        failing = Failing(texts._packed._file)
        if what == "short":  # as a disk does on which some of it has room
            failing.write = lambda record, write=failing.write: write(record[:100])
        elif what != "damaged":
            setattr(failing, what, full)
        monkeypatch.setattr(texts._packed, "_file", failing)
    first = texts.read(uploads[0], SETTINGS)
    if what == "damaged":
        failing.seek(texts._packed._places[uploads[0].id][0])
        failing.write(b"{} ")
    if what in ("write", "short"):  # the room is given back
        assert texts._packed._file.seek.__self__.closed
        texts.read(uploads[2], SETTINGS)
        assert not texts._packed._places
    reads.clear()
    assert texts[uploads[0].id] == first
    assert reads == [uploads[0].id]


def test_names_are_masked_once(uploads, monkeypatch):
    monkeypatch.setattr(batch_texts, "_KEPT", 1)
    settings = replace(SETTINGS, mask_names=True)
    texts = texts_of([uploads[0].root.parent], settings)
    for upload in uploads:
        texts.read(upload, settings)
    first = dict(texts)
    monkeypatch.setattr(batch_texts, "masked", lambda *_: pytest.fail("masked again"))
    assert dict(texts) == first and all(s.id == name for name, s in first.items())
