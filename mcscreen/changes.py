"""What changed between two screenings of the same submissions: after a resubmission, or after a change of rubric or version.

A status can change because the candidate did something or because the tool did. So every change is told with its likely
reason, from what the two screenings record: checksums of the files, the rubric's checksum, the reader of each file, and
what the scores rest on. The fingerprint is one hash over rubric, settings, model and versions; where both reports have the
`run.json` that belongs to it (`mcscreen.runs`), what differs is named, else it cannot be told apart, and that is what is said.
A facet with the same score and another status has been moved by thresholds alone; the score stands between the two.

Earlier decisions stand beside what they were about, because the first question after a resubmission is: did they do what
they were asked to? They are the assessor's opinion on the earlier files and are never carried over as decisions on these.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from mcscreen.decisions import Decisions
from mcscreen.inert import markdown
from mcscreen.private_files import put
from mcscreen.results import Citation, Coverage, DocumentRecord, Evidence, Screening
from mcscreen.reviews import answers
from mcscreen.runs import DifferenceKind, Run, RunDifference, ThresholdChange, differences, differences_in_words, thresholds_moved_past
from mcscreen.wording import CITATION, COVERAGE

__all__ = [
    "Changes",
    "CitationChange",
    "EarlierNote",
    "FacetChange",
    "SubmissionChange",
    "changes_between",
    "changes_in_markdown",
    "changes_in_words",
    "write_changes",
]

FacetKind = Literal["answered", "nearer", "reworked", "untouched", "lost", "unread", "kept", "new", "gone"]
"""`answered`: covered now and not before. `nearer`: not found or unread before, thin now. `reworked`: open as before, with other
passages. `untouched`: open as before, with the same passages. `lost`: covered or thin before, less now; also where it is unread
now though every file was read as before, so that score or thresholds took it and not the reading. `unread`: what was searched
before could not be read now, or not all of it. `kept`: covered as before. `new`, `gone`: only one of the two rubrics asks for it."""

CitationKind = Literal["mended", "wrong", "open", "kept", "unchecked", "new", "gone"]
"""`mended`: now in order. `wrong`: in order before, not now. `open`: not in order before and now. `unchecked`: in order before,
could not be checked now. `new`, `gone`: a row that is only in one of the two."""

Reason = Literal["files", "rubric", "reader", "scores", "unknown", "unexplained"] | DifferenceKind

REASONS: dict[Reason, str] = {
    "files": "files of the submission were added, removed or changed",
    "rubric": "the rubric's text or examples changed",
    "reader": "the same file was read by another reader or version, or with another result",
    "model": "the weights of the model changed",
    "calibration": "the calibration of the scores changed, or what is told of it",
    "thresholds": "the thresholds changed",
    "versions": "versions of libraries changed",
    "settings": "settings changed",
    "scores": "the scores rest on another model or calibration",
    "unknown": "settings, model or versions of libraries changed; it is not recorded which",
    "unexplained": "nothing that is recorded differs; screen both again with one version and report it if it stays",
}

_RANK = {"unread": 0, "not_found": 0, "thin": 1, "covered": 2}


@dataclass(frozen=True, slots=True)
class EarlierNote:
    """What an assessor decided on the earlier screening."""

    assessor: str
    choice: str | None
    note: str
    finding: str


@dataclass(frozen=True, slots=True)
class FacetChange:
    """One facet of a submission, before and after.

    Attributes:
        vanished: Quotes that were shown before and are not now; `still_there` are those of them whose file did not change, so
            that they can only have been pushed aside by better ones.
        appeared: Quotes that are shown now and were not before.
        score: Between 0 and 1, of the later screening; None when nothing could be searched.
        thresholds: What alone explains the other status: the score is as before. Those of the basis that the score rests on;
            where an older report does not tell the basis, those of every basis from which both statuses follow.
    """

    facet: str
    kind: FacetKind
    before: str | None
    after: str | None
    vanished: tuple[str, ...] = ()
    still_there: tuple[str, ...] = ()
    appeared: tuple[str, ...] = ()
    notes: tuple[EarlierNote, ...] = ()
    score: float | None = None
    thresholds: tuple[ThresholdChange, ...] = ()


@dataclass(frozen=True, slots=True)
class CitationChange:
    """One row of the self-analysis, or a detail without one, before and after."""

    facet: str | None
    detail: str
    kind: CitationKind
    before: str | None
    after: str | None
    row_before: int | None
    row_after: int | None
    message: str = ""
    notes: tuple[EarlierNote, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmissionChange:
    """One submission in both reports.

    Attributes:
        documents: Name -> "added", "removed", "changed" or "read otherwise"; unchanged ones are left out.
        reasons: What may explain a change of status, likeliest first; empty where nothing changed and nothing differs.
    """

    submission: str
    documents: tuple[tuple[str, str], ...]
    reasons: tuple[Reason, ...]
    facets: tuple[FacetChange, ...]
    citations: tuple[CitationChange, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Two reports compared.

    Attributes:
        only_before: Submissions of the earlier report only; `only_after` likewise.
        unlike: Submissions that were screened for two different rubrics, which are not compared.
        runs_differ_in: Facts in which the runs differ, where both are known; the rubric's checksum is not among them.
        notes_left_out: Reviews whose notes are not shown, because they are of another reading or of other files.
    """

    submissions: tuple[SubmissionChange, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    unlike: tuple[str, ...] = ()
    runs_differ_in: tuple[RunDifference, ...] = ()
    notes_left_out: int = 0


_Runs = tuple[Run, Run] | None


def changes_between(
    before: Iterable[Screening],
    after: Iterable[Screening],
    decisions: Iterable[Decisions] = (),
    runs: tuple[Run | None, Run | None] = (None, None),
) -> Changes:
    """Compare two reports, submission by submission, by their ids.

    Args:
        before: Of the earlier report.
        after: Of the later report.
        decisions: Files of decisions on the earlier report.
        runs: What the earlier and the later report were made with, where it is known.
    """
    old, new = {s.submission.id: s for s in before}, {s.submission.id: s for s in after}
    both = [i for i in new if i in old]
    unlike = tuple(i for i in both if old[i].rubric.id != new[i].rubric.id)
    notes, left = _notes(decisions, old)
    # A folder may have been written to twice: a run speaks for its own screenings only.
    first, second = runs
    own = {
        i: (first, second)
        if first and second and (first.fingerprint, second.fingerprint) == (old[i].fingerprint, new[i].fingerprint)
        else None
        for i in both
    }
    known = next((pair for pair in own.values() if pair), None)
    return Changes(
        tuple(_submission(old[i], new[i], notes.get(i, {}), own[i]) for i in both if i not in unlike),
        tuple(i for i in old if i not in new),
        tuple(i for i in new if i not in old),
        unlike,
        differences(*known) if known else (),
        left,
    )


_Key = tuple[str, str | None, int | None]


def _notes(decisions: Iterable[Decisions], old: Mapping[str, Screening]) -> tuple[dict[str, dict[_Key, list[EarlierNote]]], int]:
    """Notes by submission and what they are about, and how many reviews are of something else than the earlier report."""
    found: dict[str, dict[_Key, list[EarlierNote]]] = {}
    left = 0
    for file in decisions:
        for review in file.reviews:
            screening = old.get(review.submission)
            if screening is None or answers(review, screening):
                left += 1
                continue
            for decision in review.decisions:
                if decision.choice or decision.note:
                    found.setdefault(review.submission, {}).setdefault(decision.key, []).append(
                        EarlierNote(file.assessor, decision.choice, decision.note, decision.finding)
                    )
    return found, left


def _submission(old: Screening, new: Screening, notes: Mapping[_Key, Sequence[EarlierNote]], runs: _Runs) -> SubmissionChange:
    documents = _documents(old.submission.documents, new.submission.documents)
    same = {d.name for d in new.submission.documents} - {name for name, _ in documents}
    facets = tuple(_facets(old.coverage, new.coverage, same, not documents, notes, runs))
    citations = tuple(_citations(old.citations, new.citations, notes))
    changed = any(f.before != f.after or f.vanished or f.appeared for f in facets) or any(c.before != c.after for c in citations)
    return SubmissionChange(new.submission.id, documents, _reasons(old, new, documents, changed, runs), facets, citations)


def _documents(old: Sequence[DocumentRecord], new: Sequence[DocumentRecord]) -> tuple[tuple[str, str], ...]:
    before, after = {d.name: d for d in old}, {d.name: d for d in new}
    found = [(name, "removed") for name in before if name not in after]
    for name, record in after.items():
        earlier = before.get(name)
        if earlier is None:
            found.append((name, "added"))
        elif earlier.sha256 != record.sha256:
            found.append((name, "changed"))
        elif (earlier.reader, earlier.status, earlier.words) != (record.reader, record.status, record.words):
            found.append((name, "read otherwise"))
    return tuple(found)


def _reasons(old: Screening, new: Screening, documents: Sequence[tuple[str, str]], changed: bool, runs: _Runs) -> tuple[Reason, ...]:
    found: list[Reason] = []
    kinds = {kind for _, kind in documents}
    if kinds - {"read otherwise"}:
        found.append("files")
    if old.rubric.sha256 != new.rubric.sha256:
        found.append("rubric")
    if "read otherwise" in kinds:
        found.append("reader")
    facts = differences(*runs) if runs else ()
    # The words for what the scores rest on move no status; what they tell of is a fact of its own, where it is known.
    named = tuple(dict.fromkeys(d.kind for d in [d for d in facts if d.name != "calibration"] or facts))
    found += named
    if old.calibration != new.calibration and not named:
        found.append("scores")
    if old.fingerprint != new.fingerprint and not set(found) - {"files"}:
        found.append("unknown")
    return tuple(found) or (("unexplained",) if changed else ())


def _facets(
    old: Sequence[Coverage],
    new: Sequence[Coverage],
    same: set[str],
    read_alike: bool,
    notes: Mapping[_Key, Sequence[EarlierNote]],
    runs: _Runs,
) -> Iterable[FacetChange]:
    before, after = {c.facet: c for c in old}, {c.facet: c for c in new}
    for facet in dict.fromkeys([*after, *before]):
        a, b = before.get(facet), after.get(facet)
        shown, now = _quotes(a), _quotes(b)
        vanished = tuple(e for q, e in shown.items() if q not in now)
        appeared = tuple(e.quote for q, e in now.items() if q not in shown)
        yield FacetChange(
            facet,
            _facet_kind(a, b, bool(vanished or appeared), read_alike),
            a.status if a else None,
            b.status if b else None,
            tuple(e.quote for e in vanished),
            tuple(e.quote for e in vanished if e.document in same),
            appeared,
            tuple(notes.get(("facet", facet, None), ())),
            b.score if b else None,
            _moved_past(a, b, runs) if a and b and runs and not vanished and not appeared else (),
        )


def _quotes(line: Coverage | None) -> dict[str, Evidence]:
    return {" ".join(e.quote.casefold().split()): e for e in line.evidence} if line else {}


def _moved_past(before: Coverage, after: Coverage, runs: tuple[Run, Run]) -> tuple[ThresholdChange, ...]:
    if before.status == after.status or after.score is None or before.score != after.score:
        return ()
    if before.basis and after.basis and before.basis != after.basis:
        return ()
    return thresholds_moved_past(after.score, before.status, after.status, *runs, before.basis and after.basis)


def _facet_kind(before: Coverage | None, after: Coverage | None, moved: bool, read_alike: bool) -> FacetKind:
    if before is None or after is None:
        return "new" if before is None else "gone"
    fell = read_alike and after.score is not None and before.status in ("thin", "covered")
    if after.status == "unread" and not fell:
        return "untouched" if before.status == "unread" else "unread"
    if after.status == "covered":
        return "kept" if before.status == "covered" else "answered"
    if _RANK[after.status] != _RANK[before.status]:
        return "nearer" if _RANK[after.status] > _RANK[before.status] else "lost"
    return "reworked" if moved else "untouched"


def _citations(old: Sequence[Citation], new: Sequence[Citation], notes: Mapping[_Key, Sequence[EarlierNote]]) -> Iterable[CitationChange]:
    """Rows are paired by detail: first those that name the same artifact, then in their order."""
    before, after = _by_detail(old), _by_detail(new)
    for key in dict.fromkeys([*after, *before]):
        left, right = list(before.get(key, [])), list(after.get(key, []))
        pairs: list[tuple[Citation | None, Citation | None]] = []
        for row in list(right):
            twin = next((c for c in left if c.artifact.casefold() == row.artifact.casefold()), None)
            if twin is not None:
                pairs.append((twin, row))
                left.remove(twin)
                right.remove(row)
        pairs += list(zip(left, right, strict=False))
        number = min(len(left), len(right))
        pairs += [(c, None) for c in left[number:]] + [(None, c) for c in right[number:]]
        for a, b in pairs:
            told = b or a
            assert told is not None
            yield CitationChange(
                told.facet,
                told.detail,
                _citation_kind(a, b),
                a.status if a else None,
                b.status if b else None,
                a.row if a else None,
                b.row if b else None,
                b.message if b else "",
                tuple(notes.get(("citation", a.facet, a.row), ())) if a else (),
            )


def _by_detail(citations: Sequence[Citation]) -> dict[str, list[Citation]]:
    found: dict[str, list[Citation]] = {}
    for citation in citations:
        found.setdefault(citation.facet or " ".join(citation.detail.casefold().split()), []).append(citation)
    return found


def _citation_kind(before: Citation | None, after: Citation | None) -> CitationKind:
    if before is None or after is None:
        return "new" if before is None else "gone"
    if after.status == "ok":
        return "kept" if before.status == "ok" else "mended"
    if before.status == "ok":
        return "unchecked" if after.status == "cannot_verify" else "wrong"
    return "open"


_FACETS: dict[FacetKind, str] = {
    "answered": "Now answered",
    "nearer": "Nearer, still open",
    "lost": "Newly lost",
    "unread": "Could not be read this time",
    "reworked": "Still open, other passages",
    "untouched": "Still open, untouched",
    "new": "Newly asked",
    "gone": "No longer asked",
    "kept": "Covered as before",
}
_CITATIONS: dict[CitationKind, str] = {
    "mended": "Mended",
    "wrong": "Newly wrong",
    "unchecked": "Could not be checked this time",
    "open": "Still to mend",
    "new": "New rows",
    "gone": "Rows that are gone",
    "kept": "In order as before",
}
_KINDS: dict[DifferenceKind, str] = {
    "model": "models",
    "calibration": "calibration",
    "thresholds": "thresholds",
    "versions": "versions of libraries",
    "settings": "settings",
}
_LABELS: dict[str | None, str] = {**{c: w.label for c, w in COVERAGE.items()}, **{c: w.label for c, w in CITATION.items()}}
_CHOICES = {"agree": "agreed", "other_passage": "addressed elsewhere", "not_addressed": "not addressed"}


def changes_in_words(changes: Changes) -> str:
    """For a terminal: totals, then one block a submission with counts and the facets and rows that changed."""
    lines = list(_totals(changes))
    for one in changes.submissions:
        lines.append(one.submission)
        lines += [f"  {name}: {what}" for name, what in one.documents]
        lines += [f"  likely reason: {REASONS[r]}" for r in one.reasons]
        for kind, title in _FACETS.items():
            ids = [f.facet for f in one.facets if f.kind == kind]
            if ids:
                lines.append(f"  {title}: {len(ids)}" + ("" if kind == "kept" else f" ({', '.join(ids)})"))
        lines += [f"  {f.facet}: {_threshold_words(f)}" for f in one.facets if f.thresholds]
        for row_kind, title in _CITATIONS.items():
            rows = [c for c in one.citations if c.kind == row_kind]
            if rows:
                lines.append(f"  Citations, {title[:1].lower()}{title[1:]}: {len(rows)}")
    return "\n".join(lines)


def _totals(changes: Changes) -> Iterable[str]:
    if changes.submissions:
        counts = Counter(f.kind for one in changes.submissions for f in one.facets)
        told = "; ".join(f"{title[:1].lower()}{title[1:]} {counts[kind]}" for kind, title in _FACETS.items() if counts[kind])
        yield f"in both reports: {len(changes.submissions)}; facets: {told or 'none'}"
    else:
        yield "no submission is compared: none stands in both reports for the same rubric"
    for ids, what in (
        (changes.only_before, "only in the earlier report"),
        (changes.only_after, "only in the later report"),
        (changes.unlike, "screened for two different rubrics, not compared"),
    ):
        if ids:
            yield f"{what}: {', '.join(ids)}"
    for kind, told in differences_in_words(changes.runs_differ_in).items():
        yield f"the runs differ in {_KINDS[kind]}: {told}"
    if changes.notes_left_out:
        yield f"reviews whose notes are not shown: {changes.notes_left_out}; they are of another reading or of other files"


def _threshold_words(facet: FacetChange) -> str:
    cuts = [f"{_LABELS[c.cut]} {'from' if c.cut == 'covered' else 'below'} {c.after}, before {c.before}" for c in facet.thresholds]
    unread = "; unread instead, because not all could be read" if facet.after == "unread" else ""
    return f"score {facet.score} as before; {'; or '.join(cuts)}{unread}"


def changes_in_markdown(changes: Changes) -> str:
    """All changes with their quotes and the earlier notes."""
    lines = ["# What changed", "", *(f"- {markdown(line)}" for line in _totals(changes)), ""]
    for one in changes.submissions:
        lines += [f"## {markdown(one.submission)}", ""]
        lines += [f"- {markdown(name)}: {what}" for name, what in one.documents]
        lines += [f"- Likely reason: {REASONS[r]}." for r in one.reasons]
        counts = Counter(f.kind for f in one.facets)
        lines += ["", "; ".join(f"{t.lower()}: {counts[k]}" for k, t in _FACETS.items() if counts[k]) or "no facets", ""]
        for kind, title in _FACETS.items():
            facets = [f for f in one.facets if f.kind == kind and (kind != "kept" or f.notes)]
            if facets:
                lines += [f"### {title}", ""]
                for facet in facets:
                    lines += _facet_lines(facet)
                lines.append("")
        for row_kind, title in _CITATIONS.items():
            rows = [c for c in one.citations if c.kind == row_kind and (row_kind != "kept" or c.notes)]
            if rows:
                lines += [f"### Citations: {title[:1].lower()}{title[1:]}", ""]
                for row in rows:
                    told = " to ".join(dict.fromkeys(_LABELS.get(s, "no row") for s in (row.before, row.after)))
                    lines.append(f"- {markdown(row.facet or row.detail)}: {told}" + (f". {markdown(row.message)}" if row.message else ""))
                    lines += _note_lines(row.notes)
                lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _facet_lines(facet: FacetChange) -> Iterable[str]:
    told = " to ".join(dict.fromkeys(_LABELS.get(s, "not asked") for s in (facet.before, facet.after)))
    yield f"- **{markdown(facet.facet)}**: {told}" + (f" ({_threshold_words(facet)})" if facet.thresholds else "")
    yield from _note_lines(facet.notes)
    for quote in facet.appeared:
        yield f"    - now: “{markdown(quote)}”"
    for quote in facet.vanished:
        aside = " (its file is unchanged; other passages are nearer now)" if quote in facet.still_there else ""
        yield f"    - no longer: “{markdown(quote)}”{aside}"


def _note_lines(notes: Sequence[EarlierNote]) -> Iterable[str]:
    for note in notes:
        choice = _CHOICES.get(note.choice or "", "")
        if note.choice == "agree":
            choice += f" with “{_LABELS.get(note.finding) or markdown(note.finding)}”"
        yield f"    - earlier, {markdown(note.assessor)}: {': '.join(t for t in (choice, markdown(note.note)) if t)}"


def write_changes(changes: Changes, folder: Path) -> list[Path]:
    """Write changes.md and changes.json.

    Raises:
        OSError: When a file cannot be written.
    """
    content = json.dumps({"schema": 1, "reasons": REASONS, **asdict(changes)}, ensure_ascii=True, indent=1)
    return [
        put(folder / "changes.md", changes_in_markdown(changes).encode("utf-8", "replace")),
        put(folder / "changes.json", content.encode("ascii")),
    ]
