"""Decisions become exemplars of a rubric, and a card that says how reliable its findings are.

What an assessor confirmed or selected teaches what an answer looks like; what an assessor rejected teaches what only looks
like one. Nothing is learned where assessors contradict each other, nor from agreement with `thin`, which says neither.
A passage that the screening also shows for other facets is marked as undecided for those (`also`), because a rejection
speaks of one facet only.

Quotes leave the submission here and enter a rubric that others may get. So a quote with an e-mail address or a phone number
is left out, names are masked as far as they are recognised (`mcscreen.masking` says what is missed), the provenance names
no assessor, and everything is listed for a person to confirm before anything is written. A shipped rubric is never edited:
the learned one is a folder of the user's.

Thresholds are fitted again only on scores that are honest for the heads they will serve: scores of texts from which these
heads did not learn. Either nothing new is learned and the screenings were made with this very rubric, or the uploads are
given and each submission is screened again with heads that learned from the others (cross-conformal prediction: Vovk 2015,
Annals of Mathematics and Artificial Intelligence 74, 9-28). In both cases the thresholds are class-conditional conformal
ones, with the same errors as the model's own.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcscreen.decisions import files_digest
from mcscreen.errors import InputError
from mcscreen.masking import Names, find_contacts, find_names, mask
from mcscreen.private_files import put
from mcscreen.reliability import RELIABILITY, Reliability, reliability_toml
from mcscreen.results import Evidence, Screening
from mcscreen.reviews import Gathered, Rating
from mcscreen.rubric import Exemplar
from mcscreen.rubric_files import EXEMPLARS, MARKED, RUBRIC, RubricFolder, load_rubric_folder
from mcscreen.shipped import shipped
from mcscreen.thresholds import Decided, fitted, needs, shares

__all__ = ["Learned", "Lesson", "Plan", "carry_out", "plan_in_words", "plan_learning", "reliability_in_words"]

CARD = "reliability.md"

_SHORTEST = 5
"""Words of a quote from which something can be learned."""

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Lesson:
    """An exemplar that a decision gives, and the submission that it is from (which is not written anywhere)."""

    exemplar: Exemplar
    submission: str
    source: Literal["confirmed", "selected", "rejected"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, before it is.

    Attributes:
        base: The rubric to which it is added.
        target: Folder to write to.
        lessons: New exemplars.
        skipped: Why decisions teach nothing -> how many.
        masked: Quotes in which names were masked.
        decided: What assessors decided, facet by facet, for the reliability card.
        screened_with: Checksums of the rubric folders that the screenings were made with.
        assessors: Number of assessors.
        left_out: As `mcscreen.reviews.Gathered` has it.
    """

    base: RubricFolder
    target: Path
    lessons: tuple[Lesson, ...]
    skipped: tuple[tuple[str, int], ...]
    masked: int
    decided: tuple[Decided, ...]
    screened_with: frozenset[str]
    assessors: int
    left_out: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What was written."""

    folder: RubricFolder
    card: Reliability
    files: tuple[Path, ...]


def plan_learning(screenings: Sequence[Screening], gathered: Gathered, rubric: RubricFolder, into: Path | None = None) -> Plan:
    """What the decisions teach this rubric.

    Args:
        screenings: What the machine said.
        gathered: What assessors decided on it.
        rubric: The rubric.
        into: Folder of the learned rubric. If not given: the rubric's own folder, or for a shipped rubric a folder of the user's.
            A folder that holds the learned rubric already is added to.

    Raises:
        InputError: When no decision belongs to the rubric, or the folder is taken or shipped.
    """
    own = {s.submission.id: s for s in screenings if s.rubric.id == rubric.rubric.id}
    ratings = [r for r in gathered.ratings if r.submission in own]
    if not ratings:
        left = "".join(f"; left out: {n} {why}" for why, n in gathered.left_out)
        raise InputError(f"no decision on these screenings is for the rubric {rubric.rubric.id!r}{left}")
    base, target = _target(rubric, into)
    agreed, contradicted = _agreed(ratings)
    skipped: Counter[str] = Counter({"assessors contradict each other": contradicted} if contradicted else {})
    facets = {f.id for f in base.rubric.facets}
    labels: dict[tuple[str, str], str] = {(e.facet or "", _plain(e.text)): e.label for e in base.exemplars}
    names: dict[str, Names] = {}
    lessons: list[Lesson] = []
    masked = 0
    for rating in (r for group in agreed for r in group):
        screening = own[rating.submission]
        if rating.facet not in facets:
            skipped["the rubric has no such facet"] += 1
            continue
        for label, source, passage in _passages(rating, skipped):
            if next(find_contacts(passage.quote), None) is not None:
                skipped["holds an e-mail address or a phone number"] += 1
                continue
            if rating.submission not in names:
                names[rating.submission] = find_names([p.quote for p in _all_passages(screening, ratings)])
            text = mask(" ".join(passage.quote.split()), names[rating.submission])
            if len(text.split()) < _SHORTEST or len(text) > 5_000:
                skipped["too short or too long to teach"] += 1
                continue
            known = labels.get((rating.facet, _plain(text)))
            if known is not None:
                skipped["known already" if known == label else "contradicts an exemplar that is there"] += 1
                continue
            labels[rating.facet, _plain(text)] = label
            masked += text != " ".join(passage.quote.split())
            also = tuple(f for f in _shown_for(passage, screening, ratings) if f != rating.facet and f in facets)
            provenance = f"assessor decision, {rating.decision.time.date().isoformat()}"
            exemplar = Exemplar(facet=rating.facet, label=label, text=text, also=also, provenance=provenance)
            lessons.append(Lesson(exemplar, rating.submission, source))
    decided = tuple(_decided(group, own) for group in agreed)
    return Plan(
        base,
        target,
        tuple(lessons),
        tuple(sorted(skipped.items())),
        masked,
        tuple(d for d in decided if d is not None),
        frozenset(s.rubric.sha256 for s in own.values()),
        len({r.assessor for r in ratings}),
        gathered.left_out,
    )


def carry_out(
    plan: Plan,
    today: str,
    *,
    uploads: Sequence[Path] = (),
    rescreen: Callable[[Path, Sequence[Path], frozenset[str]], list[Screening]] | None = None,
) -> Learned:
    """Write the learned rubric, fit its heads, and write its reliability card.

    Args:
        plan: As `plan_learning` gives it.
        today: Date of the card, YYYY-MM-DD.
        uploads: The submissions that were screened; needed to fit thresholds when something new was learned.
        rescreen: Screens, with a rubric folder, those of the uploads that have these ids; for tests and other runners.

    Raises:
        OSError: When a file cannot be written.
        RubricError: When the rubric that came out is not valid.
    """
    from mcscreen.matchers import finders_of, load_encoder

    rows, remark = _honest_rows(plan, uploads, rescreen or _screened)
    files = _write_rubric(plan.target, plan.base, plan.lessons)
    folder = load_rubric_folder(plan.target)
    encoder = load_encoder()
    finders_of(folder, encoder)  # fits the heads and puts them into the cache
    found = fitted(rows) if rows else None
    kinds = Counter(d.value for d in plan.decided)
    figures = {**shares(plan.decided), **{f"blind_{k}": v for k, v in shares([d for d in plan.decided if d.blind]).items()}}
    if found is not None:
        figures |= {f"held_out_{k}": v for k, v in found.held_out.items()}
    card = Reliability(
        date=today,
        rubric_sha256=folder.sha256,
        encoder=encoder.fingerprint,
        submissions=len({d.submission for d in plan.decided}),
        assessors=plan.assessors,
        decided=len(plan.decided),
        addressed=kinds["addressed"],
        partly=kinds["partly"],
        missing=kinds["not_addressed"],
        blind=sum(d.blind for d in plan.decided),
        remark=remark,
        thresholds=found.thresholds if found else None,
        figures=figures,
    )
    files.append(put(plan.target / RELIABILITY, reliability_toml(card).encode()))
    files.append(put(plan.target / CARD, reliability_in_words(card, folder).encode()))
    return Learned(load_rubric_folder(plan.target), card, tuple(files))


def _target(rubric: RubricFolder, into: Path | None) -> tuple[RubricFolder, Path]:
    shelf = shipped("rubrics").resolve()
    own = rubric.path.parent
    target = into or (_home() / rubric.rubric.id if own.resolve().is_relative_to(shelf) else own)
    if target.resolve().is_relative_to(shelf):
        raise InputError(f"{target}: is a shipped rubric's folder, which is never edited; name another with --into")
    if (target / RUBRIC).is_file():
        base = load_rubric_folder(target)
        if base.rubric.id != rubric.rubric.id:
            raise InputError(f"{target}: holds the rubric {base.rubric.id!r}, not {rubric.rubric.id!r}; name another folder with --into")
        return base, target
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target}: is neither empty nor a rubric folder; name another with --into")
    return rubric, target


def _home() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return Path(data) / "mcscreen" / "rubrics"


def _agreed(ratings: Sequence[Rating]) -> tuple[list[list[Rating]], int]:
    """Ratings by submission and facet where no assessor says addressed and another not, and how many facets have such a pair."""
    groups: dict[tuple[str, str], list[Rating]] = {}
    for rating in ratings:
        if rating.value is not None:
            groups.setdefault((rating.submission, rating.facet), []).append(rating)
    agreed = [g for g in groups.values() if len({r.value for r in g}) == 1]
    return agreed, len(groups) - len(agreed)


def _passages(
    rating: Rating, skipped: Counter[str]
) -> list[tuple[Literal["met", "missing"], Literal["confirmed", "selected", "rejected"], Evidence]]:
    shown = rating.coverage.evidence
    chosen = [Evidence(document=p.document, start=p.start, end=p.end, quote=p.quote) for p in rating.passages]
    if rating.value == "addressed":
        if rating.decision.choice == "agree":
            return [("met", "confirmed", p) for p in (chosen or shown[:1])]
        return [("met", "selected", p) for p in chosen]
    if rating.value == "not_addressed":
        return [("missing", "rejected", p) for p in shown[:1]]
    skipped["agreement with 'thin' says neither yes nor no"] += 1
    return []


def _all_passages(screening: Screening, ratings: Sequence[Rating]) -> list[Evidence]:
    chosen = [
        Evidence(document=p.document, start=p.start, end=p.end, quote=p.quote)
        for r in ratings
        if r.submission == screening.submission.id
        for p in r.decision.passages
    ]
    return [*(e for line in screening.coverage for e in line.evidence), *chosen]


def _shown_for(passage: Evidence, screening: Screening, ratings: Sequence[Rating]) -> list[str]:
    """Facets for which the screening or an assessor points into the same passage."""
    places = [(c.facet, e.document, e.start, e.end) for c in screening.coverage if c.status in ("covered", "thin") for e in c.evidence]
    places += [(r.facet, p.document, p.start, p.end) for r in ratings if r.submission == screening.submission.id for p in r.passages]
    return list(dict.fromkeys(f for f, d, s, e in places if d == passage.document and s < passage.end and passage.start < e))


def _decided(group: Sequence[Rating], screenings: dict[str, Screening]) -> Decided | None:
    first = group[0]
    line = first.coverage
    if first.value is None or line.status == "unread":
        return None
    blind = all(r.blind is not None for r in group)
    digest = files_digest(screenings[first.submission].submission)
    return Decided(first.submission, first.facet, first.value, line.status, line.score or 0.0, blind, digest)


def _honest_rows(
    plan: Plan, uploads: Sequence[Path], rescreen: Callable[[Path, Sequence[Path], frozenset[str]], list[Screening]]
) -> tuple[Sequence[Decided], str]:
    """Decisions with scores on which thresholds for the learned rubric may be fitted, and a remark for the card."""
    lacking = needs(plan.decided)
    if lacking:
        return (), f"uncalibrated for this rubric's assessors: {lacking}"
    if not plan.lessons:
        if plan.screened_with == {plan.base.sha256}:
            return plan.decided, "thresholds fitted on the scores that were decided on"
        return (), "no thresholds: the screenings were made with another state of the rubric; screen with this one, decide, and learn again"
    if not uploads:
        return (
            (),
            "no thresholds: the heads learned from these very texts; give the uploads, or decide on a screening made with this rubric",
        )
    submissions = sorted({d.submission for d in plan.decided})
    scores: dict[tuple[str, str, str], tuple[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="mcscreen-") as folder:
        for number in range(_FOLDS):
            out = frozenset(submissions[number::_FOLDS])
            fold = Path(folder) / str(number)
            _write_rubric(fold, plan.base, [lesson for lesson in plan.lessons if lesson.submission not in out])
            for screening in rescreen(fold, uploads, out):
                digest = files_digest(screening.submission)
                for line in screening.coverage:
                    if line.status != "unread":
                        scores[screening.submission.id, digest, line.facet] = (line.status, line.score or 0.0)
    rows = []
    for d in plan.decided:
        if (d.submission, d.files, d.facet) in scores:
            status, score = scores[d.submission, d.files, d.facet]
            rows.append(Decided(d.submission, d.facet, d.value, status, score, d.blind, d.files))
    lacking = needs(rows)
    if lacking:
        return (), f"no thresholds: of the uploads given, too few are those that were decided on: {lacking}"
    return rows, f"thresholds fitted on {len(rows)} facets, each scored by heads that had not learned from its submission"


def _screened(rubric: Path, uploads: Sequence[Path], wanted: frozenset[str]) -> list[Screening]:
    from mcscreen.intake import find_uploads
    from mcscreen.pipeline import Settings, screen_one

    settings = Settings(rubric=str(rubric))
    return [screen_one(upload, settings) for upload in find_uploads(uploads) if upload.id in wanted]


def _write_rubric(target: Path, base: RubricFolder, lessons: Sequence[Lesson]) -> list[Path]:
    before = base.path.with_name(EXEMPLARS)
    known = before.read_bytes() if before.is_file() else b""
    if known and not known.endswith(b"\n"):
        known += b"\n"
    new = "".join(json.dumps(lesson.exemplar.model_dump(mode="json"), ensure_ascii=False) + "\n" for lesson in lessons)
    files = []
    if target.resolve() != base.path.parent.resolve():
        files.append(put(target / RUBRIC, base.path.read_bytes()))
        marked = base.path.with_name(MARKED)
        if marked.is_file():
            files.append(put(target / MARKED, marked.read_bytes()))
    elif not lessons:
        return files
    files.append(put(target / EXEMPLARS, known + new.encode("utf-8")))
    return files


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def plan_in_words(plan: Plan) -> str:
    """What would be added, for a person to read through; quotes as they would be written."""
    lines = [f"left out: {number} {why}" for why, number in plan.left_out]
    lines += [f"not learned from: {number} ({why})" for why, number in plan.skipped]
    for lesson in plan.lessons:
        lines.append(f"{lesson.exemplar.facet}, {lesson.exemplar.label} ({lesson.source})")
        lines.append(f"    {lesson.exemplar.text}")
    met = sum(lesson.exemplar.label == "met" for lesson in plan.lessons)
    lines.append(f"{len(plan.lessons)} exemplars ({met} met, {len(plan.lessons) - met} missing) for {plan.target}")
    if plan.lessons:
        lines.append(
            f"names were masked in {plan.masked} of them; a name that was not recognised still stands there, so read them before you go on"
        )
    return "\n".join(lines)


_FIGURES = {
    "missing_not_covered": "not addressed, and not called covered (recall of missing)",
    "missing_not_found": "not addressed, and called not found",
    "addressed_not_found": "addressed, but called not found (wrong “not found”)",
}


def reliability_in_words(card: Reliability, folder: RubricFolder) -> str:
    """The card as Markdown."""
    lines = [
        f"# Reliability: {folder.rubric.title}",
        "",
        f"{card.date}. {card.decided} facets of {card.submissions} submissions, decided by {card.assessors} "
        f"{'assessor' if card.assessors == 1 else 'assessors'}: {card.addressed} addressed, {card.partly} partly, {card.missing} not "
        f"addressed. {card.blind} were decided before the finding was shown; the others had it in view, which flatters the figures.",
        "",
        "| what assessors say, and what was said | share | 95 % interval | n |",
        "|---|---|---|---|",
    ]
    for name, share in card.figures.items():
        plain = next(text for key, text in _FIGURES.items() if name.endswith(key))
        kind = "blind: " if name.startswith("blind_") else "new thresholds, held out: " if name.startswith("held_out_") else ""
        lines.append(f"| {kind}{plain} | {share.value:.3f} | {share.low:.3f} to {share.high:.3f} | {share.n} |")
    lines += ["", "Intervals are exact binomial (Clopper-Pearson) and take facets as independent, so they are somewhat too narrow.", ""]
    if card.thresholds is not None:
        lines.append(f"Thresholds: `not_found` below {card.thresholds.not_found}, `covered` from {card.thresholds.covered}. {card.remark}.")
    else:
        lines.append(f"{card.remark[:1].upper()}{card.remark[1:]}.")
    lines += [
        f"They hold for the rubric with SHA-256 {card.rubric_sha256[:16]}… and the encoder {card.encoder.partition(':')[0]}; "
        "after a change of exemplars this card is history.",
        "",
    ]
    return "\n".join(lines)
