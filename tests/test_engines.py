"""The same screenings wherever the work is done, and nothing lost when a worker dies."""

import os
import pickle
import shutil
import signal
import threading
import time

import pytest

from mcscreen import InputError, McscreenError, MissingExtra, Settings, load_rubric, screen_batch, screen_one
from mcscreen.batch_texts import texts_of
from mcscreen.batches import kept_batch
from mcscreen.engines import ENGINES
from mcscreen.intake import find_uploads
from mcscreen.journal import JOURNAL

SETTINGS = Settings("student-centeredness")


@pytest.fixture
def uploads(small_submission):
    """Three submissions, each with words of its own."""
    for name in ("moreau", "okafor"):
        folder = small_submission.parent / name
        shutil.copytree(small_submission, folder)
        part = folder / "Part 3 Reflection.txt"
        part.write_text(part.read_text() + f"\nI wrote to {len(name)} families of {name.title()} Street.\n")
    return small_submission.parent


def test_an_upload_and_a_screening_pickle(uploads):
    upload = pickle.loads(pickle.dumps(find_uploads([uploads])[0]))
    screening = screen_one(upload, pickle.loads(pickle.dumps(SETTINGS)))
    assert pickle.loads(pickle.dumps(screening)) == screening


def test_what_the_journal_has_and_what_is_new_come_in_one_order(uploads, tmp_path):
    whole = [s for _, s in screen_batch([uploads], SETTINGS)]
    for number in range(3):
        folder = tmp_path / f"run-{number}"
        list(screen_batch([uploads / whole[number].submission.id], SETTINGS, journal=folder))
        assert [s for _, s in screen_batch([uploads], SETTINGS, journal=folder)] == whole


def test_a_kept_batch_gives_each_screening_as_often_as_it_is_asked_for(uploads, tmp_path, monkeypatch):
    monkeypatch.setattr("mcscreen.batches._AT_HAND", 1)
    told = []
    texts = texts_of([uploads], SETTINGS)
    with kept_batch([uploads], SETTINGS, tmp_path / "run", texts=texts, advance=lambda total, s: told.append((total, s))) as kept:
        assert [(3, s) for s in kept] == told == [(3, s) for s in kept[:]]
        with pytest.raises(InputError, match="another run"), kept_batch([uploads], SETTINGS, tmp_path / "run"):
            pass
        monkeypatch.setattr("mcscreen.batch_texts.read_upload", lambda *_: pytest.fail("read twice"))
        assert {name: len(submission.documents) for name, submission in texts.items()} == {"lindqvist": 4, "moreau": 4, "okafor": 4}


def test_a_record_that_is_damaged_meanwhile_is_told(uploads, tmp_path, monkeypatch):
    monkeypatch.setattr("mcscreen.batches._AT_HAND", 0)
    with kept_batch([uploads], SETTINGS, tmp_path / "run") as kept:
        journal = tmp_path / "run" / JOURNAL
        journal.write_bytes(journal.read_bytes().replace(b'"quote":"', b'"quote":!'))
        with pytest.raises(InputError, match="run again"):
            kept[1]


def test_an_engine_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(InputError, match="choose from local, dask"):
        list(screen_batch([], SETTINGS, engine="ray"))


def test_a_process_that_has_another_rubric_is_not_believed(uploads, tmp_path):
    folder = tmp_path / "rubric"
    shutil.copytree(load_rubric(SETTINGS.rubric).path.parent, folder)
    toml = folder / "rubric.toml"

    def change():
        toml.write_text(toml.read_text(encoding="utf-8").replace('title = "', 'title = "New ', 1), encoding="utf-8")

    run = tmp_path / "run"
    with (
        pytest.raises(McscreenError, match="changed while the batch began"),
        kept_batch([uploads], Settings(str(folder)), run, jobs=2, begin=change),
    ):
        pass
    assert (run / JOURNAL).read_bytes() == b""


def test_what_is_not_journalled_is_held_and_the_same(uploads, tmp_path, monkeypatch):
    monkeypatch.setattr("mcscreen.batches._key", lambda *_: "")
    told = []
    with kept_batch([uploads], SETTINGS, tmp_path / "run", advance=lambda _, s: told.append(s)) as kept:
        assert list(kept) == told != [] and kept.keys is None


def test_a_cluster_gives_the_same_and_survives_the_death_of_a_worker(uploads, tmp_path):
    import distributed

    whole = [s for _, s in screen_batch([uploads], SETTINGS)]
    local = distributed.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50)
    with local as cluster, distributed.Client(cluster, set_as_default=False) as client:
        ids = list(client.run(os.getpid).values())
        killed = threading.Event()

        def kill():
            while not killed.is_set():
                if any(client.processing().values()):
                    os.kill(ids[0], signal.SIGKILL)
                    killed.set()
                time.sleep(0.05)

        thread = threading.Thread(target=kill, daemon=True)
        thread.start()
        found = [s for _, s in screen_batch([uploads], SETTINGS, engine="dask", scheduler=cluster.scheduler_address, journal=tmp_path)]
        killed_in_time = killed.is_set()
        killed.set()
        thread.join()
    assert killed_in_time and found == whole
    # What the cluster did is in the same journal as what this machine does.
    assert [s for _, s in screen_batch([uploads], SETTINGS, journal=tmp_path)] == whole


def test_a_scheduler_that_is_not_there_is_named(small_submission, monkeypatch):
    monkeypatch.setattr("mcscreen.engines.dask._PATIENCE", 0.5)
    with pytest.raises(InputError, match=r"tcp://127.0.0.1:9: no Dask scheduler"):
        list(screen_batch([small_submission], SETTINGS, engine="dask", scheduler="tcp://127.0.0.1:9"))


def test_without_the_extra_the_way_to_it_is_told(small_submission, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"mcscreen\[dask\]"):
        next(iter(ENGINES["dask"](find_uploads([small_submission]), SETTINGS, jobs=1, scheduler=None)))


def test_the_child_that_reads_is_started_before_models_are_loaded(small_submission, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("mcscreen.engines.local.start_reading", lambda settings: told.append("started"))
    monkeypatch.setattr("mcscreen.pipeline.Screener.load", lambda self: told.append("loaded"))
    list(screen_batch([small_submission], SETTINGS, journal=tmp_path))
    assert told == ["started", "loaded"]
    list(screen_batch([small_submission], SETTINGS, journal=tmp_path))
    assert len(told) == 2


def test_what_is_learned_from_examples_is_learned_once_and_not_by_each_process(uploads, tmp_path, monkeypatch):
    told = []

    def elsewhere(uploads, settings, *, jobs, scheduler):
        for upload in uploads:
            told.append(upload.id)
            yield screen_one(upload, settings)

    monkeypatch.setitem(ENGINES, "elsewhere", elsewhere)
    monkeypatch.setattr("mcscreen.pipeline.Screener.load", lambda self: told.append("loaded"))
    list(screen_batch([uploads], SETTINGS, engine="elsewhere", journal=tmp_path))
    assert told[:2] == ["loaded", "lindqvist"]
    told.clear()
    list(screen_batch([uploads], SETTINGS, engine="elsewhere", journal=tmp_path))
    assert told == []
