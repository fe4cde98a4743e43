"""Remembered vectors: the same to the byte as computed ones, whatever happens to the file they lie in."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mcscreen import remembered
from mcscreen.remembered import RememberedEncoder, cache_folder

TEXTS = ["One sentence.", "", "One sentence.", "Ünïcode \ud800 and \n breaks", *(f"Sentence number {n}." for n in range(700))]


class Counting:
    """An encoder that says how much it was asked for."""

    name = "counting"
    dimension = 24

    def __init__(self, fingerprint: str = "weights-1") -> None:
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            seed = hashlib.sha256((self.fingerprint + text).encode("utf-8", "surrogatepass")).digest()
            vector = np.random.default_rng(list(seed)).standard_normal(self.dimension).astype(np.float32)
            vectors[row] = vector / np.linalg.norm(vector)
        return vectors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "vectors.sqlite"


def equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def test_with_and_without_the_cache_it_is_the_same_to_the_byte(path):
    wanted = Counting().encode(TEXTS)
    for _ in range(3):
        encoder = Counting()
        with_cache = RememberedEncoder(encoder, path=path)
        assert equal(with_cache.encode(TEXTS), wanted)
        assert equal(with_cache.encode(TEXTS[::-1]), wanted[::-1])
        with_cache.close()
    assert encoder.asked == []


def test_the_default_encoder_gives_the_same_through_the_cache(encoder, path):
    texts = ["I learned that a quiet class is not a safe class.", "Next year I will keep the corridor desk."]
    wanted = encoder.encode(texts)
    for _ in range(2):
        cached = RememberedEncoder(encoder, path=path)
        assert equal(cached.encode(texts), wanted)
        cached.close()
    assert (cached.name, cached.fingerprint, cached.dimension) == (encoder.name, encoder.fingerprint, encoder.dimension)


def test_each_text_is_asked_for_once(path):
    encoder = Counting()
    cached = RememberedEncoder(encoder, path=path)
    cached.encode(TEXTS)
    assert sorted(encoder.asked) == sorted(set(TEXTS))
    cached.encode([*TEXTS, "A new one."])
    assert encoder.asked[-1] == "A new one."
    assert len(encoder.asked) == len(set(TEXTS)) + 1
    assert cached.encode([]).shape == (0, 24)
    cached.close()


def test_other_weights_and_other_machines_share_nothing(path, monkeypatch):
    first = RememberedEncoder(Counting(), path=path)
    first.encode(["One."])
    first.close()
    other = Counting("weights-2")
    assert equal(RememberedEncoder(other, path=path).encode(["One."]), Counting("weights-2").encode(["One."]))
    assert other.asked == ["One."]
    monkeypatch.setattr(remembered, "_processor", lambda: "another")
    elsewhere = Counting()
    RememberedEncoder(elsewhere, path=path).encode(["One."])
    assert elsewhere.asked == ["One."]


def test_only_hashes_are_on_the_disk_and_only_the_owner_may_read_them(path):
    cached = RememberedEncoder(Counting(), path=path)
    cached.encode(["Amir missed the sound sh and ch in week three"])
    for file in path.parent.iterdir():
        assert b"Amir" not in file.read_bytes() and b"sound" not in file.read_bytes()
        if sys.platform != "win32":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    if sys.platform != "win32":
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    cached.close()


@pytest.mark.parametrize("damage", ["noise", "torn", "header"])
def test_a_damaged_file_costs_only_time(path, damage, caplog):
    cached = RememberedEncoder(Counting(), path=path)
    cached.encode(TEXTS)
    cached.close()
    data = path.read_bytes()
    path.write_bytes({"noise": b"not a database at all " * 1000, "torn": data[: len(data) // 2], "header": bytes(100) + data[100:]}[damage])
    cached = RememberedEncoder(Counting(), path=path)
    assert equal(cached.encode(TEXTS), Counting().encode(TEXTS))
    assert equal(cached.encode(TEXTS), Counting().encode(TEXTS))
    cached.close()
    assert "not remembered" in caplog.text
    assert "One sentence" not in caplog.text


@pytest.mark.parametrize("stored", [b"", b"\x00" * 96, b"\x00" * 100, "text", None])
def test_a_damaged_vector_is_computed_again(path, stored):
    cached = RememberedEncoder(Counting(), path=path)
    cached.encode(["One.", "Two."])
    cached.close()
    with sqlite3.connect(path) as base:
        if stored is None:
            base.execute("UPDATE vectors SET vector = substr(vector, 1, 50) || x'ff' || substr(vector, 52) WHERE id = 1")
        else:
            base.execute("UPDATE vectors SET vector = ? WHERE id = 1", (stored,))
    base.close()
    for asked in (1, 0):
        encoder = Counting()
        cached = RememberedEncoder(encoder, path=path)
        assert equal(cached.encode(["One.", "Two."]), Counting().encode(["One.", "Two."]))
        assert len(encoder.asked) == asked
        cached.close()


def test_where_nothing_can_be_written_the_encoder_does_the_work(tmp_path, caplog):
    (tmp_path / "file").write_text("x")
    cached = RememberedEncoder(Counting(), path=tmp_path / "file" / "vectors.sqlite")
    assert equal(cached.encode(TEXTS), Counting().encode(TEXTS))
    assert caplog.text.count("not remembered") == 1


def test_a_file_that_can_only_be_read_is_read(path, monkeypatch):
    cached = RememberedEncoder(Counting(), path=path)
    cached.encode(["One."])
    cached.close()
    connect = sqlite3.connect

    def readonly(*args: object, **options: object) -> sqlite3.Connection:
        base = connect(*args, **options)  # type: ignore[arg-type]
        base.execute("PRAGMA query_only = ON")
        return base

    monkeypatch.setattr(remembered.sqlite3, "connect", readonly)
    encoder = Counting()
    cached = RememberedEncoder(encoder, path=path)
    assert equal(cached.encode(["One.", "Two."]), Counting().encode(["One.", "Two."]))
    cached.close()


def test_a_busy_file_is_not_waited_for_in_vain(path, monkeypatch):
    monkeypatch.setattr(remembered, "_BUSY_SECONDS", 0.05)
    first = RememberedEncoder(Counting(), path=path)
    first.encode(["One."])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert equal(first.encode(["One.", "Two."]), Counting().encode(["One.", "Two."]))
    other.execute("ROLLBACK")
    other.close()
    first.encode(["Three."])
    encoder = Counting()
    again = RememberedEncoder(encoder, path=path)
    again.encode(["One.", "Three."])
    assert encoder.asked == []
    first.close()
    again.close()


def test_it_stays_within_its_size_and_the_unused_goes_first(path, monkeypatch):
    most = 400_000
    day = 20_000
    monkeypatch.setattr(remembered, "_day", lambda: day)
    cached = RememberedEncoder(Counting(), path=path, most_bytes=most)
    cached.encode(["used every day"])
    for day in range(20_001, 20_030):
        cached.encode(["used every day", *(f"{day}: {n}" for n in range(150))])
    cached.close()
    assert path.stat().st_size < 1.5 * most
    encoder = Counting()
    cached = RememberedEncoder(encoder, path=path, most_bytes=most)
    cached.encode(["used every day", "20029: 7", "20001: 7"])
    assert encoder.asked == ["20001: 7"]
    cached.close()


def test_vectors_of_several_lengths_share_the_bound(path):
    class Short(Counting):
        dimension = 9

    class Long(Counting):
        dimension = 384

    def asked(question: str) -> int:
        with closing(sqlite3.connect(path)) as base:
            return int(base.execute(question).fetchone()[0])

    long = RememberedEncoder(Long(), path=path)
    long.encode([f"Sentence number {n}." for n in range(1000)])
    long.close()
    size = asked("PRAGMA page_count") * asked("PRAGMA page_size")
    short = RememberedEncoder(Short(), path=path, most_bytes=size)
    short.encode([f"{n}" for n in range(100)])
    short.close()
    assert 700 <= asked("SELECT COUNT(*) FROM vectors WHERE length(vector) > 1000") <= 850


def test_what_interrupts_a_writing_locks_nobody_out(path, monkeypatch):
    class Interrupted(sqlite3.Connection):
        def executemany(self, *args: object) -> sqlite3.Cursor:  # type: ignore[override]
            super().executemany(*args)  # type: ignore[arg-type]
            raise KeyboardInterrupt

    cached = RememberedEncoder(Counting(), path=path)
    connect = sqlite3.connect
    with monkeypatch.context() as patched:
        patched.setattr(remembered.sqlite3, "connect", lambda *args, **options: connect(*args, factory=Interrupted, **options))
        with pytest.raises(KeyboardInterrupt):
            cached.encode(["One."])
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT COUNT(*) FROM vectors").fetchone() == (0,)
    cached.close()


def test_threads_and_processes_share_one_file(path):
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "import test_remembered as t\n"
        "c = t.RememberedEncoder(t.Counting(), path=Path(sys.argv[1]))\n"
        "assert all(t.equal(c.encode(t.TEXTS[k::3]), t.Counting().encode(t.TEXTS[k::3])) for k in (0, 1, 2)); c.close()"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(path), str(Path(__file__).parent)]) for _ in range(2)]
    cached = RememberedEncoder(Counting(), path=path)
    good: list[bool] = []
    threads = [
        threading.Thread(target=lambda k=k: good.append(equal(cached.encode(TEXTS[k::4]), Counting().encode(TEXTS[k::4]))))
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cached.close()
    assert good == [True] * 4
    assert [run.wait() for run in runs] == [0, 0]
    encoder = Counting()
    last = RememberedEncoder(encoder, path=path)
    last.encode(TEXTS)
    last.close()
    assert encoder.asked == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_copy_of_the_process_opens_the_file_for_itself(path):
    cached = RememberedEncoder(Counting(), path=path)
    cached.encode(["One."])
    child = os.fork()
    if child == 0:
        done = equal(cached.encode(["One.", "Two."]), Counting().encode(["One.", "Two."]))
        os._exit(0 if done else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    encoder = Counting()
    again = RememberedEncoder(encoder, path=path)
    again.encode(["One.", "Two."])
    assert encoder.asked == []
    again.close()
    cached.close()


def test_where_the_cache_lies(monkeypatch):
    monkeypatch.setenv("MCSCREEN_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    assert RememberedEncoder(Counting())._path == Path("/somewhere/vectors.sqlite")
    monkeypatch.delenv("MCSCREEN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/mcscreen")
