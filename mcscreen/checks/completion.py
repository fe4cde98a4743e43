"""The completion gate: is anything open that must be mended before a person can assess the submission?

Counting and looking up only. It gathers what the other checks found (parts, words, documents, citations that do not
resolve, details without a row), leaves out everything about how well something is done, and says for each item where the
candidate mends it. An item is one of two kinds:

- `mend`: it is known that something is missing or cannot be opened by anybody (locked, damaged, not what its name says).
- `unchecked`: this tool could not read or tell it, and a person may well be able to. A scan or a film without captions is
  never a reason to return a submission; neither is a citation into one.

One thing is asked for once: without a self-analysis its missing rows are not listed, without artifacts neither are theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mcscreen.document import Document, Status
from mcscreen.inert import shorten, single_line
from mcscreen.portfolio.artifacts import resolve_artifact
from mcscreen.results import NOT_SCREENED, Citation, CitationStatus, Completion, CompletionItem, Requirement, WordCount
from mcscreen.rubric import Rubric
from mcscreen.submission import ARTIFACT, Section, Submission
from mcscreen.wording import DOCUMENT

__all__ = ["check", "not_screened"]

_SHUT: frozenset[Status] = frozenset({"encrypted", "corrupt", "mismatch"})
"""What nobody can open as it is."""

_OPEN_CITATIONS: frozenset[CitationStatus] = frozenset({"artifact_missing", "out_of_range", "no_locator", "no_explanation", "row_missing"})
_NAMES_SHOWN = 6
_WORDING = 100
"""Characters of a candidate's own wording that are repeated."""

_MESSAGE = 700


@dataclass(frozen=True, slots=True)
class _Case:
    """One submission, as the questions below need it."""

    submission: Submission
    sections: Sequence[Section]
    rubric: Rubric
    words: dict[str, WordCount]

    @property
    def own(self) -> frozenset[int]:
        """Documents of the candidate's own writing."""
        return frozenset(s.document for s in self.sections if s.part != ARTIFACT)

    def documents_of(self, part: str) -> list[Document]:
        return [self.submission.documents[n] for n in dict.fromkeys(s.document for s in self.sections if s.part == part)]

    def titles_of(self, document: Document) -> list[str]:
        """Titles of the written parts that a document stands for."""
        parts = {s.part for s in self.sections if self.submission.documents[s.document] is document}
        return [self.title(p.id) for p in self.rubric.parts if p.id in parts]

    def number(self, part: str) -> str:
        return next((f"Part {n}" for n, p in enumerate(self.rubric.parts, 1) if p.id == part), part)

    def title(self, part: str) -> str:
        title = next((p.title for p in self.rubric.parts if p.id == part), part)
        return title if title.casefold().startswith("part ") or title == part else f"{self.number(part)} ({title})"

    def self_analysis(self) -> str:
        parts = [p.id for p in self.rubric.parts if p.kind == "portfolio"]
        names = [self.called(d) for part in parts for d in self.documents_of(part)]
        return f"the self-analysis ({_listed(names)})" if names else "the self-analysis"

    def called(self, document: Document) -> str:
        """A document's name as its writer knows it: without folders, where no other has the same."""
        name = document.name.rpartition("/")[2]
        return name if sum(d.name.rpartition("/")[2] == name for d in self.submission.documents) == 1 else document.name


def check(
    requirements: Sequence[Requirement],
    citations: Sequence[Citation],
    words: Sequence[WordCount],
    submission: Submission,
    sections: Sequence[Section],
    rubric: Rubric,
) -> Completion:
    """Everything that is open, in the order documents, parts, words, rows of the self-analysis.

    Args:
        requirements: Lines of every check in `mcscreen.checks.CHECKS`, and problems of the upload.
        citations: As `mcscreen.checks.citations.check` gives them.
        words: Counts by part.
        submission: What was uploaded.
        sections: Which stretch of which document is which part.
        rubric: Names the parts and details.
    """
    case = _Case(submission, sections, rubric, {w.part: w for w in words})
    items = list(_documents(requirements, case))
    items += _parts(requirements, citations, case, {i.subject for i in items})
    items += _words(requirements, case, {i.subject for i in items})
    items += _rows(requirements, citations, case)
    status = "ready" if not items else "return" if any(i.kind == "mend" for i in items) else "unreadable"
    return Completion.model_validate({"status": status, "items": tuple(items)})


def not_screened(identifier: str) -> Completion:
    """The completion of a submission that could not be screened at all: nothing is known, so a person looks."""
    message = "This submission could not be screened, so nothing was checked."
    return Completion(status="unreadable", items=(_item(NOT_SCREENED, identifier, message, "Look at it by hand.", mend=False),))


def _item(check: str, subject: str, message: str, remedy: str, *, row: int | None = None, mend: bool = True) -> CompletionItem:
    message = shorten(message[:1].upper() + message[1:], _MESSAGE)
    return CompletionItem(check=check, subject=subject, row=row, message=message, remedy=remedy, kind="mend" if mend else "unchecked")


def _documents(requirements: Sequence[Requirement], case: _Case) -> Iterator[CompletionItem]:
    named = {d.name: d for d in case.submission.documents}
    told = set()
    for line in requirements:
        document = named.get(line.subject)
        if line.check == "documents_read" and line.status != "met" and document is not None:
            told.add(document.name)
            yield _document(document, case)
    for line in requirements:
        if line.check == "upload" and not any(line.message.startswith(f"{name}: ") for name in told):
            yield _item("upload", line.subject, line.message, "Upload again what is named here, as files in a plain folder or .zip.")


def _document(document: Document, case: _Case) -> CompletionItem:
    name, written = f"“{case.called(document)}”", case.titles_of(document)
    empty = document.status == "empty" and document.seconds is None
    mend = document.status in _SHUT or (empty and bool(written))
    message = f"{name} could not be read. {DOCUMENT[document.status].meaning}"
    if document.status == "partial":
        message = f"{name} could only be read in part: {document.reason or 'some of its text could not be read'}."
    elif document.seconds is not None and written:
        message = f"{name} stands for {' and '.join(written)}. It is a recording, and no text came with it."
    remedy = {
        "encrypted": f"Upload {name} again without the password.",
        "corrupt": f"Open {name} on your own device. If it opens there, save it under a new name and upload that copy; if it does not, "
        "upload an undamaged copy.",
        "mismatch": f"Save {name} again in the program that you wrote it with, or export it as PDF, and upload that copy.",
    }.get(document.status)
    if remedy is None and written:
        what = " and ".join(written)
        remedy = f"Upload the text of {what} as DOCX, or as a PDF in which the text can be selected."
        if empty:
            remedy = f"Open {name} to see whether your text of {what} is in it, and upload the file that holds it."
    if remedy is None:
        remedy = f"If {name} shows what it should when you open it, nothing has to be done: a person can look at it."
        if document.status in ("needs_ocr", "partial"):
            remedy += " A copy in which the text can be selected could also be searched."
        elif document.status != "empty":
            remedy += " A PDF or DOCX copy could also be searched."
    return _item("documents_read", document.name, message, remedy, mend=mend)


def _parts(requirements: Sequence[Requirement], citations: Sequence[Citation], case: _Case, told: set[str]) -> Iterator[CompletionItem]:
    known = {p.id for p in case.rubric.parts}
    for line in requirements:
        if line.check != "parts_present" or line.status == "met":
            continue
        title = case.title(line.subject)
        if line.status == "unchecked":
            placed = {s.document for s in case.sections}
            unplaced = [d for n, d in enumerate(case.submission.documents) if n not in placed and not d.readable]
            if not told & {case.submission.id, *(d.name for d in (*case.documents_of(line.subject), *unplaced))}:
                what = "Artifacts" if line.subject == ARTIFACT else title
                remedy = "Upload the text as DOCX or PDF if it is not among the files."
                yield _item(line.check, line.subject, f"{what}: {line.message}.", remedy, mend=False)
        elif line.subject == ARTIFACT:
            names = list(dict.fromkeys(c.artifact.strip() for c in citations if c.status == "artifact_missing" and c.artifact.strip()))
            cited = f": {_listed(names)}" if names else ""
            yield _item(line.check, ARTIFACT, "No artifacts were found in the upload.", f"Upload the artifacts that you cite{cited}.")
        elif line.subject in known:
            yield _item(
                line.check,
                line.subject,
                f"{title} was not found among the uploaded files.",
                f"Upload it as a file whose name begins with “{case.number(line.subject)}”, or, if it is in a file already, write "
                f"“{case.number(line.subject)}” as a heading above it.",
            )
        else:
            yield _item(line.check, line.subject, f"{line.message}.", "Correct the part's name in submission.toml.")


def _words(requirements: Sequence[Requirement], case: _Case, told: set[str]) -> Iterator[CompletionItem]:
    for line in requirements:
        count = case.words.get(line.subject)
        if line.check != "minimum_words" or line.status == "met":
            continue
        documents = case.documents_of(line.subject)
        names = [case.called(d) for d in documents]
        title = case.title(line.subject)
        if line.status == "flagged" and count is not None and count.minimum is not None:
            message = f"{title} has {count.own:,} words; at least {count.minimum:,} are asked for."
            remedy = f"Add at least {_some(count.minimum - count.own, 'word')} in {_listed(names)}."
            if count.raw != count.own:
                remedy += f" The count leaves out pasted questions and part titles; with them it is {count.raw:,}."
            if all(s.guessed for s in case.sections if s.part == line.subject):
                remedy += " If your text of this part is in another file, give that file or its heading the name of the part."
            yield _item(line.check, line.subject, message, remedy)
        elif documents and not told & {line.subject, *(d.name for d in documents)}:
            message = f"The words of {title} could not be counted: {line.message}."
            heading = f"Put “{case.number(line.subject)}” as a heading where this part begins in {_listed(names)}"
            yield _item(line.check, line.subject, message, f"{heading}, or upload it as a file of its own.", mend=False)


def _rows(requirements: Sequence[Requirement], citations: Sequence[Citation], case: _Case) -> Iterator[CompletionItem]:
    portfolio = {p.id for p in case.rubric.parts if p.kind == "portfolio"}
    missing = {r.subject for r in requirements if r.check == "parts_present" and r.status == "flagged"}
    texts = {d.id: d.text for d in case.rubric.details}
    strangers = [c.row for c in citations if c.facet is None and c.row is not None]
    if not portfolio:
        return
    for citation in citations:
        if citation.status not in _OPEN_CITATIONS:
            continue
        text = texts.get(citation.facet or "", "")
        subject = citation.facet or citation.detail
        if citation.status == "row_missing":
            if portfolio <= missing:
                continue
            where = case.self_analysis()
            remedy = f"Add a row for it to {where}: the artifact, the place in it, and a sentence or two on how it shows this."
            if strangers:
                numbers = _listed([str(n) for n in strangers], quoted=False)
                which = f"row {numbers} is" if len(strangers) == 1 else f"one of the rows {numbers} is"
                remedy += f" If {which} meant for it, write the detail's name in that row."
            yield _item(citation.status, subject, f"The self-analysis has no filled-in row for “{text}”.", remedy)
            continue
        if citation.status == "artifact_missing" and ARTIFACT in missing and citation.artifact.strip():
            continue
        written = shorten(single_line(citation.detail), _WORDING) or text
        message = f"Row {citation.row}" + (f" (“{written}”)" if written else "") + f": {_amiss(citation)}."
        yield _item(citation.status, subject, message, _row_remedy(citation, case), row=citation.row)


def _amiss(citation: Citation) -> str:
    if citation.status != "no_explanation":
        return citation.message
    if not any(c.isalnum() for c in citation.explanation):
        return "the explanation is empty"
    return "the explanation only points to the artifact or repeats the words of the row"


def _row_remedy(citation: Citation, case: _Case) -> str:
    where = f"in row {citation.row} of {case.self_analysis()}"
    document = _meant(citation, case)
    held = _places(document) if document else ""
    artifact = shorten(single_line(citation.artifact), _WORDING)
    file = f"“{case.called(document) if document else artifact}”"
    match citation.status:
        case "artifact_missing" if artifact:
            return f"Upload “{artifact}”, or write, {where}, the name of the uploaded file that you mean."
        case "artifact_missing":
            return f"Write, {where}, the name of the uploaded file that shows this, and the place in it."
        case "out_of_range":
            return f"Correct the place {where}" + (f": {file} has {held}." if held else f" to one that {file} has.")
        case "no_locator":
            return f"Write, {where}, the {_kind(document)} of {file} where this is shown" + (f" (it has {held})." if held else ".")
    return f"Write, {where}, a sentence or two on how the place that you cite in {file} shows this."


def _kind(document: Document | None) -> str:
    """What a place in a document is called."""
    if document is None:
        return "page, slide, heading or time"
    if document.seconds is not None:
        return "time"
    return {"page": "page", "slide": "slide", "sheet": "sheet and rows"}.get(document.page_kind or "", "heading or section")


def _meant(citation: Citation, case: _Case) -> Document | None:
    found = resolve_artifact(citation.artifact, case.submission.documents, case.own) if citation.artifact.strip() else ()
    return case.submission.documents[found[0].document] if found else None


def _places(document: Document) -> str:
    """Pages, slides or minutes that a document has; "" where the file does not fix any."""
    if document.seconds is not None:
        minutes, seconds = divmod(int(document.seconds), 60)
        return f"the times 0:00 to {minutes}:{seconds:02}"
    if document.page_kind == "sheet":
        return "the sheets " + _listed(list(dict.fromkeys(b.place.sheet for b in document.blocks if b.place.sheet)))
    count = document.pages or max((b.place.page or 0 for b in document.blocks), default=0)
    if not count:
        return ""
    unit = document.page_kind or "page"
    about = "about " if document.pages is None or any("estimated" in w for w in document.warnings) else ""
    if count == 1:
        return f"only {about}one {unit}"
    return f"about {count} {unit}s" if about else f"{unit}s 1 to {count}"


def _some(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str], *, quoted: bool = True) -> str:
    """“a”, “b” and “c”; the first few of many."""
    shown = [f"“{n}”" if quoted else n for n in names[:_NAMES_SHOWN]]
    if len(names) > len(shown):
        return f"{', '.join(shown)} and {len(names) - len(shown)} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "the upload"
