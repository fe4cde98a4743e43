"""Builds the example submission in `riverbend/`: an invented principal, an invented school, invented files.

    python examples/build_riverbend.py [FOLDER]

The files are committed, so this runs only when their text changes. It needs python-docx, python-pptx, openpyxl, reportlab
and Pillow. Everything that would differ from one run to the next (dates inside the files, times in the containers, ids) is
fixed, so that an unchanged text gives unchanged files. What is amiss in the submission is amiss on purpose; README.md lists it.
"""

from __future__ import annotations

import io
import random
import re
import sys
import zipfile
from pathlib import Path

PART_1: list[tuple[str, str]] = [
    ("title", "Overview questions"),
    ("plain", "Imelda Szarka, principal, Riverbend Middle School"),
    ("heading", "Where we are"),
    (
        "plain",
        "Riverbend Middle School sits between a grain elevator and the levee road, with 412 students in grades six to eight. Nearly a third of them "
        "change addresses during a school year because their parents follow barge and harvest work. When I became principal four years ago my "
        "predecessor left me a drawer of keys and a note that said, “Good kids. Nobody knows all of them.” I have treated the second sentence as my "
        "job description.",
    ),
    ("heading", "Nobody crosses alone"),
    (
        "plain",
        "Academic help comes first thing in the day, because by two o’clock half of our students are thinking about the ride home. Anchor Hour runs "
        "from 8:10 to 8:55, four mornings a week. Every student is placed by a short quarterly check in reading and mathematics, and placed again "
        "every five weeks. Mr. Abernathy takes the eleven who cannot yet read a paragraph aloud without stopping; Ms. Quintrell has a group that "
        "does nothing but fractions; students who are ahead run a surveying project with the county engineer. Last year 138 students began Anchor "
        "Hour two or more grades behind in reading. By May, 61 of them were within one grade.",
    ),
    (
        "plain",
        "For social support we use something the students named themselves: the ferry. A new student gets two ferry captains, eighth graders who "
        "applied, were interviewed by last year’s captains, and practiced with our counselor for three afternoons. They meet the newcomer at the "
        "door for ten days, sit at the same table, and introduce at least six people by name. On day eleven the three of them fill out a card with "
        "one question: whom would you call if you missed the bus? If the card stays blank, the crossing starts over. We ran 74 crossings last year "
        "and repeated nine.",
    ),
    (
        "plain",
        "Emotional support has a room and a routine. The room is the old darkroom beside the library, repainted by the art club and kept by "
        "Ms. Tallgrass, our social worker. Any student may go there for twelve minutes with a blue pass, and nobody asks why in front of others. "
        "The routine is the Thursday weather card: in advisory each student marks sun, cloud, rain or storm. Two storms in a row bring a talk with "
        "Ms. Tallgrass before the end of the next day. She saw 93 students that way between September and March.",
    ),
    ("heading", "Standing a watch"),
    (
        "plain",
        "What processes and procedures have you established to ensure that all staff members understand their responsibilities and are committed "
        "and entrusted in meeting each student’s needs. What worked, what did not and what would you do differently?",
    ),
    (
        "plain",
        "Each of our 47 adults, from the night custodian to the band director, stands a watch. A watch is a list of eight to ten students, drawn up "
        "in August in a meeting where we read every name aloud. The watch sheet says in three lines what this adult owes those students: greet them "
        "daily, know this quarter’s worry, and bring it to the tide check. The tide check is a twenty-minute meeting every second Tuesday, grade by "
        "grade. Ms. Okonjo, who runs the office, keeps the sheet and rings anybody whose line is empty. New hires shadow a watch for two weeks and "
        "then sign for their own.",
    ),
    (
        "plain",
        "Knowing a duty is not the same as being trusted with it, so every adult also holds three Yes Cards a year. A Yes Card lets its holder "
        "change a schedule, spend up to eighty dollars or call a family meeting without my signature; I learn of it afterwards from the ledger. "
        "Coach Vandermolen used one to move a boy’s whole timetable so that he could start the day in the same hallway as his brother. Fifty-two "
        "cards were played last year and I took none of them back.",
    ),
    (
        "plain",
        "What worked was the reading of names. It takes four hours and no one has ever asked to skip it. What did not work was my first version of "
        "the tide check, which lasted fifty minutes and turned into complaints about parents; by November people were bringing their grading. We "
        "cut it to twenty and now the next step stands on the board before anyone sits down. There are always things that one could do better.",
    ),
    ("heading", "Stones on the walk"),
    (
        "plain",
        "We celebrate on the walk between our two buildings. When a student reaches a goal that was written with the watch adult, he or she paints a "
        "river stone and sets it beside the path on Friday at 2:40, while the whole grade stands on the steps and somebody who knows the story tells "
        "it in under a minute. Goals are small enough to be reached: an essay turned in without a reminder, a solo played to the end, thirty days "
        "without an absence. There were 655 stones by June, and the map beside my desk shows the 23 students who have none. Those names went to the "
        "top of this fall’s watches.",
    ),
    (
        "plain",
        "Positive behavior is taught as the Four Lines: hold the door, lower the voice, ask before touching, fix what you broke. In the first nine "
        "days of August every class walks the building and rehearses each line where it belongs, on the stairs, at the lockers, in the band hall. "
        "Adults then carry a clicker, and the aim is five remarks on what went right for each correction. Office referrals fell from 611 to 287 in "
        "two years. All of these strategies have been very successful, and our students respond to them well.",
    ),
    ("heading", "Charting the channel"),
    (
        "plain",
        "Our plan is called the Channel Plan, and I did not write it. Nine people did: two students, two parents, a bus driver, three teachers and "
        "Ms. Okonjo, over five evenings in the spring of my second year. We began with 340 survey cards and sorted them on the gym floor until six "
        "heaps were left. Each heap became a promise, such as “every adult expects the same of every child” or “nobody is talked about who is not in "
        "the room.” A promise has an owner, a first step and a month. The draft was read to staff in April and to families at the fish fry in May, "
        "and eleven lines were changed.",
    ),
    (
        "plain",
        "To find out whether we do what the plan says, we hold Sounding Weeks in October, January and April. Staff score themselves on fourteen "
        "lines of the plan. In the same week pairs made of a teacher and a student visit classrooms and hallways with the same fourteen lines. We "
        "lay the two sheets side by side, and wherever they are two points apart the plan team chooses one repair and reports on it five weeks "
        "later. In January we gave ourselves a high mark for greeting, and the pairs recorded that 38 of 100 students had been passed without a "
        "word. We moved eleven adults to the doors. In April it was nine.",
    ),
    (
        "plain",
        "Yes, I believe that teaching and learning at Riverbend are better for all of us because of this work. In March, 118 of 131 eighth graders "
        "opened their own conference and explained two pieces of work they were not proud of and one that they were. Ms. Quintrell handed her "
        "Wednesday fractions hour to four students who plan it with her on Tuesdays. And the families of harvest workers, who used to come in for "
        "trouble only, filled two rows at the spring concert, because a captain had called each of them.",
    ),
]

PART_3: list[str] = [
    "I did this work during the strangest spring our school has had. The river stood in the lower parking lot for three weeks, the sixth grade moved "
    "into the gym, and everything we had written about knowing each child was tested in a room without walls. I came to the micro-credential thinking "
    "that I would document a culture. I ended up finding out where mine had holes.",
    "Targeted support became real to me through one boy. He arrived in October from two counties south, read at a third-grade level, and spoke to no "
    "one. The quarterly check put him into Mr. Abernathy’s group the next morning. Two captains crossed with him, and the card on day eleven was blank, "
    "so they did it again. In November he marked a storm two Thursdays running and Ms. Tallgrass found out that his father’s barge was overdue. By "
    "February he was reading the barge reports aloud to his captains. None of the three supports would have held him alone.",
    "The second outcome I saw in our night custodian, Mr. Petrosyan. He stands a watch of eight like everyone else. In January he noticed that a girl on "
    "his list was still in the building at six, three evenings in a row, and he spent a Yes Card to have her mother’s shift supervisor called. He told "
    "me on Monday. I had nothing to sign, and that was the point.",
    "We also celebrated achievement and positive behavior throughout the year, which is very important for the climate of a school.",
    "The Channel Plan was the frame for all of this. When the flood came, the nine of us met on the bleachers, crossed out two promises we could not keep "
    "in a gym, and moved the April Sounding Week to May with new owners for each line. The plan bent, and there was still a date and a name on everything.",
    "What I learned about evidence is mostly about speed. We used to look at numbers in June. Now staff rate themselves in each Sounding Week, the pairs "
    "observe with the same sheet, and whoever was observed gets a half page before the end of the next day: one thing that was seen, one thing to try, "
    "and the line of the research summary it comes from. After the January round the seventh-grade team compared its referrals by hour, found that half "
    "fell in the ten minutes before lunch, and changed the schedule within a week. Ms. Quintrell put it better than I can: “You used to tell me how I was "
    "doing when it was too late to do it.” An eighth grader wrote in May, “The pair saw me help somebody and said so. Nobody had ever written down "
    "something good that I did.”",
    "It changed me as well. I had thought of myself as fair because I treated everybody alike. The map of the stones showed me that the 23 students "
    "without one were mostly children who had come after September, whose parents I had not met, and several of whom I could not have picked out of a "
    "hallway. I had been fair to the children I could see. So I gave up two of my own meetings and took a watch of ten late arrivals, and I now ask in "
    "every discussion who is missing from the list before I ask what the list says.",
    "I intend to keep doing this in the future.",
]

ROWS: list[tuple[str, str, str, str]] = [
    (
        "1a. Targeted academic support for each student",
        "Riverbend Support Handbook",
        "pp. 1-2",
        "Page 1 explains how a student is placed in an Anchor Hour group by the quarterly check and moved every five weeks. Page 2 has the groups of this "
        "fall with their size and the skill that each works on.",
    ),
    (
        "1b. Targeted social support for each student",
        "Riverbend Support Handbook",
        "p. 3",
        "The ten days of a crossing, what the two captains do on each of them, and the card with the one question. The count of repeated crossings at the "
        "bottom shows that we look again when a child is still alone.",
    ),
    (
        "1c. Targeted emotional support for each student",
        "Riverbend Support Handbook",
        "p. 9",
        "This page has the rules of the darkroom and the weather card, with the promise that two storms bring a talk by the end of the next day.",
    ),
    (
        "2a. All staff understand their responsibilities",
        "Watch_Roster.xlsx",
        "sheet “Roster”, rows 2-9",
        "Eight of the forty-seven watches with names replaced. Each line gives the adult, the number of students, the three duties and the day on which the "
        "adult signed, cooks and drivers included.",
    ),
    (
        "2b. Staff are entrusted with meeting each student’s needs",
        "Yes_Card_Ledger",
        "p. 1",
        "The ledger lists the 52 cards that were played, who played them and for what. My signature is on none of them, which is how the cards are meant.",
    ),
    (
        "3a. Celebrate and recognize students’ achievement",
        "Friday_Walk_Captions.vtt",
        "0:14-0:52",
        "A teacher and a bus driver tell the stories of two stones while the grade listens from the steps. You hear what exactly each student did to earn it.",
    ),
    (
        "3b. Emphasize positive behavior",
        "Channel Plan Deck",
        "slide 3",
        "The Four Lines, where in the building each one is rehearsed in August, and the aim of five good remarks for each correction, with two years of "
        "referrals.",
    ),
    (
        "4a. Collaborative plan with strategies and implementation timelines",
        "Channel Plan Deck",
        "slides 1-2",
        "Who the nine writers were, the five evenings and the survey cards, and then the six promises with their owners, first steps and months.",
    ),
    (
        "4b. Evaluation and monitoring process",
        "Sounding_Week_Form.pdf",
        "page 1",
        "A form as a pair filled it out by hand in January: fourteen lines, the marks of the walk beside the marks the staff gave themselves.",
    ),
]

HANDBOOK: list[tuple[str, list[str]]] = [
    (
        "Anchor Hour",
        [
            "Every student has Anchor Hour from 8:10 to 8:55, Monday to Thursday. It is not a punishment and not a reward. It is the part of the day that is "
            "cut to your size.",
            "How you get into a group. In the first week of each quarter you take two short checks, one in reading and one in mathematics, twenty minutes "
            "each. Your teachers look at which questions you missed, not only at how many. You join the group that works on exactly that.",
            "How you get out. After five weeks you take the same kind of check again. If you have the skill, you move. Nobody stays in a group for a year.",
            "If you think your group is wrong, tell your watch adult. The group can be changed the same week, and no parent needs to come in for it.",
        ],
    ),
    (
        "Anchor Hour: groups this fall",
        [
            "Reading aloud without stopping: 11 students, Mr. Abernathy, library corner. Partner reading, three minutes each, then the same page again.",
            "Finding the main point: two groups, 14 and 13 students, Ms. Feddersen and Mr. Oyelowo.",
            "Fractions and nothing else: 12 students, Ms. Quintrell, room 6. Paper strips first, numbers after.",
            "Writing a second draft: 16 students, Mr. Castellane, computer room.",
            "Survey crew, for students who are ahead: 9 students with the county engineer, levee road on dry days.",
            "Result of last year: 138 students began two or more grades behind in reading, 61 of them ended within one grade.",
        ],
    ),
    (
        "The ferry: for students who are new",
        [
            "You will have two captains. They are in the eighth grade, they asked for this job, and they were new once or know someone who was.",
            "Days 1 to 3: they meet you at the east door, walk you to every class, and sit with you at lunch.",
            "Days 4 to 7: each day they introduce you to somebody who likes something that you like.",
            "Days 8 to 10: you walk alone, and they look for you twice a day.",
            "Day 11: the three of you fill out the card. It has one question. Whom would you call if you missed the bus?",
            "If you have no name to write, that is our fault and not yours, and the crossing starts again. Last year there were 74 crossings; nine were "
            "repeated.",
        ],
    ),
    (
        "The darkroom and the weather card",
        [
            "The darkroom is beside the library. It has four chairs, a lamp you can dim, and Ms. Tallgrass next door. Take a blue pass and go. Twelve minutes. "
            "No teacher will ask you why in front of others.",
            "On Thursdays you mark your weather in advisory: sun, cloud, rain or storm. Only your advisor and Ms. Tallgrass see the card.",
            "Two storms in a row mean that Ms. Tallgrass will talk with you before the end of the next day. You may bring a friend. You may also say that you "
            "would rather talk to somebody else, and she will find that person.",
            "If you are worried about a friend, mark the back of your own card.",
        ],
    ),
]

SLIDES: list[tuple[str, list[str], str]] = [
    (
        "The Channel Plan: who wrote it",
        [
            "Two students, two parents, one bus driver, three teachers, one secretary",
            "Five evenings, March to April",
            "340 survey cards, sorted on the gym floor into six heaps",
            "Read to staff in April and to families in May; eleven lines changed",
        ],
        "The principal took the minutes and had no vote.",
    ),
    (
        "Six promises, each with an owner and a month",
        [
            "Every adult expects the same of every child: grade teams, August",
            "Nobody is talked about who is not in the room: tide checks, September",
            "Every student is known by one adult: watches, August",
            "A newcomer has a name to call by day eleven: captains, all year",
            "Good work is told aloud: Friday walk, from October",
            "What we find out is repaired within five weeks: plan team, after each Sounding Week",
        ],
        "First steps are on the back of the printed plan.",
    ),
    (
        "The Four Lines",
        [
            "Hold the door: rehearsed at the east and west doors",
            "Lower the voice: rehearsed on the stairs",
            "Ask before touching: rehearsed at the lockers",
            "Fix what you broke: rehearsed in the band hall",
            "Five remarks on what went right for each correction",
            "Office referrals: 611, then 402, then 287",
        ],
        "First nine days of August, every class, every adult.",
    ),
    (
        "Sounding Weeks",
        [
            "October, January, April: fourteen lines of the plan",
            "Staff score themselves; pairs of a teacher and a student visit with the same lines",
            "Two points apart: one repair, reported after five weeks",
            "January: 38 of 100 students passed without a greeting; April: 9",
        ],
        "",
    ),
]

WATCHES: list[tuple[str, str, int, str, str, str, str]] = [
    ("W01", "Night custodian", 8, "yes", "yes", "yes", "2024-08-14"),
    ("W02", "Band director", 10, "yes", "yes", "yes", "2024-08-14"),
    ("W03", "Grade 6 science", 9, "yes", "yes", "yes", "2024-08-14"),
    ("W04", "Cook", 8, "yes", "yes", "yes", "2024-08-15"),
    ("W05", "Route 3 driver", 8, "yes", "yes", "no", "2024-08-15"),
    ("W06", "Social worker", 10, "yes", "yes", "yes", "2024-08-14"),
    ("W07", "Grade 8 mathematics", 9, "yes", "yes", "yes", "2024-08-14"),
    ("W08", "Office", 10, "yes", "yes", "yes", "2024-08-14"),
]
TIDE_CHECKS: list[tuple[str, int, int, int]] = [
    ("September", 31, 27, 4),
    ("October", 44, 38, 6),
    ("November", 39, 36, 3),
    ("December", 25, 24, 1),
    ("January", 47, 43, 4),
    ("February", 35, 34, 1),
]

CAPTIONS = """WEBVTT

1
00:00:02.000 --> 00:00:08.000
Sixth grade, take the upper steps. Leave room for the families.

2
00:00:08.500 --> 00:00:13.500
It is two-forty, and we have two stones today.

3
00:00:14.000 --> 00:00:22.000
MS. FEDDERSEN: The first is Anselm's. In September he told me that he does not write second drafts.

4
00:00:22.500 --> 00:00:31.000
MS. FEDDERSEN: This week he turned in the fourth draft of his essay on the lock and dam, and I had not asked for it.

5
00:00:32.000 --> 00:00:41.000
MR. LINDQVIST: The second one is for my first stop on Route 3. Thirty days, thirty mornings, and she was at the corner before me.

6
00:00:41.500 --> 00:00:52.000
MR. LINDQVIST: She also held the door for the little ones when it iced over. Nobody told her to. I saw it in the mirror.

7
00:00:54.000 --> 00:01:02.000
Set them down wherever you like. And then we go home.
"""

FORM: list[str] = [
    "SOUNDING WEEK  January    Pair: teacher + student",
    "                               walk    own mark",
    " 1  Greeting at the door         2         4",
    " 2  Names said right             3         3",
    " 3  Same rule for everyone       3         4",
    " 4  Second chance offered        4         4",
    " 5  Goal visible on desk         2         3",
    " 6  Good work told aloud         3         3",
    " 7  Student explains task        3         4",
    "",
    " Repair: adults to the doors.  Report in five weeks.",
]

_DAY = (2025, 6, 2, 8, 0, 0)


def build(folder: Path) -> None:
    """Write the submission into a folder, which is made where it is not there."""
    artifacts = folder / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    (folder / "Part 1 Narrative.docx").write_bytes(_part_1())
    (folder / "Part 2 Self-Analysis.docx").write_bytes(_part_2())
    (folder / "Part 3 Reflection.pdf").write_bytes(_pdf([("Reflection and application", PART_3)], "Part 3 Reflection"))
    (artifacts / "Riverbend_Support_Handbook.pdf").write_bytes(_pdf(HANDBOOK, "Riverbend Support Handbook", new_pages=True))
    (artifacts / "Channel_Plan_Deck.pptx").write_bytes(_deck())
    (artifacts / "Watch_Roster.xlsx").write_bytes(_workbook())
    (artifacts / "Friday_Walk_Captions.vtt").write_bytes(CAPTIONS.encode())
    (artifacts / "Sounding_Week_Form.pdf").write_bytes(_scan())


def _part_1() -> bytes:
    import docx

    document = docx.Document()
    for kind, text in PART_1:
        if kind == "plain":
            document.add_paragraph(text)
        else:
            document.add_heading(text, 0 if kind == "title" else 2)
    return _fixed(document, "Part 1 Narrative")


def _part_2() -> bytes:
    import docx

    document = docx.Document()
    document.add_heading("Evidence self-analysis", 1)
    document.add_paragraph("Imelda Szarka, Riverbend Middle School. All files are in the folder “artifacts”.")
    table = document.add_table(rows=1, cols=4)
    table.style = "Table Grid"
    for cell, text in zip(table.rows[0].cells, ("Outcome detail", "Artifact", "Where to look", "How this shows the detail"), strict=True):
        cell.text = text
    for row in ROWS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    return _fixed(document, "Part 2 Self-Analysis")


def _fixed(document: object, title: str) -> bytes:
    from datetime import datetime

    properties = document.core_properties  # type: ignore[attr-defined]
    properties.author, properties.title, properties.last_modified_by = "Imelda Szarka", title, "Imelda Szarka"
    properties.created = properties.modified = datetime(*_DAY)
    properties.comments = ""
    buffer = io.BytesIO()
    document.save(buffer)  # type: ignore[attr-defined]
    return _repacked(buffer.getvalue())


def _repacked(data: bytes) -> bytes:
    """The container with every member's time set to one day, so that equal content gives equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                stamp = "{}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*_DAY).encode()
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            if name == "docProps/thumbnail.jpeg":
                content = _thumbnail()
            member = zipfile.ZipInfo(name, _DAY)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            target.writestr(member, content)
    return out.getvalue()


def _thumbnail() -> bytes:
    """A small white picture in place of the template's preview."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), "white").save(buffer, "JPEG", quality=30)
    return buffer.getvalue()


def _pdf(chapters: list[tuple[str, list[str]]], title: str, *, new_pages: bool = False) -> bytes:
    from reportlab.lib.pagesizes import LETTER
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer

    styles = getSampleStyleSheet()
    story: list[Flowable] = []
    for number, (heading, paragraphs) in enumerate(chapters):
        if new_pages and number:
            story.append(PageBreak())
        story.append(Paragraph(heading, styles["Heading1"]))
        for text in paragraphs:
            story += [Paragraph(text, styles["BodyText"]), Spacer(1, 4)]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=LETTER, title=title, author="Riverbend Middle School", invariant=1).build(story)
    return buffer.getvalue()


def _deck() -> bytes:
    import pptx

    deck = pptx.Presentation()
    layout = deck.slide_layouts[1]
    for title, lines, notes in SLIDES:
        slide = deck.slides.add_slide(layout)
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = "\n".join(lines)
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    return _fixed(deck, "Channel Plan Deck")


def _workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    roster = book.active
    roster.title = "Roster"
    roster.append(["Watch", "Adult", "Students", "Greets daily", "Knows the worry", "Comes to tide check", "Signed"])
    for watch in WATCHES:
        roster.append(watch)
    checks = book.create_sheet("Tide checks")
    checks.append(["Month", "Worries brought", "Next step done", "Carried over"])
    for line in TIDE_CHECKS:
        checks.append(line)
    for sheet in (roster, checks):
        for column in "ABCDEFG":
            sheet.column_dimensions[column].width = 18
    book.properties.creator = "Riverbend Middle School"
    buffer = io.BytesIO()
    book.save(buffer)
    return _repacked(buffer.getvalue())


def _scan() -> bytes:
    """A page that is only a picture, as a copier makes it: slightly turned, grey, with specks."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont
    from reportlab.lib.pagesizes import LETTER
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    page = Image.new("L", (850, 1100), 244)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(26)
    for number, line in enumerate(FORM):
        for column, piece in enumerate(re.split(r"\s{4,}", line)):
            draw.text((90 + column * 330 - (90 if column == 2 else 0), 120 + number * 62), piece, fill=45, font=font)
        draw.line((80, 160 + number * 62, 760, 160 + number * 62), fill=190)
    chance = random.Random(7)
    for _ in range(500):
        x, y = chance.randrange(850), chance.randrange(1100)
        draw.point((x, y), fill=chance.randrange(90, 200))
    page = page.rotate(0.7, fillcolor=232).filter(ImageFilter.GaussianBlur(0.6))
    jpeg = io.BytesIO()
    page.save(jpeg, "JPEG", quality=45)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=LETTER, invariant=1)
    canvas.setTitle("scan0007")
    canvas.drawImage(ImageReader(io.BytesIO(jpeg.getvalue())), 0, 0, *LETTER)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "riverbend")
