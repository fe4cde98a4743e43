"""Two short whole submissions, invented and written at test time, in shapes other than the shipped example's."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

QUESTION = (
    "What resources have you implemented to ensure targeted support for each student academically, socially, emotionally, and physically."
)

COMBINED: list[tuple[str, str]] = [
    ("h", "Part 1: Overview Questions"),
    ("q", QUESTION),
    (
        "p",
        "Pinhook School has two rooms and fifty-three pupils, and I teach in one of them. We bought a shelf of audio readers, and every pupil who reads below grade hears a "
        "chapter with me before ten. At recess the older girls run a rope ring that nobody may be turned away from.",
    ),
    (
        "p",
        "Our two aides each keep a ledger of the pupils who are theirs, and on Mondays they decide without me who sits where. Seating by ledger worked. The evening phone "
        "hour did not, because nobody called; I would trade it for a table at the feed store.",
    ),
    ("h", "Part 2: Evidence Self-Analysis"),
    ("p", "EO 1.1: see Reading Ledger p. 1, which shows what each pupil listened to and the words that were still missed on Friday."),
    ("p", "EO 1.2: see Staff Guide p. 1, which describes the rope ring and how a shy pupil is brought into it by name."),
    ("p", "EO 2.1: see Staff Guide p. 2, which shows the duties of each aide and the day on which both signed for them."),
    ("p", "EO 4.2: see Spring Survey p. 2, which compares what pupils said about the rooms in October and in April."),
    ("h", "Part 3: Reflection"),
    (
        "p",
        "I had always thought fairness meant one clock for everybody. In November I let Tobiah finish his sums standing at the window, and the room did not fall apart. What I "
        "had called restlessness was mine. Next year I will ask each pupil in the first week where in the room they think best.",
    ),
]
COMBINED_ROWS = {"EO1.academic": "ok", "EO1.social": "ok", "EO2.responsibilities": "ok", "EO4.monitoring": "artifact_missing"}


def combined_text(folder: Path) -> Path:
    """One ODT for all three parts, Part 2 in sentences, and a folder of PDF artifacts; the submission's folder."""
    from odf.opendocument import OpenDocumentText
    from odf.text import H, P

    submission = folder / "pinhook"
    (submission / "artifacts").mkdir(parents=True)
    document = OpenDocumentText()
    for kind, text in COMBINED:
        document.text.addElement(H(outlinelevel=1, text=text) if kind == "h" else P(text=text))
    document.save(str(submission / "Pinhook submission.odt"))
    pdf(
        submission / "artifacts" / "Reading_Ledger.pdf",
        ["Pupil 4, chapter 6: missed though, through, thought.", "Pupil 9, chapter 2: missed none."],
    )
    pdf(
        submission / "artifacts" / "Staff_Guide.pdf",
        ["The rope ring: say the new pupil's name before the rope turns.", "Duties of the aides, signed August 19: ledger, seats, gate."],
    )
    return submission


NARRATIVE_RTF = (
    "Part 1 Narrative",
    "Each homeroom at Calder Street has a repair bench: tools, a timer and one tutor who works on the week's missed problems with whoever signs the slate.",
    "The nurse and the cook now plan the week together, so that pupils with diabetes know on Monday what is served on Thursday.",
    "Staff meet on the first of the month to read their duties aloud and to swap them where that helps a pupil.",
)
ROWS_CSV = """EO detail,Artifact,Location,Explanation
1a Academic support,Bench Slate,p. 1,The slate lists who asked for which problem and when the tutor came back to it.
1d Physical support,Bench Slate,p. 6,The kitchen week names the carbohydrates of each meal for the pupils who count them.
3a Celebrate achievement,Bell List,,The list says for whom the brass bell was rung in spring and what each of them had finished.
"""
REFLECTION_MD = """# Part 3 Reflection

Ringing a bell for a finished thing, *any* finished thing, taught me how few finishings I used to see.

- In February a boy asked me to ring it for a letter to his father.
- I had walked past him for a term.

I will hand the rope to the pupils next year and keep a list of those for whom it has not been rung.
"""
OTHER_TXT = "Part 1 Narrative\n\nOur lunchroom had one loud hour. We made it two short ones, and the quiet table by the window filled up with readers.\n"


def canvas_export(folder: Path) -> Path:
    """A flat folder as Canvas exports it: two students, one with RTF, CSV, Markdown and a zip, one late with two texts."""
    export = folder / "submissions"
    export.mkdir(parents=True)
    body = "".join(rf"{{\pard {paragraph}\par}}" for paragraph in NARRATIVE_RTF)
    (export / "marlowejun_51234_880001_Part 1 Narrative.rtf").write_text(
        r"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}" + body + "}", encoding="ascii"
    )
    (export / "marlowejun_51234_880002_Part 2 Self-Analysis.csv").write_text(ROWS_CSV, encoding="utf-8")
    (export / "marlowejun_51234_880003_Part 3 Reflection.md").write_text(REFLECTION_MD, encoding="utf-8")
    with zipfile.ZipFile(export / "marlowejun_51234_880004_artifacts.zip", "w") as archive:
        archive.writestr("Bench_Slate.pdf", pdf_bytes(["March 4: Ono, problem 7, tutor back on March 6.", "March 11: Bea, problem 2."]))
        archive.writestr("Bell_List.txt", "April 2: rung for a finished canoe.\n")
    (export / "ostrowskilena_LATE_51240_880010_Part 1 Narrative.txt").write_text(OTHER_TXT, encoding="utf-8")
    (export / "ostrowskilena_LATE_51240_880011_Part 3 Reflection.txt").write_text(
        "I talk less and look longer. In autumn I will do it again.\n", encoding="utf-8"
    )
    return export


def pdf_bytes(pages: list[str]) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    data = io.BytesIO()
    canvas = Canvas(data, invariant=1)
    for text in pages:
        canvas.drawString(72, 720, text)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def pdf(path: Path, pages: list[str]) -> None:
    path.write_bytes(pdf_bytes(pages))
