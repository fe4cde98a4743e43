"""Decisions are kept, in order, apart, and never lost."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import closing

import pytest
from review.small_report import as_review, decision

from mcscreen.decisions import read_decisions
from mcscreen.errors import InputError
from mcscreen.review import export_decisions
from mcscreen.review.store import ReviewKey, Store, UnknownReview

pytestmark = pytest.mark.filterwarnings("error")


def choices(standing):
    return {d.facet: d.choice for d in standing.decisions}


def test_a_change_is_added_and_the_later_one_counts(store, keys):
    store.seat("A")
    store.save("A", as_review(keys[0], decision(choice="agree", time="2026-03-01T10:00:00Z")))
    new, standing = store.save("A", as_review(keys[0], decision(choice="not_addressed", time="2026-03-01T10:00:05Z")))
    assert new == 1
    assert choices(standing) == {"A.place": "not_addressed"}
    assert [c.decision.choice for c in store.history("A")] == ["agree", "not_addressed"]


def test_a_change_that_arrives_late_does_not_undo_a_later_one(store, keys):
    store.seat("A")
    store.save("A", as_review(keys[0], decision(choice="not_addressed", time="2026-03-01T12:00:05+02:00")))
    _, standing = store.save("A", as_review(keys[0], decision(choice="agree", time="2026-03-01T09:59:00Z")))
    assert choices(standing) == {"A.place": "not_addressed"}
    assert len(store.history()) == 2


def test_what_is_sent_twice_is_kept_once(store, keys):
    store.seat("A")
    assert [store.save("A", as_review(keys[0], decision()))[0] for _ in range(2)] == [1, 0]
    assert len(store.history()) == 1


def test_what_is_taken_back_stays_in_the_history_and_out_of_the_export(store, keys):
    store.seat("A")
    store.save("A", as_review(keys[0], decision()))
    store.save("A", as_review(keys[0], decision(choice=None, time="2026-03-01T10:00:01Z")))
    assert choices(store.standings("A")[0]) == {"A.place": None}
    assert store.export("A") == []
    assert len(store.history()) == 2


@pytest.mark.parametrize("wrong", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_a_clock_that_is_ahead_does_not_fix_a_decision(store, keys, wrong):
    store.seat("A")
    store.save("A", as_review(keys[0], decision(choice="agree", time=wrong)))
    _, standing = store.save("A", as_review(keys[0], decision(choice="not_addressed", time="2998-01-01T00:00:00Z")))
    assert choices(standing) == {"A.place": "not_addressed"}


def test_the_year_one_is_a_time_like_others(store, keys):
    store.seat("A")
    _, standing = store.save("A", as_review(keys[0], decision(time="0001-01-01T00:00:00+14:00")))
    assert choices(standing) == {"A.place": "agree"}


def test_facets_and_citations_are_told_apart(store, keys):
    store.seat("A")
    row = decision("O1.place", "not_addressed") | {"kind": "citation", "row": 1}
    store.save("A", as_review(keys[0], row, row | {"row": 2}, row | {"row": None}, decision("O1.place")))
    assert len(store.standings("A")[0].decisions) == 4


def test_a_reading_that_was_never_in_the_report_is_refused(store, keys):
    store.seat("A")
    with pytest.raises(UnknownReview):
        store.save("A", as_review(ReviewKey("lind", "other", keys[0].files), decision()))
    assert store.history() == []


def test_the_others_are_seen_when_both_are_done(store, keys):
    for name in "ABC":
        store.seat(name)
    store.save("A", as_review(keys[0], decision(choice="agree")))
    store.save("B", as_review(keys[0], decision(choice="not_addressed")))
    assert store.others("A", keys[0]).decisions == {}
    store.finish("A", keys[0], True)
    assert store.others("A", keys[0]).decisions == {}
    assert store.others("B", keys[0]).decisions == {}, "B is not done"
    store.finish("B", keys[0], True)
    assert list(store.others("A", keys[0]).decisions) == ["B"]
    assert list(store.others("B", keys[0]).decisions) == ["A"]
    assert store.others("C", keys[0]).decisions == {}, "C is still blind"
    assert store.others("A", keys[0]).waiting == ("C",)
    assert store.others("A", keys[1]).decisions == {}, "the other submission is not done"


def test_a_change_before_the_other_is_done_takes_done_back(store, keys):
    store.seat("A"), store.seat("B")
    store.save("A", as_review(keys[0], decision()))
    assert store.finish("A", keys[0], True).done
    _, standing = store.save("A", as_review(keys[0], decision(choice="not_addressed", time="2026-03-01T11:00:00Z")))
    assert not standing.done
    store.finish("B", keys[0], True)
    assert store.others("B", keys[0]).decisions == {}


def test_sending_again_what_is_known_does_not_take_done_back(store, keys):
    store.seat("A"), store.seat("B")
    store.save("A", as_review(keys[0], decision()))
    store.finish("A", keys[0], True)
    assert store.save("A", as_review(keys[0], decision()))[1].done


def test_a_change_after_both_are_done_is_late(store, keys):
    store.seat("A"), store.seat("B")
    for name in "AB":
        store.save(name, as_review(keys[0], decision(choice="agree")))
        store.finish(name, keys[0], True)
    _, standing = store.save("A", as_review(keys[0], decision(choice="not_addressed", time="2026-03-01T11:00:00Z")))
    assert standing.done
    assert choices(standing) == {"A.place": "not_addressed"}, "its author sees it"
    assert store.others("B", keys[0]).decisions["A"][0].choice == "agree"
    assert store.export("A")[0].reviews[0].decisions[0].choice == "agree"
    assert [c.late for c in store.history("A")] == [False, True]
    assert store.finish("A", keys[0], False).done, "what was shown cannot be unseen"


def test_alone_one_can_always_go_back(store, keys):
    store.seat("A")
    assert store.finish("A", keys[0], True).done
    assert not store.finish("A", keys[0], False).done


def test_the_export_is_what_read_decisions_reads(store, keys, report, tmp_path):
    store.seat("K. L."), store.seat("7")
    passage = {"document": "part1.txt", "start": 0, "end": 4, "quote": "Tw\u2028 👩🏽‍🏫"}
    chosen = decision("A.failed", "other_passage", passages=[passage], note="ünïcödé", blind_choice="other_passage")
    store.save("K. L.", as_review(keys[0], chosen, decision()))
    store.save("K. L.", as_review(keys[1], decision(choice=None, note="only a note")))
    store.save("7", as_review(keys[1], decision(choice="not_addressed")))
    written = export_decisions(report, tmp_path / "out")
    read = [read_decisions(path) for path in written]
    assert [d.assessor for d in read] == ["K. L.", "7"]
    assert read == [*store.export("K. L."), *store.export("7")]
    assert [len(r.decisions) for r in read[0].reviews] == [2, 1]
    assert read[0].reviews[0].decisions[0].passages[0].quote == passage["quote"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


def test_there_is_something_to_export_or_an_error_that_says_so(report, store, tmp_path):
    with pytest.raises(InputError, match="no decision yet"):
        export_decisions(report, tmp_path / "out")
    with pytest.raises(InputError, match="nothing was decided"):
        export_decisions(tmp_path, tmp_path / "out")


def test_everything_is_still_there_the_next_time(report, store, keys):
    seat = store.seat("A")
    store.save("A", as_review(keys[0], decision()))
    store.remember("port", "4711")
    with Store(report / "decisions.sqlite") as again:
        assert again.seat("A") == seat
        assert again.setting("port") == "4711"
        assert choices(again.standings("A")[0]) == {"A.place": "agree"}


def test_the_file_is_for_its_owner_only(report, store, keys):
    store.seat("A")
    store.save("A", as_review(keys[0], decision()))
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in report.glob("decisions.sqlite*")}
    assert set(modes) == {"decisions.sqlite", "decisions.sqlite-wal", "decisions.sqlite-shm"}
    assert set(modes.values()) == {0o600}


def test_a_file_that_was_open_to_all_is_closed(tmp_path):
    path = tmp_path / "decisions.sqlite"
    path.touch(mode=0o644)
    os.chmod(path, 0o644)
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").touch()
    (tmp_path / "decisions.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="link"):
        Store(tmp_path / "decisions.sqlite")


def test_what_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "decisions.sqlite"
    path.write_bytes(b"not a database, but somebody's notes" * 100)
    with pytest.raises(InputError, match="move it away"):
        Store(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_file_of_a_later_version_is_refused(tmp_path):
    path = tmp_path / "decisions.sqlite"
    Store(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 9")
    with pytest.raises(InputError, match="later version"):
        Store(path)


@pytest.mark.parametrize("statement", ["DELETE FROM changes", "UPDATE changes SET decision = '{}'"])
def test_history_cannot_be_rewritten(report, store, keys, statement):
    store.seat("A")
    store.save("A", as_review(keys[0], decision()))
    with closing(sqlite3.connect(report / "decisions.sqlite")) as database, pytest.raises(sqlite3.IntegrityError, match="kept"):
        database.execute(statement)


def test_many_threads_and_two_stores_lose_nothing(report, store, keys):
    store.seat("A"), store.seat("B")

    def write(to, assessor, offset):
        for n in range(10):
            to.save(assessor, as_review(keys[0], decision(time=f"2026-03-01T10:{offset:02}:{n:02}Z")))

    with Store(report / "decisions.sqlite") as second:
        threads = [
            threading.Thread(target=write, args=(to, name, n))
            for n, (to, name) in enumerate([(store, "A"), (second, "A"), (store, "B"), (second, "B")])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(store.history("A")) == len(store.history("B")) == 20
