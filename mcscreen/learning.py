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
heads did not learn. Either nothing is learned and the screenings were made with this very rubric, or the uploads are given
and each submission is screened again with heads that learned from the others (cross-conformal prediction: Vovk 2015, Annals
of Mathematics and Artificial Intelligence 74, 9-28). A rubric may have learned from the same submissions before, and they
may come back under another name; so what tells is not a list of names but whether an exemplar stands in a text. In both cases
the thresholds are class-conditional conformal ones, with the same errors as the model's own.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mcscreen.decisions import ChosenPassage, files_digest
from mcscreen.errors import InputError
from mcscreen.heads import RECIPE
from mcscreen.masking import Names, find_contacts, find_names, mask, masked_id
from mcscreen.model import load_model
from mcscreen.private_files import put, scratch_folder
from mcscreen.reliability import RELIABILITY, Reliability, reliability_in_words, reliability_toml, scorer_of
from mcscreen.results import Evidence, Screening
from mcscreen.reviews import Gathered, Rating
from mcscreen.rubric import Exemplar
from mcscreen.rubric_files import EXEMPLARS, MARKED, RUBRIC, RubricFolder, load_rubric_folder
from mcscreen.runs import Run, differences
from mcscreen.shipped import shipped
from mcscreen.thresholds import Decided, fitted, needs, shares

if TYPE_CHECKING:
    from mcscreen.pipeline import Settings

__all__ = ["CARD", "Learned", "Lesson", "Plan", "carry_out", "plan_in_words", "plan_learning", "texts_for"]

CARD = "reliability.md"
"""Name of the reliability card for people, beside the rubric."""

_SHORTEST = 5
"""Words of a quote from which something can be learned."""

_FOLDS = 5

_MASKED = re.compile(r"(?:person|school) \d+|\[(?:e-mail|phone)\]")
"""What stands for a name or a contact in a masked text, in lower case."""


@dataclass(frozen=True, slots=True)
class MadeWith:
    """How the screenings were made that were decided on, as far as it is known.

    Attributes:
        ocr: Whether scans were read with OCR.
        masks: Whether names were masked. Names that were given beforehand are recorded nowhere: a submission whose files go by
            such names is then not recognised, and the card says that it is missing.
        run: All that it records, where it is known.
    """

    ocr: bool = False
    masks: bool = False
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """An exemplar that a decision gives, and the submissions in whose text it stands (which are not written anywhere)."""

    exemplar: Exemplar
    submissions: frozenset[str]
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
        fresh: Submissions from which the rubric that they were screened with had learned nothing, as far as can be told.
        learned_from: Submission -> those exemplars of `base` that stand in its text.
        current: Whether the screenings were made with this very state of `base`.
        made_with: What else is known of how they were made.
        assessors: Number of assessors.
        remarks: As `mcscreen.reviews.Gathered` has them.
    """

    base: RubricFolder
    target: Path
    lessons: tuple[Lesson, ...]
    skipped: tuple[tuple[str, int], ...]
    masked: int
    decided: tuple[Decided, ...]
    fresh: frozenset[str]
    learned_from: Mapping[str, frozenset[int]]
    current: bool
    made_with: MadeWith
    assessors: int
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What was written."""

    folder: RubricFolder
    card: Reliability
    files: tuple[Path, ...]


def plan_learning(
    screenings: Sequence[Screening],
    gathered: Gathered,
    rubric: RubricFolder,
    into: Path | None = None,
    *,
    run: Run | None = None,
    texts: Mapping[str, str] | None = None,
    exemplars: bool = True,
) -> Plan:
    """What the decisions teach this rubric.

    Args:
        screenings: What the machine said.
        gathered: What assessors decided on it.
        rubric: The rubric.
        into: Folder of the learned rubric. If not given: the rubric's own folder, or for a shipped rubric a folder of the user's.
            A folder that holds the learned rubric already is added to.
        run: What the screenings were made with, where it is known.
        texts: Submission -> all its text, as `texts_for` gives it. More names are found in it than in the passages of the report.
        exemplars: Whether to learn exemplars; without, thresholds are fitted for the rubric as it is.

    Raises:
        InputError: When no decision belongs to the rubric, or the folder is taken or shipped.
    """
    own = {s.submission.id: s for s in screenings if s.rubric.id == rubric.rubric.id}
    base, target = _target(rubric, into)
    facets = {f.id for f in base.rubric.facets}
    ratings = [r for r in gathered.ratings if r.submission in own]
    gone = sum(r.facet not in facets for r in ratings)
    ratings = [r for r in ratings if r.facet in facets]
    if not ratings:
        told = [f"no decision on a facet in these screenings is for the rubric {rubric.rubric.id!r}", *gathered.remarks]
        raise InputError("\n".join(told + ([f"left out: {gone} on facets that the rubric has not"] if gone else [])))
    skipped: Counter[str] = Counter({"the rubric has no such facet": gone} if gone else {})
    agreed, contradicted = _agreed(ratings)
    if contradicted:
        skipped["assessors do not say the same"] = contradicted
    passages = {i: _all_passages(s, ratings) for i, s in own.items()}
    read = {i: (texts or {}).get(i) or "\n".join(p.quote for p in passages[i]) for i in own}
    plain = {i: _plain(text) for i, text in read.items()}
    lessons, masks = _lessons(agreed, own, base, ratings, read, skipped) if exemplars else ((), 0)
    learned = {i: _standing(base.exemplars, text) for i, text in plain.items()}
    before = {i: _standing(rubric.exemplars, text) for i, text in plain.items()}
    sources = {rubric.sha256: before, base.sha256: learned}
    decided = (_decided(group, own) for group in agreed)
    return Plan(
        base,
        target,
        lessons,
        tuple(sorted(skipped.items())),
        masks,
        tuple(d for d in decided if d is not None),
        # Of a rubric in a state that is not at hand the later one is asked: it holds at least as much.
        frozenset(i for i, s in own.items() if not sources.get(s.rubric.sha256, learned)[i]),
        learned,
        {s.rubric.sha256 for s in own.values()} == {base.sha256},
        _made_with(list(own.values()), run),
        len({r.assessor for r in ratings if r.value is not None}),
        tuple(gathered.remarks),
    )


def texts_for(screenings: Sequence[Screening], uploads: Sequence[Path], rubric: RubricFolder, run: Run | None = None) -> dict[str, str]:
    """All text of each submission of a report, read again from its uploads.

    Args:
        screenings: Of the report.
        uploads: What was screened; others among them are passed over.
        rubric: The rubric, whose words are never taken for names.
        run: What the screenings were made with, where it is known.

    Raises:
        InputError: When a path does not exist.
    """
    from mcscreen.batch_texts import texts_of

    found = texts_of(uploads, _settings(rubric.path, _made_with(screenings, run)))
    return {
        s.submission.id: "\n".join(d.text for d in found[s.submission.id].documents if d.readable)
        for s in screenings
        if s.submission.id in found
    }


def _made_with(screenings: Sequence[Screening], run: Run | None) -> MadeWith:
    own = run if run is not None and all(s.fingerprint == run.fingerprint for s in screenings) else None
    return MadeWith(own is not None and own.facts.get("ocr") is True, any(s.masked for s in screenings), own)


def _settings(rubric: Path, made_with: MadeWith) -> Settings:
    from mcscreen.pipeline import Settings

    return Settings(rubric=str(rubric), ocr=made_with.ocr, mask_names=made_with.masks)


def carry_out(plan: Plan, today: str, *, uploads: Sequence[Path] = ()) -> Learned:
    """Write the learned rubric, fit its heads, and write its reliability card.

    Args:
        plan: As `plan_learning` gives it.
        today: Date of the card, YYYY-MM-DD.
        uploads: The submissions that were screened; needed to fit thresholds when something new was learned.

    Raises:
        InputError: When an upload does not exist.
        OSError: When a file cannot be written.
        RubricError: When the rubric that came out is not valid.
    """
    from mcscreen.matchers import DEFAULT_ENCODER, finders_of, load_encoder

    encoder, model = load_encoder(), load_model(shipped("models") / DEFAULT_ENCODER)
    made_now = Run("", {"encoder": encoder.fingerprint, "calibrations": {b: c.model_dump(mode="json") for b, c in model.bases.items()}})
    rows, remark = _honest_rows(plan, made_now, uploads)
    files = _write_rubric(plan.target, plan.base, plan.lessons)
    folder = load_rubric_folder(plan.target)
    finders_of(folder, encoder)  # fits the heads and puts them into the cache
    found = fitted(rows) if rows else None
    kinds = Counter(d.value for d in plan.decided)
    screened = [d for d in plan.decided if d.submission in plan.fresh]
    figures = {**shares(screened), **{f"blind_{k}": v for k, v in shares([d for d in screened if d.blind]).items()}}
    if found is not None:
        figures |= {f"held_out_{k}": v for k, v in found.held_out.items()}
    stale = {d.submission for d in plan.decided} - plan.fresh
    if stale:
        remark += f"; {len(stale)} of the submissions are not in the figures “as screened”: the rubric had learned from them before"
    card = Reliability(
        date=today,
        rubric_sha256=folder.sha256,
        scorer=scorer_of(encoder.fingerprint, model, RECIPE),
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
    files.append(put(plan.target / CARD, reliability_in_words(card, folder.rubric.title).encode()))
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
    """Ratings by submission and facet where all who decided say the same, and of how many facets they do not."""
    groups: dict[tuple[str, str], list[Rating]] = {}
    for rating in ratings:
        if rating.value is not None:
            groups.setdefault((rating.submission, rating.facet), []).append(rating)
    agreed = [g for g in groups.values() if len({r.value for r in g}) == 1]
    return agreed, len(groups) - len(agreed)


def _lessons(
    agreed: Sequence[Sequence[Rating]],
    screenings: Mapping[str, Screening],
    base: RubricFolder,
    ratings: Sequence[Rating],
    texts: Mapping[str, str],
    skipped: Counter[str],
) -> tuple[tuple[Lesson, ...], int]:
    """New exemplars, and in how many of them names were masked; why decisions teach nothing is counted in `skipped`."""
    facets = {f.id for f in base.rubric.facets}
    labels: dict[tuple[str, str], str] = {(e.facet or "", _plain(e.text)): e.label for e in base.exemplars}
    names: dict[str, Names] = {}
    lessons: list[Lesson] = []
    plain = {i: _plain(text) for i, text in texts.items()}
    masks = 0
    for rating in (r for group in agreed for r in group):
        screening = screenings[rating.submission]
        for label, source, passage in _passages(rating, skipped):
            if next(find_contacts(passage.quote), None) is not None:
                skipped["holds an e-mail address or a phone number"] += 1
                continue
            if rating.submission not in names:
                names[rating.submission] = _names(rating.submission, texts[rating.submission])
            quote = " ".join(passage.quote.split())
            text = mask(quote, names[rating.submission])
            if len(text.split()) < _SHORTEST or len(text) > 5_000:
                skipped["too short or too long to teach"] += 1
                continue
            known = labels.get((rating.facet, _plain(text)))
            if known is not None:
                skipped["known already" if known == label else "contradicts an exemplar that is there"] += 1
                continue
            labels[rating.facet, _plain(text)] = label
            masks += text != quote
            also = tuple(f for f in _shown_for(passage, screening, ratings) if f != rating.facet and f in facets)
            provenance = f"assessor decision, {rating.decision.time.date().isoformat()}"
            exemplar = Exemplar(facet=rating.facet, label=label, text=text, also=also, provenance=provenance)
            alike = {i for i, text in plain.items() if _standing([exemplar], text)}
            lessons.append(Lesson(exemplar, frozenset(alike | {rating.submission}), source))
    return tuple(lessons), masks


def _names(submission: str, text: str) -> Names:
    """Names in a submission's text; a word of its id that is no ordinary word of the text may be one as well."""
    ordinary = set(re.findall(r"\b[a-z]+\b", text))
    words = re.findall(r"[^\W\d_]{3,}", submission) if masked_id(submission) != submission else []
    return find_names([text], people=[w[:1].upper() + w[1:] for w in words if w.casefold() not in ordinary])


def _standing(exemplars: Sequence[Exemplar], plain: str) -> frozenset[int]:
    """Which exemplars stand in a `_plain` text; where names were masked in one, anything short may stand in their place."""
    found = set()
    for number, exemplar in enumerate(exemplars):
        pieces = [p.strip() for p in _MASKED.split(_plain(exemplar.text)) if p.strip()]
        if sum(len(p.split()) for p in pieces) < _SHORTEST or pieces[0] not in plain:
            continue
        if len(pieces) == 1 or re.search(r".{0,60}?".join(map(re.escape, pieces)), plain):
            found.add(number)
    return frozenset(found)


def _passages(
    rating: Rating, skipped: Counter[str]
) -> list[tuple[Literal["met", "missing"], Literal["confirmed", "selected", "rejected"], Evidence]]:
    shown = rating.coverage.evidence
    chosen = [_evidence(p) for p in rating.passages]
    if rating.value == "addressed":
        if rating.decision.choice == "agree":
            return [("met", "confirmed", p) for p in (chosen or shown[:1])]
        return [("met", "selected", p) for p in chosen]
    if rating.value == "not_addressed":
        return [("missing", "rejected", p) for p in shown[:1]]
    skipped["agreement with 'thin' says neither yes nor no"] += 1
    return []


def _evidence(passage: ChosenPassage) -> Evidence:
    return Evidence(document=passage.document, start=passage.start, end=passage.end, quote=passage.quote)


def _all_passages(screening: Screening, ratings: Sequence[Rating]) -> list[Evidence]:
    chosen = [_evidence(p) for r in ratings if r.submission == screening.submission.id for p in r.decision.passages]
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


def _honest_rows(plan: Plan, made_now: Run, uploads: Sequence[Path]) -> tuple[Sequence[Decided], str]:
    """Decisions with scores on which thresholds for the learned rubric may be fitted, and a remark for the card."""
    lacking = needs(plan.decided)
    if lacking:
        return (), f"no thresholds: {lacking}"
    if uploads:
        return _rescreened_rows(plan, uploads)
    elsewhere = "give the uploads (--uploads), or screen other submissions with this rubric, decide, and learn with --only-thresholds"
    if plan.lessons:
        return (), f"no thresholds: the heads learned from these very texts; {elsewhere}"
    if not plan.current:
        return (), f"no thresholds: the screenings were made with another state of the rubric; {elsewhere}"
    run = plan.made_with.run
    if run is not None and differences(Run("", {fact: run.facts.get(fact) for fact in made_now.facts}), made_now):
        return (), "no thresholds: the scores were made by another encoder or model; screen with this one and decide again"
    rows = [d for d in plan.decided if not plan.learned_from[d.submission]]
    lacking = needs(rows)
    if lacking:
        return (), f"no thresholds: of the submissions from which the rubric had not learned before, {lacking}; {elsewhere}"
    return rows, f"thresholds fitted on the scores of {len(rows)} facets that were decided on"


def _rescreened_rows(plan: Plan, uploads: Sequence[Path]) -> tuple[Sequence[Decided], str]:
    """Decisions with scores of heads that had not learned from their submission."""
    submissions = sorted({d.submission for d in plan.decided})
    scores: dict[tuple[str, str, str], tuple[str, float]] = {}
    with scratch_folder() as folder:
        for number in range(_FOLDS):
            out = frozenset(submissions[number::_FOLDS])
            fold = folder / str(number)
            before = frozenset(e for submission in out for e in plan.learned_from[submission])
            _write_rubric(fold, plan.base, [lesson for lesson in plan.lessons if not lesson.submissions & out], before)
            for screening in _screened(fold, uploads, out, plan.made_with):
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


def _screened(rubric: Path, uploads: Sequence[Path], wanted: frozenset[str], made_with: MadeWith) -> list[Screening]:
    from mcscreen.intake import find_uploads
    from mcscreen.pipeline import screen_one

    settings = _settings(rubric, made_with)
    named = ((masked_id(u.id) if made_with.masks else u.id, u) for u in find_uploads(uploads))
    return [screen_one(upload, settings) for name, upload in named if name in wanted]


def _write_rubric(target: Path, base: RubricFolder, lessons: Sequence[Lesson], without: frozenset[int] = frozenset()) -> list[Path]:
    """Write a rubric with new exemplars, and without some of the old ones where that is wanted."""
    before = base.path.with_name(EXEMPLARS)
    if without:
        known = _json_lines(e for number, e in enumerate(base.exemplars) if number not in without)
    else:
        known = before.read_bytes() if before.is_file() else b""
    if lessons and known and not known.endswith(b"\n"):
        known += b"\n"
    files = []
    if target.resolve() != base.path.parent.resolve():
        files.append(put(target / RUBRIC, base.path.read_bytes()))
        marked = base.path.with_name(MARKED)
        if marked.is_file():
            files.append(put(target / MARKED, marked.read_bytes()))
    elif not lessons:
        return files
    files.append(put(target / EXEMPLARS, known + _json_lines(lesson.exemplar for lesson in lessons)))
    return files


def _json_lines(exemplars: Iterable[Exemplar]) -> bytes:
    return "".join(json.dumps(e.model_dump(mode="json"), ensure_ascii=False) + "\n" for e in exemplars).encode("utf-8")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def plan_in_words(plan: Plan) -> str:
    """What would be added, for a person to read through; quotes as they would be written."""
    lines = [*plan.remarks]
    lines += [f"not learned from: {number} ({why})" for why, number in plan.skipped]
    for lesson in plan.lessons:
        lines.append(f"{lesson.exemplar.facet}, {lesson.exemplar.label} ({lesson.source})")
        lines.append(f"    {lesson.exemplar.text}")
    met = sum(lesson.exemplar.label == "met" for lesson in plan.lessons)
    lines.append(f"{len(plan.lessons)} new exemplars ({met} met, {len(plan.lessons) - met} missing) for {plan.target}")
    if plan.lessons:
        lines.append(
            f"names were masked in {plan.masked} of them; a name that was not recognised still stands there, so read them before you go on"
        )
    return "\n".join(lines)
