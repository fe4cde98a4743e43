"""From uploads to screenings: the only place where the stages meet.

    intake -> extractors -> parts -> prompts -> segmenter -> matchers -> checks -> Screening

Each stage is a plain function over frozen values, so this module reads top to bottom as the order of work. A `Screener`
holds what is costly to set up (the encoder, the rubric's vectors), loads it with the first submission and is used for many;
`screen_one` does the whole job for one upload and takes and returns only what pickles, so that any process pool or cluster can run it.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen.checks import CHECKS
from mcscreen.checks import citations as citations_check
from mcscreen.checks import completion as completion_check
from mcscreen.checks import coverage as coverage_check
from mcscreen.checks import notices as notices_check
from mcscreen.checks import trace as trace_check
from mcscreen.document import Document
from mcscreen.errors import InputError, ModelError, RubricError
from mcscreen.facts import facts_of, fingerprint, scores_fingerprint
from mcscreen.heads import RECIPE
from mcscreen.intake import OpenedUpload, Upload, find_uploads, open_upload
from mcscreen.isolation import OutOfTime, Readers, deadline
from mcscreen.judging import judged_anew
from mcscreen.language import english, recogniser
from mcscreen.limits import DEFAULT_LIMITS, Limits
from mcscreen.masking import masked, masked_id
from mcscreen.matchers import DEFAULT_ENCODER, ExamplesFinder, check_knowledge, finders_of, load_encoder, support_of
from mcscreen.model import Model, Thresholds, load_model
from mcscreen.overlaps import wording_of
from mcscreen.parts import Span, assign_parts, find_prompts, own_words
from mcscreen.portfolio import read_rows
from mcscreen.private_files import NotWritten
from mcscreen.profiles import reflection_of
from mcscreen.reflection.labels import Labeller, checked_labels, load_labeller
from mcscreen.reliability import scorer_of
from mcscreen.results import Coverage, Reflection, Requirement, RubricRecord, Screening, SubmissionRecord, WordCount
from mcscreen.rubric import Rubric
from mcscreen.rubric_files import RubricFolder, load_rubric_folder
from mcscreen.segmenter import segment
from mcscreen.shipped import shipped
from mcscreen.submission import ARTIFACT, Passage, Section, Submission

if TYPE_CHECKING:
    from mcscreen.authoring import FacetReview, LintRemark

__all__ = [
    "Screener",
    "Settings",
    "check_rubric",
    "exemplars_of",
    "import_rubric",
    "list_rubrics",
    "load_rubric",
    "load_submission",
    "passages_of",
    "read_upload",
    "screen_one",
    "screener_of",
    "start_reading",
    "stop_reading",
    "text_of_file",
]

_log = logging.getLogger("mcscreen")


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
    from mcscreen.authoring import lint

    folder = load_rubric(path)
    return lint(folder.rubric, folder.exemplars)


def exemplars_of(name: str | Path, encoder: str = DEFAULT_ENCODER) -> tuple[RubricFolder, list[FacetReview]]:
    """A rubric and a review of the exemplars of each of its facets.

    Raises:
        RubricError: When the rubric cannot be used.
        ModelError: When the encoder cannot be used.
    """
    from mcscreen.authoring import review_exemplars

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
    from mcscreen.authoring import import_page, to_toml

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
    """Screens submissions against one rubric. Files are checked at once; models are loaded with the first submission, or by `load`.

    Args:
        rubric: As `load_rubric` gives it, or what `load_rubric` takes.
        encoder: Name or path of the encoder.
        ocr: Whether scanned pages are read with tesseract, where it is installed.
        limits: Bounds for reading one file.
        mask_names: Whether names are masked in each submission before anything else is done with it.
        names: Names of people and schools to mask whether they are recognised or not.

    Attributes:
        rubric: The rubric in use.
        facts: Versions, weights, thresholds, rubric and settings: all that the result depends on beside the files.
        fingerprint: Hash of the facts.
        scores_fingerprint: Hash of the facts but the thresholds: where it is equal, only statuses and what follows from them differ.

    Raises:
        RubricError: When the rubric cannot be used.
        ModelError: When the encoder cannot be used; from `screen` and `load`, when it cannot be loaded.
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
        self._folder, self._rubric_sha256 = folder, folder.sha256
        self._ocr, self._limits = ocr, limits
        self._masks, self._names = mask_names, tuple(names) if mask_names else ()
        self._encoder = load_encoder(encoder)
        model = load_model(shipped("models") / DEFAULT_ENCODER)
        card = folder.reliability
        if card is not None and not card.belongs_to(folder.sha256, scorer_of(self._encoder.fingerprint, model, RECIPE)):
            card = None
        own = card.thresholds if card else None
        self._thresholds: dict[str, Thresholds] = {basis: own or c.thresholds for basis, c in model.bases.items()}
        check_knowledge(self._encoder)
        self._support = support_of(self._encoder)
        # Labels are known for the encoder that they were fitted for.
        self._labels = checked_labels(self._encoder) if Path(self._encoder.name).name == DEFAULT_ENCODER else None
        self.calibration = _stamp(model, folder, encoder) + (f"; {card.stamp}" if card else "")
        self.facts = facts_of(
            rubric=folder.sha256,
            encoder=self._encoder,
            support=self._support,
            labels=self._labels,
            model=model,
            thresholds=self._thresholds,
            calibration=self.calibration,
            ocr=ocr,
            limits=limits,
            names=self._names if mask_names else None,
        )
        self.fingerprint = fingerprint(self.facts)
        self.scores_fingerprint = scores_fingerprint(self.facts)

    @cached_property
    def _finders(self) -> dict[str, ExamplesFinder]:
        return finders_of(self._folder, self._encoder)

    @cached_property
    def _labeller(self) -> Labeller | None:
        return load_labeller(self._encoder) if self._labels else None

    def is_current(self, rubric: str | Path) -> bool:
        """Whether a rubric's files are still as this screener read them.

        Raises:
            RubricError: When they are no longer valid.
        """
        folder = load_rubric(rubric)
        return (folder.sha256, folder.reliability) == (self._folder.sha256, self._folder.reliability)

    def load(self) -> None:
        """Load what belongs to the rubric; what has to be learned from its examples first is learned, and kept for other processes.

        Encoders and the pipeline for English are opened when the first text reaches them.

        Raises:
            ModelError: When a file cannot be loaded.
        """
        _ = self._finders, self._labeller

    def _open_pipelines(self) -> None:
        if self.rubric.part_of_kind("reflection"):
            english()
        if self._masks:
            recogniser()

    def screen(self, submission: Submission | str | Path) -> Screening:
        """Screen one submission.

        Args:
            submission: As `load_submission` gives it, or a path to read. Offsets in the screening are those of `masked(submission)`
                where names are masked.

        Raises:
            InputError: When a path does not exist or holds several submissions.
        """
        if not isinstance(submission, Submission):
            _readers(self._limits, self._ocr)  # they start while the rest is loaded
            self.load()
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
        sentences = _sentences(submission, sections, prompts, rubric)
        matches = [m for part, finder in self._finders.items() for m in finder.find(sentences[part], submission.documents)]
        coverage = coverage_check.check(submission, sections, rubric, matches, self._thresholds)
        citations = citations_check.check(submission, sections, rows, rubric, self._support)
        return Screening(
            fingerprint=self.fingerprint,
            calibration=self.calibration,
            rubric=RubricRecord(id=rubric.id, sha256=self._rubric_sha256, title=rubric.title),
            submission=SubmissionRecord.of(submission, sections),
            words=counts,
            requirements=requirements,
            coverage=coverage,
            citations=citations,
            completion=completion_check.check(requirements, citations, counts, submission, sections, rubric),
            trace=trace_check.check(rubric, coverage, citations),
            notices=notices_check.check(submission, sections, citations, rubric),
            reflection=self._reflection(submission, sentences, coverage),
            masked=self._masks,
        )

    def judged_anew(self, screening: Screening) -> Screening:
        """What `screen` gives for a submission, from what a screener of the same `scores_fingerprint` gave; nothing is read or encoded."""
        return judged_anew(screening, self.rubric, self._thresholds, self.fingerprint, self.calibration)

    def _reflection(self, submission: Submission, sentences: Mapping[str, Sequence[Passage]], coverage: Sequence[Coverage]) -> Reflection:
        part = self.rubric.part_of_kind("reflection")
        if self._labeller is None or part is None:
            return Reflection()
        return reflection_of(sentences[part.id], submission.documents, self._labeller, self.rubric, coverage)


def _stamp(model: Model, folder: RubricFolder, encoder: str) -> str:
    """What the scores rest on, in words."""
    if encoder != DEFAULT_ENCODER:
        return f"uncalibrated: the calibration belongs to the encoder {DEFAULT_ENCODER}, not to {Path(encoder).name}"
    if not folder.exemplars and not folder.marked:
        return "uncalibrated: this rubric has no exemplars, so only the wording of each ask and look-alikes in other rubrics are known"
    if not folder.marked:
        return "uncalibrated: the calibration was made for another rubric"
    return model.calibration


def _spans(prompts: Sequence[Span]) -> list[tuple[int, int]]:
    return [(p.start, p.end) for p in prompts]


def _prompts(submission: Submission, sections: Sequence[Section], rubric: Rubric) -> dict[Section, tuple[Span, ...]]:
    return {s: () if s.part == ARTIFACT else find_prompts(submission.documents[s.document], s, rubric) for s in sections}


def _sentences(
    submission: Submission, sections: Sequence[Section], prompts: dict[Section, tuple[Span, ...]], rubric: Rubric
) -> dict[str, list[Passage]]:
    """The candidate's own sentences of each part that is written text: part id -> sentences in order."""
    return {
        part.id: [
            sentence
            for section in sections
            if section.part == part.id and submission.documents[section.document].readable
            for sentence in segment(submission.documents[section.document], section.document, section, _spans(prompts[section]))
        ]
        for part in rubric.parts
        if part.facets or part.kind == "reflection"
    }


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


_screeners: OrderedDict[Settings, Screener] = OrderedDict()
_making = threading.Lock()
_MOST_SCREENERS = 2


def screener_of(settings: Settings, *, current: bool = False) -> Screener:
    """The screener of these settings, kept for this process.

    Args:
        settings: What to screen with.
        current: Whether the files of the rubric are looked at, and a screener of what they held before is replaced. A batch does so
            at its beginning, and not while it runs.

    Raises:
        RubricError: When the rubric cannot be used.
        ModelError: When the encoder cannot be used.
    """
    with _making:
        kept = _screeners.get(settings)
        if kept is None or (current and not kept.is_current(settings.rubric)):
            kept = _screeners[settings] = _screener(settings)
        _screeners.move_to_end(settings)
        while len(_screeners) > _MOST_SCREENERS:
            _screeners.popitem(last=False)
        return kept


def _screener(settings: Settings) -> Screener:
    return Screener(
        settings.rubric,
        encoder=settings.encoder,
        ocr=settings.ocr,
        limits=settings.limits,
        mask_names=settings.mask_names,
        names=settings.names,
    )


def read_upload(upload: Upload, settings: Settings) -> Submission:
    """Read one upload with the limits and the OCR of the settings.

    Raises:
        InputError: When it cannot be opened.
    """
    return _read(upload, settings.limits, settings.ocr)


def start_reading(settings: Settings) -> None:
    """Start the children that read for these settings, where they do not run yet; they get ready while the caller does something else.

    Raises:
        McscreenError: When none can be started.
    """
    _readers(settings.limits, settings.ocr)


def stop_reading(settings: Settings) -> None:
    """End the children that read for these settings; what they are reading is given up."""
    _readers(settings.limits, settings.ocr).close()
    _readers.cache_clear()


def screen_one(upload: Upload, settings: Settings, read: Callable[[], Submission] | None = None) -> Screening:
    """Read and screen one upload; the set-up is kept for the next call in the same process.

    A submission that cannot be screened at all gives a screening that says so, because a batch must not end for one of
    its members.

    Args:
        upload: As `mcscreen.intake.find_uploads` gives it; it pickles, and names files that must be in reach where this runs.
        settings: What to screen with.
        read: Gives the upload as read, where somebody reads ahead.

    Raises:
        McscreenError: Only for the settings: a rubric or an encoder that cannot be used or loaded.
        NotWritten: When there is no room to unpack an archive.
    """
    screener = screener_of(settings)
    start_reading(settings)
    screener.load()  # what is wrong with a model is no submission's fault, and learning may take longer than a screening
    screener._open_pipelines()  # before its time runs: an import that is interrupted in the middle cannot be begun again
    submission = None
    try:
        submission = read() if read is not None else read_upload(upload, settings)
        with deadline(settings.limits.screening_seconds):
            return screener.screen(submission)
    except (NotWritten, RubricError, ModelError):  # neither is a full disk, and the next submission would meet it as well
        raise
    except Exception as error:  # whatever it is, the other submissions go on
        # The place in the code is logged and the exception's own text is not: it may quote the submission.
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(traceback.extract_tb(error.__traceback__)))
        identity = hashlib.sha256(upload.id.encode("utf-8", "replace")).hexdigest()[:12]
        _log.error("submission %s could not be screened: %s at %s", identity, type(error).__name__, where)
        message = f"this submission could not be screened ({type(error).__name__}); look at it by hand and report the log line"
        if isinstance(error, OutOfTime):
            message = "screening this submission takes too long; look at it by hand, or allow more with screening_seconds in --limits"
        name = masked_id(upload.id) if settings.mask_names else upload.id
        failed = Submission(id=name, documents=(), problems=(message,))
        # What was read is told, unless names are to be masked: they stand in names of files as well.
        documents = () if submission is None or settings.mask_names else submission.documents
        return Screening(
            fingerprint=screener.fingerprint,
            calibration=screener.calibration,
            rubric=RubricRecord(id=screener.rubric.id, sha256=screener._rubric_sha256, title=screener.rubric.title),
            submission=SubmissionRecord.of(replace(failed, documents=documents), ()),
            requirements=_problems(failed),
            coverage=coverage_check.check(failed, (), screener.rubric, (), screener._thresholds),
            completion=completion_check.not_screened(name),
            masked=settings.mask_names,
        )


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
