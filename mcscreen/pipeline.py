"""From uploads to screenings: the only place where the stages meet.

    intake -> extractors -> parts -> prompts -> segmenter -> matchers -> checks -> Screening

Each stage is a plain function over frozen values, so this module reads top to bottom as the order of work. A `Screener`
holds what is costly to set up (the encoder, the rubric's vectors) and is used for many submissions; `screen_one` does the
whole job for one upload and takes and returns only what pickles, so that any process pool or cluster can run it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import traceback
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path

from mcscreen.authoring import FacetReview, LintRemark, import_page, lint, review_exemplars, to_toml
from mcscreen.checks import CHECKS
from mcscreen.checks import citations as citations_check
from mcscreen.checks import completion as completion_check
from mcscreen.checks import coverage as coverage_check
from mcscreen.checks import notices as notices_check
from mcscreen.checks import trace as trace_check
from mcscreen.document import Document
from mcscreen.errors import InputError, McscreenError, RubricError
from mcscreen.intake import OpenedUpload, Upload, find_uploads, open_upload
from mcscreen.isolation import Readers
from mcscreen.journal import Journal, submission_key
from mcscreen.language import recogniser
from mcscreen.limits import DEFAULT_LIMITS, Limits
from mcscreen.masking import masked, masked_id
from mcscreen.matchers import DEFAULT_ENCODER, finders_of, load_encoder, support_of
from mcscreen.model import Model, Thresholds, load_model
from mcscreen.overlaps import wording_of
from mcscreen.parts import Span, assign_parts, find_prompts, own_words
from mcscreen.portfolio import read_rows
from mcscreen.results import DocumentRecord, Requirement, RubricRecord, Screening, SectionRecord, SubmissionRecord, WordCount
from mcscreen.rubric import Rubric
from mcscreen.rubric_files import RubricFolder, load_rubric_folder
from mcscreen.segmenter import segment
from mcscreen.shipped import shipped
from mcscreen.submission import ARTIFACT, Match, Passage, Section, Submission

__all__ = [
    "Screener",
    "Settings",
    "check_rubric",
    "exemplars_of",
    "ids_of",
    "import_rubric",
    "list_rubrics",
    "load_rubric",
    "load_submission",
    "passages_of",
    "screen_batch",
    "screen_one",
    "text_of_file",
    "texts_of",
]

_log = logging.getLogger("mcscreen")

_VERSIONED = ("mcscreen", "pypdfium2", "pdfplumber", "lxml", "openpyxl", "spacy", "onnxruntime", "tokenizers")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything but the uploads that a screening depends on.

    Attributes:
        rubric: Id of a shipped rubric, or path of a rubric folder or rubric.toml.
        encoder: Name or path, see `mcscreen.matchers.load_encoder`.
        ocr: Whether scanned pages are read with tesseract, where it is installed.
        limits: Bounds for reading one file.
        mask_names: Whether names are masked as soon as a submission is read, see `mcscreen.masking`.
        names: Names of people and schools to mask whether they are recognised or not; without `mask_names` they do nothing.
    """

    rubric: str
    encoder: str = DEFAULT_ENCODER
    ocr: bool = False
    limits: Limits = DEFAULT_LIMITS
    mask_names: bool = False
    names: tuple[str, ...] = ()


def load_rubric(name: str | Path) -> RubricFolder:
    """A rubric with its exemplars.

    Args:
        name: Id of a shipped rubric, or path of a rubric folder or of a rubric.toml.

    Raises:
        RubricError: When there is no such rubric, or it is not valid; all its problems are named with file, key and line.
    """
    path = Path(name)
    if path.exists():
        return load_rubric_folder(path)
    folder = shipped("rubrics") / str(name)
    if "/" not in str(name) and "\\" not in str(name) and (folder / "rubric.toml").is_file():
        return load_rubric_folder(folder)
    shelf = ", ".join(r for r, _ in list_rubrics())
    raise RubricError(f"no rubric {str(name)!r}: neither a file or folder nor one of {shelf}; see 'mcscreen rubric list'")


def list_rubrics() -> list[tuple[str, Path]]:
    """Ids and folders of the shipped rubrics, by id."""
    return [(p.name, p) for p in sorted(shipped("rubrics").iterdir()) if (p / "rubric.toml").is_file()]


def check_rubric(path: str | Path) -> list[LintRemark]:
    """Remarks on a valid rubric: what will screen badly.

    Raises:
        RubricError: When the rubric is not valid; all its problems are named with file, key and line.
    """
    folder = load_rubric(path)
    return lint(folder.rubric, folder.exemplars)


def exemplars_of(name: str | Path, encoder: str = DEFAULT_ENCODER) -> tuple[RubricFolder, list[FacetReview]]:
    """A rubric and a review of the exemplars of each of its facets.

    Raises:
        RubricError: When the rubric cannot be used.
        ModelError: When the encoder cannot be used.
    """
    folder = load_rubric(name)
    return folder, review_exemplars(folder, load_encoder(encoder))


def import_rubric(page: str | Path) -> tuple[str, str]:
    """Read a micro-credential page and propose a rubric.

    Args:
        page: Pasted text, saved HTML, PDF or DOCX.

    Returns:
        The text of a rubric.toml in which every proposal is marked "confirm", and a one-line summary of what was found.

    Raises:
        InputError: When the page cannot be read.
        RubricError: When no outcome is found in it; the message says what was looked for.
    """
    file = Path(page)
    if not file.is_file():
        raise InputError(f"{page}: no such file; give the page as text, HTML, PDF or DOCX")
    imported = import_page(_document(file, DEFAULT_LIMITS, False))
    return to_toml(imported), imported.summary


def load_submission(path: str | Path, *, limits: Limits = DEFAULT_LIMITS, ocr: bool = False) -> Submission:
    """Read one upload: a submission folder, a .zip of one, or a single document.

    Raises:
        InputError: When the path does not exist, or holds several submissions.
    """
    uploads = find_uploads([Path(path)])
    if len(uploads) != 1:
        raise InputError(f"{path}: holds {len(uploads)} submissions; give one of them, or use screen_batch for all")
    return _read(uploads[0], limits, ocr)


def _read(upload: Upload, limits: Limits, ocr: bool) -> Submission:
    with open_upload(upload, limits) as opened:
        return _read_opened(upload, opened, limits, ocr)


def _read_opened(upload: Upload, opened: OpenedUpload, limits: Limits, ocr: bool) -> Submission:
    readers = _readers(limits, ocr)
    documents = tuple(f.unread or readers.read(f.path, f.name) for f in opened.files)
    return Submission(id=upload.id, documents=documents, declared=opened.declared, problems=opened.problems)


@lru_cache(maxsize=2)
def _readers(limits: Limits, ocr: bool) -> Readers:
    """Warm children of this process; they end with it."""
    return Readers(limits=limits, ocr=ocr)


class Screener:
    """Screens submissions against one rubric.

    Args:
        rubric: As `load_rubric` gives it, or what `load_rubric` takes.
        encoder: Name or path of the encoder.
        ocr: Whether scanned pages are read with tesseract, where it is installed.
        limits: Bounds for reading one file.
        mask_names: Whether names are masked in each submission before anything else is done with it.
        names: Names of people and schools to mask whether they are recognised or not.

    Attributes:
        rubric: The rubric in use.
        fingerprint: Hash of versions, weights, thresholds, rubric and settings.

    Raises:
        RubricError: When the rubric cannot be used.
        ModelError: When the encoder cannot be used.
    """

    def __init__(
        self,
        rubric: RubricFolder | str | Path,
        *,
        encoder: str = DEFAULT_ENCODER,
        ocr: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        mask_names: bool = False,
        names: Sequence[str] = (),
    ) -> None:
        folder = rubric if isinstance(rubric, RubricFolder) else load_rubric(rubric)
        self.rubric: Rubric = folder.rubric
        self._rubric_sha256 = folder.sha256
        self._ocr, self._limits = ocr, limits
        self._masks, self._names = mask_names, tuple(names) if mask_names else ()
        _readers(limits, ocr)  # they start while the encoder is loaded
        self._encoder = load_encoder(encoder)
        model = load_model(shipped("models") / DEFAULT_ENCODER)
        self._calibrations = {basis: c.model_dump() for basis, c in model.bases.items()}
        self._thresholds: dict[str, Thresholds] = {basis: c.thresholds for basis, c in model.bases.items()}
        self._finders = finders_of(folder, self._encoder)
        self._support = support_of(self._encoder)
        self.calibration = _stamp(model, folder, encoder)
        self.fingerprint = self._fingerprint()

    def _fingerprint(self) -> str:
        facts = {
            "versions": {name: _version(name) for name in _VERSIONED},
            "encoder": self._encoder.fingerprint,
            "citing": self._support.fingerprint if self._support else None,
            "calibrations": self._calibrations,
            "thresholds": {basis: t.model_dump() for basis, t in self._thresholds.items()},
            "rubric": self._rubric_sha256,
            "ocr": self._ocr,
            "limits": asdict(self._limits),
        }
        if self._masks:
            facts["masked"] = {"names": self._names, "recogniser": {k: recogniser().meta.get(k) for k in ("lang", "name", "version")}}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]

    def screen(self, submission: Submission | str | Path) -> Screening:
        """Screen one submission.

        Args:
            submission: As `load_submission` gives it, or a path to read. Offsets in the screening are those of `masked(submission)`
                where names are masked.

        Raises:
            InputError: When a path does not exist or holds several submissions.
        """
        if not isinstance(submission, Submission):
            submission = load_submission(submission, limits=self._limits, ocr=self._ocr)
        rubric = self.rubric
        if self._masks:
            submission = masked(submission, self._names, wording_of(rubric))
        sections = assign_parts(submission, rubric)
        prompts = _prompts(submission, sections, rubric)
        counts = _word_counts(submission, sections, prompts, rubric)
        requirements = _problems(submission)
        requirements += tuple(line for check in CHECKS.values() for line in check(submission, sections, rubric, counts))
        rows = read_rows(submission, sections, rubric)
        coverage = coverage_check.check(submission, sections, rubric, self._matches(submission, sections, prompts), self._thresholds)
        citations = citations_check.check(submission, sections, rows, rubric, self._support)
        return Screening(
            fingerprint=self.fingerprint,
            calibration=self.calibration,
            rubric=RubricRecord(id=rubric.id, sha256=self._rubric_sha256, title=rubric.title),
            submission=_record(submission, sections),
            words=counts,
            requirements=requirements,
            coverage=coverage,
            citations=citations,
            completion=completion_check.check(requirements, citations, counts, submission, sections, rubric),
            trace=trace_check.check(rubric, coverage, citations),
            notices=notices_check.check(submission, sections, citations, rubric),
            masked=self._masks,
        )

    def _matches(self, submission: Submission, sections: Sequence[Section], prompts: dict[Section, tuple[Span, ...]]) -> list[Match]:
        matches: list[Match] = []
        for part, finder in self._finders.items():
            sentences = [
                sentence
                for section in sections
                if section.part == part and submission.documents[section.document].readable
                for sentence in segment(submission.documents[section.document], section.document, section, _spans(prompts[section]))
            ]
            matches.extend(finder.find(sentences, submission.documents))
        return matches


def _stamp(model: Model, folder: RubricFolder, encoder: str) -> str:
    """What the scores rest on, in words."""
    if encoder != DEFAULT_ENCODER:
        return f"uncalibrated: the calibration belongs to the encoder {DEFAULT_ENCODER}, not to {Path(encoder).name}"
    if not folder.exemplars and not folder.marked:
        return "uncalibrated: this rubric has no exemplars, so only the wording of each ask and look-alikes in other rubrics are known"
    if not folder.marked:
        return "uncalibrated: the calibration was made for another rubric; nobody has decided yet on submissions for this one"
    return model.calibration


def _spans(prompts: Sequence[Span]) -> list[tuple[int, int]]:
    return [(p.start, p.end) for p in prompts]


def _prompts(submission: Submission, sections: Sequence[Section], rubric: Rubric) -> dict[Section, tuple[Span, ...]]:
    return {s: () if s.part == ARTIFACT else find_prompts(submission.documents[s.document], s, rubric) for s in sections}


def _word_counts(
    submission: Submission, sections: Sequence[Section], prompts: dict[Section, tuple[Span, ...]], rubric: Rubric
) -> tuple[WordCount, ...]:
    counts = []
    for part in rubric.parts:
        own = raw = 0
        for section in sections:
            document = submission.documents[section.document]
            if section.part == part.id and document.readable:
                a, b = own_words(document, section, prompts[section])
                own, raw = own + a, raw + b
        counts.append(WordCount(part=part.id, own=own, raw=raw, minimum=part.minimum_words))
    return tuple(counts)


def _problems(submission: Submission) -> tuple[Requirement, ...]:
    return tuple(Requirement(check="upload", subject=submission.id, status="flagged", message=problem) for problem in submission.problems)


def _record(submission: Submission, sections: Sequence[Section]) -> SubmissionRecord:
    records = []
    for index, document in enumerate(submission.documents):
        own = [s for s in sections if s.document == index]
        records.append(
            DocumentRecord(
                name=document.name,
                part="+".join(dict.fromkeys(s.part for s in own)) or None,
                status=document.status,
                reason=document.reason,
                reader=document.reader,
                pages=document.pages,
                page_kind=document.page_kind,
                words=document.words,
                seconds=document.seconds,
                format=document.format,
                sha256=document.sha256,
                sections=tuple(SectionRecord(part=s.part, start=s.start, end=s.end, basis=s.basis, guessed=s.guessed) for s in own),
                warnings=document.warnings,
            )
        )
    return SubmissionRecord(id=submission.id, documents=tuple(records))


@lru_cache(maxsize=2)
def _screener(settings: Settings) -> Screener:
    return Screener(
        settings.rubric,
        encoder=settings.encoder,
        ocr=settings.ocr,
        limits=settings.limits,
        mask_names=settings.mask_names,
        names=settings.names,
    )


def screen_one(upload: Upload, settings: Settings) -> Screening:
    """Read and screen one upload; the set-up is kept for the next call in the same process.

    A submission that cannot be screened at all gives a screening that says so, because a batch must not end for one of
    its members.

    Raises:
        McscreenError: Only for the settings: a rubric or an encoder that cannot be used.
    """
    screener = _screener(settings)
    try:
        with open_upload(upload, settings.limits) as opened:
            return screener.screen(_read_opened(upload, opened, settings.limits, settings.ocr))
    except Exception as error:  # whatever it is, the other submissions go on
        # The place in the code is logged and the exception's own text is not: it may quote the submission.
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(traceback.extract_tb(error.__traceback__)))
        identity = hashlib.sha256(upload.id.encode("utf-8", "replace")).hexdigest()[:12]
        _log.error("submission %s could not be screened: %s at %s", identity, type(error).__name__, where)
        message = f"this submission could not be screened ({type(error).__name__}); look at it by hand and report the log line"
        name = masked_id(upload.id) if settings.mask_names else upload.id
        failed = Submission(id=name, documents=(), problems=(message,))
        return Screening(
            fingerprint=screener.fingerprint,
            calibration=screener.calibration,
            rubric=RubricRecord(id=screener.rubric.id, sha256=screener._rubric_sha256, title=screener.rubric.title),
            submission=SubmissionRecord(id=name, documents=()),
            requirements=_problems(failed),
            coverage=coverage_check.check(failed, (), screener.rubric, (), screener._thresholds),
            completion=completion_check.not_screened(name),
            masked=settings.mask_names,
        )


def screen_batch(
    paths: Sequence[str | Path], settings: Settings, *, jobs: int = 1, journal: str | Path | None = None
) -> Iterator[tuple[int, Screening]]:
    """Screen every submission under the paths, one after the other or in several processes.

    Args:
        paths: Submission folders, .zip files, folders of submissions, LMS exports.
        settings: What to screen with.
        jobs: Processes. Each loads the encoder for itself.
        journal: Folder in which each screening is kept as soon as it is done, and from which those are taken that were done
            before with the same files, rubric, model and settings.

    Yields:
        The number of submissions in all, and the next screening, in the order of the uploads.

    Raises:
        InputError: When a path does not exist, or the journal cannot be written.
        McscreenError: When the rubric or the encoder cannot be used.
    """
    uploads = find_uploads([Path(p) for p in paths])
    kept = nullcontext(None) if journal is None or not uploads else Journal.open(Path(journal), _screener(settings).fingerprint)
    workers = min(jobs, len(uploads), 2 * (os.cpu_count() or 1))
    with kept as records:
        if workers <= 1:
            for upload in uploads:
                key, done = _recalled(upload, settings, records)
                yield len(uploads), done or _recorded(key, screen_one(upload, settings), records)
            return
        load_rubric(settings.rubric)
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            running: deque[tuple[str, Screening | None, Future[Screening] | None]] = deque()
            for upload in uploads:
                key, done = _recalled(upload, settings, records)
                running.append((key, done, None if done else pool.submit(screen_one, upload, settings)))
                if len(running) > 4 * workers:  # so that memory stays flat however long the batch is
                    yield len(uploads), _awaited(*running.popleft(), records)
            while running:
                yield len(uploads), _awaited(*running.popleft(), records)


def _recalled(upload: Upload, settings: Settings, records: Journal | None) -> tuple[str, Screening | None]:
    """The key of an upload, and its screening if the journal has it."""
    if records is None:
        return "", None
    try:
        with open_upload(upload, settings.limits) as opened:
            left = [f"{f.name}:{f.unread.status}" for f in opened.files if f.unread]
            files = [(f.name, f.path) for f in opened.files if f.unread is None]
            key = submission_key(upload.id, files, [*map(repr, opened.declared), *opened.problems, *left])
    except Exception:  # screening it will tell what is wrong
        return "", None
    return key, records.get(key)


def _recorded(key: str, screening: Screening, records: Journal | None) -> Screening:
    # What a busy machine may have caused is not kept: it is tried again with the next run.
    passing = not screening.submission.documents or any(d.status in ("timeout", "crashed") for d in screening.submission.documents)
    if records is not None and key and not passing:
        records.put(key, screening)
    return screening


def _awaited(key: str, done: Screening | None, future: Future[Screening] | None, records: Journal | None) -> Screening:
    if done is not None or future is None:
        assert done is not None
        return done
    try:
        return _recorded(key, future.result(), records)
    except BrokenProcessPool:
        raise McscreenError(
            "a process that screens was ended from outside, perhaps for want of memory; run again with fewer --jobs, what is done is kept"
        ) from None


_KEPT = 40
"""Submissions that are kept as read: an afternoon's batch, some megabytes."""


class _Reread(Mapping[str, Submission]):
    """Submissions of a batch, read again when they are asked for, so that a report over thousands holds few at a time.

    Shared passages and pages ask for the same ones, so those read last are kept.
    """

    def __init__(self, uploads: Sequence[Upload], settings: Settings) -> None:
        self._uploads = {masked_id(u.id) if settings.mask_names else u.id: u for u in uploads}
        self._settings = settings
        self._kept: OrderedDict[str, Submission] = OrderedDict()
        self._ordinary = wording_of(load_rubric(settings.rubric).rubric) if settings.mask_names else ()

    def __getitem__(self, name: str) -> Submission:
        if name not in self._kept:
            submission = _read(self._uploads[name], self._settings.limits, self._settings.ocr)
            self._kept[name] = masked(submission, self._settings.names, self._ordinary) if self._settings.mask_names else submission
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._uploads)

    def __len__(self) -> int:
        return len(self._uploads)


def texts_of(paths: Sequence[str | Path], settings: Settings) -> Mapping[str, Submission]:
    """The submissions under the paths by id, each read when it is asked for; masked where the settings say so.

    Raises:
        InputError: When a path does not exist.
    """
    return _Reread(find_uploads([Path(p) for p in paths]), settings)


def ids_of(paths: Sequence[str | Path], settings: Settings) -> dict[str, str]:
    """For each submission under the paths the id by which it is reported, and the one that its upload gives it.

    Raises:
        InputError: When a path does not exist.
    """
    return {masked_id(u.id) if settings.mask_names else u.id: u.id for u in find_uploads([Path(p) for p in paths])}


def text_of_file(path: str | Path, *, limits: Limits = DEFAULT_LIMITS, ocr: bool = False) -> str:
    """The text of one document.

    Raises:
        InputError: When the path does not exist, or the file could not be read.
    """
    return _document(path, limits, ocr).text


def _document(path: str | Path, limits: Limits, ocr: bool) -> Document:
    file = Path(path)
    if not file.exists():
        raise InputError(f"{path}: no such file")
    document = _readers(limits, ocr).read(file, file.name)
    if not document.readable:
        raise InputError(f"{path}: {document.status}: {document.reason}")
    return document


def passages_of(path: str | Path, *, limits: Limits = DEFAULT_LIMITS, ocr: bool = False) -> list[Passage]:
    """Sentences of one document with their places, as they would be searched.

    Raises:
        InputError: When the path does not exist, or the file could not be read.
    """
    document = _document(path, limits, ocr)
    return segment(document, 0, Section(0, ARTIFACT, 0, len(document.text), "assumed"))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
