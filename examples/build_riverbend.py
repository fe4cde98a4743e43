"""Writes examples/riverbend/, the invented submission that `mcscreen demo` screens.

The words stand here and not in the built files, so that a change of wording can be read in a diff. Everything is written
the same way each time: dates are fixed, archives are packed again with fixed times, and PDFs are not compressed, because
the bytes of a compressed stream depend on the zlib at hand. Needs the `dev` extra: python examples/build_riverbend.py [FOLDER]
"""

from __future__ import annotations

import io
import random
import re
import sys
import zipfile
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEN = datetime(2024, 5, 31, 9, 0, 0)
AUTHOR = "Odette Vance"

PASTED_QUESTION = (
    "What processes and procedures have you established to ensure that all staff members understand their responsibilities and are "
    "committed and entrusted in meeting each student’s needs. What worked, what did not and what would you do differently?"
)

# ("t", part's title), ("f", form line), ("q", pasted question), ("h", own heading), ("p", paragraph)
NARRATIVE: list[tuple[str, str]] = [
    ("t", "Part 1: Overview Narrative"),
    ("f", "Submitted by: Odette Vance, Principal, Riverbend Middle School"),
    ("h", "Who comes through our doors"),
    (
        "p",
        "Riverbend Middle School sits where the Sorrel River bends twice before the grain elevators, and 388 children in grades five to "
        "eight reach us on eleven buses. Almost a third of them changed address last year. When I took this job, somebody had left a note "
        "taped inside my desk drawer. It said, “They always leave.” I kept it. Much of what follows is an argument with that note.",
    ),
    ("h", "The Landing, and two friends for fifteen days"),
    (
        "p",
        "The first thing we built was the Landing. It is the old typing room beside the library, and Mr. Abernathy-Cole and two aides "
        "staff it from 7:20 until the last bus. A child doesn’t sign up for the Landing; a child is invited. Every second Thursday the "
        "grade teams lay their unit quizzes side by side and write down who is missing which skill. In October the grade six list had "
        "thirty-one names on it, nineteen of them stuck on the same thing, unlike denominators. Those nineteen got three short sessions a "
        "week in groups of four, with the same fraction strips their own teacher uses, and were quizzed again on day ten. Fourteen came "
        "off the list. The other five stayed, and each of them now has a one-page plan. Readers who are far ahead are on a list too: seven "
        "of them meet our librarian on Mondays to argue about court cases.",
    ),
    (
        "p",
        "New arrivals were the loneliest people in the building. I know because for one week in September I counted who sat alone at "
        "noon: sixteen children, eleven of whom had come since summer. So we began Ferry Pairs. Each newcomer is met at the bus by two "
        "eighth graders whom our counselor has trained, who share a class with them, and who stay with them for fifteen school days. The "
        "pair carries a card of small tasks: introduce three people, find out one thing the newcomer is good at, show which stairwell is "
        "slow. By March my count at noon was four.",
    ),
    (
        "p",
        "Emotional support matters a great deal to us as well. We are a caring school, and we make sure that everyone feels safe, seen and "
        "supported in all that they do. Our doors are always open.",
    ),
    ("h", "How adults know what is theirs"),
    ("q", PASTED_QUESTION),
    (
        "p",
        "In August every adult who draws a paycheck here, including Lou, who drives bus nine, and both cooks, receives a single sheet "
        "called My Twelve. On it are the names of twelve children, drawn so that nobody has only the easy ones, and the four things we "
        "owe each of them: know the way they get home, read the file, speak with the family before the third Friday, and raise a hand at "
        "team meeting when something is off. We go through the sheet line by line on the second workday, rehearse the family call in twos, "
        "and sign. On Wednesdays the grade teams open with ten minutes for the Twelves. A rotating chair writes down who will do what by "
        "when, and next week’s chair begins by reading that aloud.",
    ),
    (
        "p",
        "Signing a paper isn’t the same as being trusted, though. Four times a year we hold a Decision Night: I hand a real question and "
        "a real budget to a group of staff, and I have no vote. Last fall the question was what to do with the forty minutes after noon "
        "that nobody liked. Two aides, a math teacher and our secretary redrew the bell schedule and spent $1,400 on it, and I signed what "
        "they brought me, although I would have done it another way. Any adult may also spend up to sixty dollars on one of their Twelve "
        "without asking me. They only tell the office what it was for.",
    ),
    (
        "p",
        "The Wednesday ten minutes worked. Of our fifty-two adults, forty-six had made all twelve family calls by the third Friday, against "
        "twenty the year before, and teachers say that hearing last week’s promises read aloud is what did it. My first version did not "
        "work at all. I had put the Twelves into a shared spreadsheet with eleven columns, and by November it was a graveyard: half the "
        "cells were empty, and nobody had ever given the cooks a login. If I were starting over, I would begin on paper, let the support "
        "staff draft the sheet before any teacher saw it, and hand out the names in June, so that the summer could be used for visits.",
    ),
    ("h", "A forty-foot rope"),
    (
        "p",
        "Outside the gym hangs the Waterline, forty feet of blue rope to which any child or adult may clip a card that says what somebody "
        "has achieved. “Great job” doesn’t count; the card has to name the thing. “Dariela rewrote her lab report four times.” In May the "
        "cards come down, and each child takes theirs home in an envelope. Every six weeks there is also Long Table. Thirty students, "
        "chosen by their teams for growth and not for marks, sit with their families while a teacher stands up and tells the story of the "
        "work. By spring sixty-two percent of our children had been at Long Table, and we keep the list so that it can become all of them.",
    ),
    (
        "p",
        "Good conduct is important at Riverbend too. Expectations are high and are posted everywhere, and we stay positive every day.",
    ),
    (
        "p",
        "Of all this the Waterline has been the most successful by far, and I think I know why. It is slow, it is public, and it belongs "
        "to the children: 1,140 cards went up between September and April, and two thirds of them were written by students. Raffle "
        "tickets, which we had tried first, held their shine for about eight days, because the same forty children won everything.",
    ),
    ("h", "Three Saturdays in the library"),
    (
        "p",
        "The plan began with a wall of paper. In April of last year twenty-six people met on three Saturdays: six students, five parents, "
        "two drivers, and the rest staff. On the first Saturday we only listened, while students read out forty anonymous answers to “When "
        "did you last feel that this place was for you?” On the second we sorted those answers into three promises: expect much, help in "
        "time, speak with respect. On the third, each promise got its strategies, an owner and a date, all on one page. The page went to "
        "the whole staff and to the student council, who struck out two items before anybody adopted it.",
    ),
    (
        "p",
        "As for checking on ourselves, we are going to set that up next year. I would like us to have a self-evaluation form that every "
        "team fills in each quarter, and I hope to find time for walkthroughs.",
    ),
    (
        "p",
        "Do I feel that we deliver better learning because of all this? I do, and not only for the children. In grade seven science, Ms. "
        "Ferreira-Moss lets each group choose which stretch of the river to test, and the reports have grown from one page to five. Our "
        "seventh-grade writing samples, scored by two teachers who can’t see the names, went from 41 to 58 percent at the standard or above "
        "it. Mr. Teague, our custodian, teaches a small-engine club, because a boy on his Twelve couldn’t stop talking about mowers; that "
        "boy was absent nineteen days the year before and four this year. And parents, who used to hear from us only when something was "
        "wrong, filled 210 of 240 places on conference night. The note is still in my drawer. It’s just that fewer of them leave.",
    ),
]

ROWS_HEAD = ("EO detail", "Artifact", "Where to look", "How it demonstrates the outcome")
ROWS: list[tuple[str, str, str, str]] = [
    (
        "1a Academic support",
        "Riverbend Family Handbook",
        "p. 2",
        "The invitation steps for the Landing and the day-ten check show that each child is helped with the one skill that a quiz found missing.",
    ),
    (
        "1b Social support",
        "Ferry_Pairs_Training.vtt",
        "0:34 to 0:58",
        "Our counselor teaches the eighth graders what to do on a newcomer’s first morning, and a student says why she volunteered.",
    ),
    (
        "1c Emotional support",
        "Quiet Porch Log.docx",
        "p. 1",
        "The log counts visits to the counselor’s porch by week, with what the child asked for and who followed up the next day.",
    ),
    (
        "1d Physical support",
        "Riverbend Family Handbook",
        "page 4",
        "The page sets out the nurse’s hours, the open snack shelf, movement breaks and the care plans for asthma and seizures.",
    ),
    (
        "2a Staff understand their responsibilities",
        "August Workdays",
        "slide 2",
        "The slide is the one that every adult signs under: the four things owed to each of their twelve children.",
    ),
    (
        "2b Staff are entrusted",
        "Decision Night Sign-In",
        "p. 1",
        "The sheet names the aides, the teacher and the secretary who held the vote and the budget that evening, without me.",
    ),
    (
        "3a Celebrate achievement",
        "Riverbend Family Handbook",
        "p. 11",
        "The calendar of Long Table evenings and the rules of the Waterline show that growth is recognized in public all year.",
    ),
    ("3b Positive behavior", "Riverbend Tallies", "sheet Office visits, rows 2-10", "See table."),
    (
        "4a Plan with strategies and timelines",
        "August Workdays",
        "slide 3",
        "Each of the three promises has its strategies, an owner and a month, agreed on by students, parents, drivers and staff.",
    ),
]

REFLECTION_TITLE = "Part 3: Reflection and Application"
REFLECTION: list[tuple[str, str]] = [
    ("h", "What I carried out of this year"),
    (
        "p",
        "I used to think that a student-centered school was a kind school. Now I think that it is a school that notices quickly. Those are "
        "different things, and learning the difference has cost me some pride.",
    ),
    (
        "p",
        "My clearest example is a boy I’ll call Wendell. He came in November, from his third school in two years, and nothing in his file "
        "said that he could hardly hear on the left. His group in the Landing found it in nine days, because at a table of four somebody "
        "sees who turns his head. We moved his seat, the district sent an audiologist, and by February he had passed two quizzes that he "
        "had been failing. His Ferry Pair hadn’t waited for us. They had already learned to walk on his right.",
    ),
    (
        "p",
        "The adults taught me most. When I gave the afternoon schedule to a group that I was not part of, I lay awake. Mrs. Kowalczyk-Bright, "
        "our secretary, chaired it. In December she told me, “In nineteen years nobody here ever asked me what I thought children needed.” "
        "I have thought about that sentence nearly every day. Since then drivers, cooks and secretaries have each had their Twelve, and it "
        "was Lou, at the wheel of bus nine, who told us that nobody was meeting one of our girls at her stop anymore.",
    ),
    (
        "p",
        "Recognition went wrong before it went right. At our first Long Table a father asked me, very politely, why neither of his sons had "
        "been invited. I went back to the list that night. Of the ninety students honored so far, eleven came from the courts along Mill "
        "Road, where nearly a third of our children live. We changed the nominations that same week: teams now begin with the children who "
        "haven’t been called yet. By April the share was thirty-one percent.",
    ),
    (
        "p",
        "Our plan has helped us to stay focused on our goals. Everyone has worked hard on it, and I’m proud of what we did together.",
    ),
    ("h", "What it did to me"),
    (
        "p",
        "I have had to admit that I read children by their houses. I had assumed that families who didn’t pick up the phone didn’t care. "
        "Then I rode bus four to the end of its route and learned that there is no signal past the quarry. Before I decide anything about a "
        "family now, I ask what would have to be true for their choice to make sense, and I’ve needed the question more often than I like. I "
        "talk less in meetings. I also keep a pencil tally of whom I greet by name in the corridor. In the first week it was mostly girls who "
        "would have been greeted by anybody.",
    ),
    (
        "p",
        "One card on the Waterline was about me. A sixth grader had written, “Ms. Vance asked me two times.” I keep it with the note in my "
        "drawer.",
    ),
    ("h", "Next"),
    (
        "p",
        "In June I’ll give out the names, so that nobody’s August begins with strangers. I will ride every bus route once before October. A "
        "parent is going to chair the plan team, and twice a year the student council will go through the list of what I decided and "
        "mark which decisions were made for the comfort of adults. I expect to mind. I intend to publish their list anyway, on the rope, where "
        "cards are supposed to name the thing.",
    ),
]

HANDBOOK: list[tuple[str, list[str]]] = [
    (
        "Riverbend Family Handbook",
        [
            "Riverbend Middle School, Kettle Landing. Grades 5 to 8. School year 2023-24.",
            "Dear families, this handbook is short on purpose. It tells you whom to call, what your child can count on, and what we would like "
            "to count on from you. If a page makes no sense, the page is wrong: tell us, and we will rewrite it.",
            "Contents: 2 The Landing. 3 Ferry Pairs, the Waterline and Long Table. 4 Staying well.",
        ],
    ),
    (
        "The Landing",
        [
            "Where: the room beside the library. When: 7:20 to 8:05, during Block 4, and after school until the last bus.",
            "1. Every second Thursday your child’s team compares unit quizzes and notes which skill each child is missing.",
            "2. An invitation goes home on Friday. It names the skill, the group and the adult, and asks for your answer by text.",
            "3. Groups of no more than four meet three times a week and use the classroom’s own materials.",
            "4. On day ten there is a check of five questions. Children who have the skill leave the group; for the others we write a one-page "
            "plan with you.",
        ],
    ),
    (
        "Arriving, and being seen",
        [
            "Ferry Pairs: two trained eighth graders meet every new student at the bus and stay close for fifteen school days.",
            "The Waterline: anyone may clip a card to the rope outside the gym. Name the person, and name what they did. Cards go home in May.",
            "Long Table: six evenings a year, at 5:30 in the library. Teams invite thirty students each time for the distance they have come. "
            "October 5, November 16, January 18, February 29, April 11, May 23.",
        ],
    ),
    (
        "Staying well",
        [
            "Nurse Adeyemi-Hart is in Room 4 from 8:00 to 2:30. She keeps a written care plan for every child with asthma, seizures, diabetes or "
            "a serious allergy, and goes over it with the child’s teachers and driver each August.",
            "The snack shelf by the office is open all day. Nobody signs for anything, and nobody is asked why.",
            "Every block of more than fifty minutes has a movement break. Children who need more have a standing desk or a walking pass.",
            "Boots, coats and glasses: ask any adult. We have a fund, and a driver who knows every shop in town.",
        ],
    ),
]

SLIDES: list[tuple[str, list[str]]] = [
    ("August Workdays", ["Riverbend Middle School", "Two days, fifty-two adults, one sheet of paper"]),
    (
        "My Twelve: what I owe each child",
        [
            "Know the way they get home",
            "Read the file before the first bell of the year",
            "Speak with the family before the third Friday",
            "Raise a hand at Wednesday’s team meeting when something is off",
            "Signed by every adult: teachers, aides, cooks, drivers, office",
        ],
    ),
    ("One page, three promises", []),
    (
        "Decision Nights",
        [
            "The group gets the question, the budget and the vote",
            "The principal may speak once and doesn’t vote",
            "Sixty dollars a child: spend it, then tell the office",
        ],
    ),
]
PROMISES = [
    ("Promise", "Strategies", "Owner", "By"),
    ("Expect much", "River projects; two-reader writing scores", "Ms. Ferreira-Moss", "November"),
    ("Help in time", "Landing lists every second Thursday", "Mr. Abernathy-Cole", "September"),
    ("Speak with respect", "Ferry Pairs; calls before complaints", "Mrs. Kowalczyk-Bright", "January"),
]

OFFICE_VISITS = [
    ("Month", "Visits 2022-23", "Visits 2023-24", "Of these, repeat visits"),
    ("September", 61, 58, 21),
    ("October", 74, 60, 19),
    ("November", 70, 49, 17),
    ("December", 52, 33, 11),
    ("January", 66, 41, 12),
    ("February", 71, 40, 9),
    ("March", 80, 37, 10),
    ("April", 77, 31, 7),
    ("May", 69, 30, 6),
]
PULSE = [
    ("Statement", "Fall", "Winter", "Spring"),
    ("An adult here would notice if I was gone", 0.54, 0.61, 0.72),
    ("I know what I have to learn next", 0.48, 0.55, 0.63),
    ("Somebody here has named something I did well", 0.39, 0.66, 0.81),
    ("Adults here speak to us with respect", 0.57, 0.59, 0.64),
]

CAPTIONS = [
    (3, 12, "Counselor", "Welcome, Ferry crew. You have fifteen days with one person, so let’s start with the first morning."),
    (13, 22, "Counselor", "Get to the bus before the door opens. Say your name first. Then ask for theirs, and say it back."),
    (34, 44, "Counselor", "Don’t tour the whole building. Show three places: the room, the table, and somebody who is funny."),
    (45, 58, "Student", "I volunteered because on my first day I stood behind the vending machine so nobody would see I was alone."),
    (63, 74, "Counselor", "On day five, ask what they’re good at. On day fifteen, ask who else they’d like to sit with."),
]

SIGN_IN = ["D. Kowalczyk-Bright", "L. Pruitt", "S. Teague", "A. Nakashima", "R. Obuya", "M. Ferreira-Moss"]


def own_words(paragraphs: list[tuple[str, str]]) -> int:
    """Words of the writer, own headings too: no part's title, no form line, no pasted question."""
    return sum(len(text.split()) for kind, text in paragraphs if kind in "ph")


def build(folder: Path) -> list[Path]:
    """Write the submission into a folder, which is made if need be; the files that were written, sorted."""
    artifacts = folder / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    files = {
        folder / "Part 1 Narrative.docx": narrative(),
        folder / "Part 2 Self-Analysis.docx": self_analysis(),
        folder / "Part 3 Reflection.pdf": pdf([(REFLECTION_TITLE, REFLECTION)], "Part 3 Reflection"),
        artifacts / "Riverbend_Family_Handbook.pdf": pdf([(t, [("p", x) for x in ps]) for t, ps in HANDBOOK], "Riverbend Family Handbook"),
        artifacts / "August_Workdays.pptx": slides(),
        artifacts / "Riverbend_Tallies.xlsx": workbook(),
        artifacts / "Ferry_Pairs_Training.vtt": captions(),
        artifacts / "Decision_Night_Sign-In.pdf": scan(),
    }
    for path, content in files.items():
        path.write_bytes(content)
    return sorted(files)


def narrative() -> bytes:
    """Part 1 as DOCX."""
    from docx import Document

    document = Document()
    for kind, text in NARRATIVE:
        if kind in "th":
            document.add_heading(text, 0 if kind == "t" else 2)
        else:
            document.add_paragraph().add_run(text).italic = kind == "q"
    return _docx(document)


def self_analysis() -> bytes:
    """Part 2 as DOCX: a line of text and the table."""
    from docx import Document

    document = Document()
    document.add_heading("Part 2: Evidence Self-Analysis", 1)
    document.add_paragraph("One line for each detail. All files are in the folder “artifacts”.")
    table = document.add_table(rows=0, cols=4)
    table.style = "Table Grid"
    for row in [ROWS_HEAD, *ROWS]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    return _docx(document)


def _docx(document) -> bytes:
    core = document.core_properties
    core.author = core.last_modified_by = AUTHOR
    core.created = core.modified = WHEN
    core.comments, core.revision = "", 1
    data = io.BytesIO()
    document.save(data)
    return packed_again(data.getvalue())


def slides() -> bytes:
    """A presentation of four slides, the third with a table."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    for n, (title, lines) in enumerate(SLIDES):
        slide = deck.slides.add_slide(deck.slide_layouts[0 if n == 0 else 1 if lines else 5])
        slide.shapes.title.text = title
        if lines:
            slide.placeholders[1].text = "\n".join(lines)
        else:
            table = slide.shapes.add_table(len(PROMISES), 4, Inches(0.5), Inches(1.7), Inches(9), Inches(3)).table
            for r, row in enumerate(PROMISES):
                for c, text in enumerate(row):
                    table.cell(r, c).text = text
    core = deck.core_properties
    core.author = core.last_modified_by = AUTHOR
    core.title, core.revision = SLIDES[0][0], 1
    core.created = core.modified = WHEN
    data = io.BytesIO()
    deck.save(data)
    return packed_again(data.getvalue())


def workbook() -> bytes:
    """Two sheets of figures."""
    from openpyxl import Workbook

    book = Workbook()
    first, second = book.active, book.create_sheet("Pulse survey")
    first.title = "Office visits"
    for sheet, rows in ((first, OFFICE_VISITS), (second, PULSE)):
        for row in rows:
            sheet.append(row)
        sheet.column_dimensions["A"].width = 44
    for row in second.iter_rows(min_row=2, min_col=2):
        for cell in row:
            cell.number_format = "0%"
    book.properties.creator = AUTHOR
    book.properties.created = WHEN
    data = io.BytesIO()
    book.save(data)
    return packed_again(data.getvalue())


def captions() -> bytes:
    """A caption track; its video was left out by the candidate."""
    cues = [f"{_clock(start)} --> {_clock(end)}\n<v {who}>{text}\n" for start, end, who, text in CAPTIONS]
    return "\n".join(["WEBVTT\n", *cues]).encode()


def _clock(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}.000"


def pdf(pages: list[tuple[str, list[tuple[str, str]]]], title: str) -> bytes:
    """A PDF with each entry beginning a page of its own, headings in bold."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    body = ParagraphStyle("body", fontName="Times-Roman", fontSize=11.5, leading=15, spaceAfter=8)
    head = ParagraphStyle("head", fontName="Helvetica-Bold", fontSize=13, leading=18, spaceBefore=8, spaceAfter=4)
    top = ParagraphStyle("top", fontName="Helvetica-Bold", fontSize=17, leading=24, spaceAfter=10)
    story: list = []
    for n, (page_title, paragraphs) in enumerate(pages):
        story += [PageBreak()] if n else []
        story.append(Paragraph(page_title, top))
        story += [Paragraph(text, head if kind == "h" else body) for kind, text in paragraphs]
    data = io.BytesIO()
    SimpleDocTemplate(data, pagesize=(612, 792), title=title, author=AUTHOR, invariant=1, pageCompression=0).build(story)
    return data.getvalue()


def scan() -> bytes:
    """One page that is only a picture: a sign-in sheet, a little askew, with specks and pen strokes."""
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    chance = random.Random(1909)
    page = Image.new("L", (850, 1100), 250)
    draw = ImageDraw.Draw(page)
    draw.text((90, 90), "Decision Night  -  sign-in", font=ImageFont.load_default(40), fill=30)
    draw.text((90, 150), "November 9   question: the forty minutes after noon   budget $1,400", font=ImageFont.load_default(20), fill=60)
    for n, name in enumerate(SIGN_IN):
        y = 250 + 90 * n
        draw.line((90, y + 40, 760, y + 40), fill=120, width=2)
        draw.text((100, y), name, font=ImageFont.load_default(26), fill=50)
        pen = [(470 + 9 * i, y + 22 + chance.randint(-16, 14)) for i in range(chance.randint(14, 26))]
        draw.line(pen, fill=40, width=3, joint="curve")
    for _ in range(240):
        x, y = chance.randrange(850), chance.randrange(1100)
        draw.ellipse((x, y, x + 1, y + 1), fill=chance.randint(120, 200))
    page = page.rotate(0.9, fillcolor=250).quantize(8).convert("L")
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=(612, 792), invariant=1)
    canvas.setTitle("")
    canvas.drawImage(ImageReader(page), 0, 0, 612, 792)
    canvas.save()
    return data.getvalue()


def packed_again(content: bytes) -> bytes:
    """The same archive with fixed times, so that equal contents are equal bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            member = old.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the time of saving
                member = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + WHEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), member)
            info = zipfile.ZipInfo(name, WHEN.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o644 << 16
            new.writestr(info, member, compresslevel=9)
    return data.getvalue()


if __name__ == "__main__":
    for written in build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "riverbend"):
        print(written)
    print(f"Part 1: {own_words(NARRATIVE)} words, Part 3: {own_words(REFLECTION)} words")
