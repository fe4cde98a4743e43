"""A theory, author or standard, named.

Reason: tying one's own experience to something outside it is part of critical reflection (Hatton & Smith 1995), and rubrics
of professional learning ask for research-based practice. Three kinds: `author` (or a cited work), `framework`, `standard`.

Limits: names come from a list of what educators' programmes teach, so a rarer author is found only in a citation with a
year. A colleague with a famous name is told apart by a title before it, a school or street by the word after it. A name
is not a use: whether the theory is understood or applied is not looked at. "Research shows" names nothing and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mcscreen.measurement import Measurement, measured
from mcscreen.submission import Passage

__all__ = ["measure"]

_AUTHORS = """Dewey Schön Schon Kolb Gibbs Brookfield Mezirow Vygotsky Piaget Bruner Bandura Maslow Dweck Hattie Marzano Freire Danielson
    Kotter Fullan DuFour Knowles Ladson-Billings Hammond Guskey Kirkpatrick Wiliam Bambrick-Santoyo Wenger Epstein Tomlinson Lencioni
    Covey Sinek Senge Sergiovanni Leithwood Noddings Bronfenbrenner Erikson Delpit Kendi Muhammad Safir Zaretta Rosenshine Willingham
    Heifetz Argyris Goleman Deming Glasser Gardner Kegan Hargreaves Elmore Boykin Killion Aguilar""".split()
_AUTHOR = re.compile(rf"\b(?:{'|'.join(map(re.escape, _AUTHORS))})(?:['’]s)?\b")
_TITLE_BEFORE = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Miss|Coach|Nurse|Principal|Officer|Señora?|Sra|Dean|Aunt|Uncle)\.?\s+(?:[A-Z][\w.]*\s+)?$")
_PLACE_AFTER = re.compile(
    r"^\s+(?:Elementary|Middle|High|Primary|Secondary|School|Academy|Hall|House|Street|St\b|Road|Avenue|Ave\b|Drive|County|"
    r"Park|Library|Center|Centre|Prep|Building|Gym|wing|classroom)"
)
_CITED = re.compile(
    r"\((?:see |e\.g\.,? |cf\. )?[A-Z][\w'’.-]+(?:(?:,| &| and|;)?\s+(?:[A-Z][\w'’.-]*|&|and|et al\.?))*,?\s+(?:19|"
    r"20)\d\d[a-z]?(?:,\s*pp?\.\s*[\d–-]+)?(?:;[^()]{3,80})?\)"
    r"|\b[A-Z][\w'’-]+(?:(?:,| &| and)\s+[A-Z][\w'’-]+)*(?:\s+et al\.?)?(?:['’]s)?\s+\((?:19|20)\d\d[a-z]?(?:,\s*pp?\.\s*[\d–-]+)?\)"
)
_DATED = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Spring|Summer|Fall|Autumn|"
    r"Winter|Class|Grade|Room|Figure|Table|Appendix|Artifact|Since|In|By|Updated|Revised|Version|Plan|Report|Survey|Handbook)\b"
)
_FRAMEWORK = re.compile(
    r"\b(?:UDL|PBIS|MTSS|RTI|RtI|CASEL|TPACK|SAMR|SIOP|AVID|PDSA|WICOR|GRR|ACES?(?= (?:study|framework))|CHAMPS|IB PYP|LETRS|SWPBIS)\b"
    r"|\b(?i:universal design for learning|positive behaviou?ral? (?:interventions?|supports?)(?: (?:and|&) supports?)?|"
    r"multi-?tiered systems? of supports?|response to intervention|"
    r"growth mind-?sets?|zone of proximal development|gradual release|culturally (?:responsive|relevant|"
    r"sustaining) (?:teaching|pedagogy|practice|leadership|instruction)\w*|"
    r"restorative (?:practices|justice)|trauma-informed (?:practices?|care|teaching|approach)|"
    r"professional learning communit(?:y|ies)|collective (?:teacher )?efficacy|"
    r"distributed leadership|servant leadership|transformational leadership|instructional rounds|cognitive coaching|"
    r"project-based learning|inquiry-based learning|"
    r"science of reading|balanced literacy|bloom['’]s (?:revised )?taxonomy|(?:depth of knowledge|DOK) (?:level|framework|"
    r"chart)\w*|cycles? of inquiry|plan-do-study-act|"
    r"improvement science|adult learning theory|andragogy|experiential learning (?:cycle|theory)|(?:self-determination|"
    r"attachment|constructivist|change|systems|critical race|social learning) theory|"
    r"hierarchy of needs|danielson framework|framework for teaching|marzano['’]s? \w+|high reliability schools|"
    r"responsive classroom|conscious discipline|danielson|social[ -](?:and[ -])?emotional learning)\b"
)
_STANDARD = re.compile(
    r"\b(?:ISTE|NASSP|NAESP|PSEL|ISLLC|InTASC|INTASC|NBPTS|NELP|NCTM|NCTE|NGSS|CCSS|TEKS|WIDA|ASCA|NAEYC|CAEP|Common Core|"
    r"Next Generation Science Standards|"
    r"Professional Standards for Educational Leaders|National Board(?: (?:Standards?|Certification|"
    r"for Professional Teaching Standards))|Learning Forward|"
    r"Individuals with Disabilities Education Act|IDEA(?= (?:requires|mandates|Part|regulations))|Title IX|"
    r"Title I(?= (?:requires|law|regulations))|FERPA|ESSA)\b"
    r"|\b(?i:standards?|proposition|competency|indicator|domain)\s+(?:\d+(?:\.\d+)*[a-z]?|[A-Z]{1,4}[.-]\w+(?:[.-]\w+)*|[IVX]+)\b"
)


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Sentences that name an author, a framework or a standard; kinds `author`, `framework`, `standard`."""
    return measured("theory", sentences, _find)


def _find(index: int, text: str) -> Iterator[tuple[int, int, str]]:
    for match in _AUTHOR.finditer(text):
        if not _TITLE_BEFORE.search(text[: match.start()]) and not _PLACE_AFTER.search(text[match.end() :]):
            yield match.start(), match.end(), "author"
    for match in _CITED.finditer(text):
        if not _DATED.search(match.group()):
            yield match.start(), match.end(), "author"
    for match in _FRAMEWORK.finditer(text):
        yield match.start(), match.end(), "framework"
    for match in _STANDARD.finditer(text):
        yield match.start(), match.end(), "standard"
