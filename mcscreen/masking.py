"""Names out of what is shown: people, e-mail addresses, phone numbers, and the schools that one names.

A person gets one pseudonym within a submission ("Person 1", numbered by first appearance), so that a reader still sees that
the aide of the first page is the aide of the last. Names are looked for once in all of a submission's texts and the same
`Names` then mask every quote of it: a quote by itself is too short for a recogniser.

The masked text has another length. Fillers of the same length would tell how long a name is and make quotes unreadable.
So a submission is masked as it is read, before anything points into it: `masked` masks block by block and moves blocks and
cells along, and whatever comes later sees masked text only. `spans_of` gives the places in the untouched text.

Three things find people: spaCy's entity recogniser, titles before a capital ("Ms. Okafor", "Coach Reyes"), and lines such as
"Submitted by: …". Once a full name is known, its parts are masked where they stand alone.

What it misses, so that nobody takes a masked text for an anonymous one:

- names that neither the recogniser nor a title gives away, most often first names that are rare in English text, nicknames,
  names in lower case and misspelt names; give those that are known, such as the candidate's, as `people`;
- schools, districts and towns that are not in `schools`, and short forms of a school's name other than its first words;
- everything else by which a person can be recognised: a title that tells the gender, a rare post, an event, a date, initials,
  user names, addresses, links, pictures and sound;
- of file names, words that are no name in the text, in the given names or in the submission's id. An id with more than two
  letters in a row may be a name, so `masked_id` replaces all of it by one that is always the same for it; whoever has a list
  of the candidates could try them out.

Authors of dated sources ("Tomlinson, 2014") are left in: they are literature, not colleagues. It also masks too much now and
then: a product taken for a person, a word that begins a sentence and is somebody's name elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Literal

from mcscreen.document import Document, Place, Table
from mcscreen.language import from_parses, recogniser
from mcscreen.submission import Submission

__all__ = ["MaskSpan", "Names", "find_contacts", "find_names", "mask", "masked", "masked_id", "spans_of"]

Kind = Literal["person", "school", "email", "phone"]

_FILLER = {"email": "[e-mail]", "phone": "[phone]"}

_EMAIL = re.compile(r"[\w.+'-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?!\w)")
_PHONE = re.compile(
    r"(?<![\w.+-])(?:(?:\+?\d{1,3}[\s.-]?)?(?:\(\d{2,4}\)[\s.-]?|\d{3}[\s.-])\d{3}[\s.-]\d{4}"
    r"|\+\d{1,3}(?:[\s.-]?\(?\d{1,4}\)?){2,5}|0\d{2,4}[\s-]\d{3,4}[\s-]\d{3,4})(?![\w-])"
    r"|(?i:(?<=phone )|(?<=call )|(?<=cell )|(?<=text )|(?<=phone: )|(?<=tel: )|(?<=tel\. ))\d{3}[\s.-]\d{4}(?![\w-])"
)

_TITLES = (
    "Mr Mrs Ms Miss Mx Dr Prof Professor Coach Nurse Principal Superintendent Rev Sr Señora Señor Sra Madame Sister Brother Officer".split()
)
_TITLE = frozenset(_TITLES) | {"Vice", "Assistant", "Deputy"}
_NAME_WORD = r"[^\W\d_a-z][\w'’-]*[^\W\d_]"
_AFTER_TITLE = re.compile(rf"\b(?:{'|'.join(_TITLES)})\b\.?[ \t]+((?:[A-Z]\.[ \t]+)?{_NAME_WORD}(?:[ \t]+{_NAME_WORD}){{0,2}})")
_AFTER_LABEL = re.compile(
    r"(?im)^[ \t]*(?:(?:(?:full|candidate(?:['’]s)?|teacher(?:['’]s)?|participant(?:['’]s)?)[ \t]+)?name"
    r"|(?:submitted|prepared|written) by|author|candidate)"
    r"[ \t]*:[ \t]*(?-i:((?:[^\W\d_a-z][\w.'’-]*[ \t]*){2,4}))"
)
_AFTER_ROLE = re.compile(
    r"\b(?:named|aide|nurse|counsel+or|librarian|secretary|custodian|colleague|co-teacher|mother|father|grandmother|grandfather)[ \t]+"
    rf"((?!(?:I|In|On|At|And|The)\b){_NAME_WORD}(?:[ \t]+{_NAME_WORD})?)"
)
_DATED = re.compile(r"(?:['’]s)?(?:[ \t]*(?:&|and)[ \t]+\w+|[ \t]+et al\.?)?,?[ \t]*\(?(?:19|20)\d\d[a-z]?\b")
_TOKEN = re.compile(r"[^\W\d_][\w'’.-]*")
_JOINT = re.compile(r"[\s_-]+")
_POSSESSIVE = re.compile(r"['’]s?$")

_NOT_PEOPLE = frozenset(
    "chromebook chromebooks google canva kahoot seesaw zoom lexia panorama dibels padlet nearpod classdojo flipgrid desmos schoology moodle"
    " canvas iready newsela edpuzzle quizizz smartboard ipad powerpoint monday tuesday wednesday thursday friday saturday sunday january"
    " february march april may june july august september october november december christmas halloween ramadan thanksgiving english"
    " spanish math science grade title i we person school".split()
)
"""Lower-case words that recognisers of names trip over in teachers' writing."""

_SCHOOL_WORD = re.compile(
    r"(?i)\b(?:elementary|primary|middle|high|secondary|intermediate|charter|academy|schools?|college|district|isd|county|city|center|centre)\b"
)
_IN_ID = frozenset(
    "candidate student teacher participant user anon submission submissions upload portfolio credential late group team cohort part final"
    " copy version draft new the and for spring summer fall autumn winter zip".split()
)
"""Lower-case words of a submission's id that are no names."""

_FORM_WORDS = frozenset(
    "part parts section overview narrative question questions portfolio evidence artifact artifacts artefact artefacts detail details"
    " outcome outcomes essential eo eos locator location where page pages slide slides sheet place explanation rationale how reflection"
    " application self analysis skill demonstration product appendix exhibit file document name names title date binder handbook".split()
)
"""Lower-case words of forms: a head of a table that a recogniser takes for a person must stay what it is."""

_FOUND: dict[bytes, Names] = {}
_MOST_FOUND = 2_000
"""Submissions whose names are remembered: some kilobytes each."""

_PIECE = re.compile(r"[^\W\d_]+")
_MASKED_ID = re.compile(r"candidate-[0-9a-f]{10}")
_LEVELS = re.compile(r"(?i)\s+(?:elementary|primary|middle|junior|senior|high|secondary|intermediate|charter|academy|school|college)\b.*$")


@dataclass(frozen=True, slots=True)
class MaskSpan:
    """A stretch to mask: `text[start:end]` becomes `alias`."""

    start: int
    end: int
    kind: Kind
    alias: str


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one submission.

    Attributes:
        people: Pairs of a form of a name and its pseudonym, longest form first.
        schools: The same for schools.
    """

    people: tuple[tuple[str, str], ...] = ()
    schools: tuple[tuple[str, str], ...] = ()


def find_names(texts: Sequence[str], *, people: Iterable[str] = (), schools: Iterable[str] = ()) -> Names:
    """Names in the texts of one submission.

    Args:
        texts: All texts of the submission, in their order.
        people: Names that are known beforehand (the candidate, a roster); always masked.
        schools: Names of schools, districts or towns to mask.

    Raises:
        ModelError: When the English pipeline cannot be loaded or recognises no entities.
    """
    known = [tuple(p.split()) for p in people if p.strip()]
    found = [name for text in texts for name in _people_in(text)]
    whole = "\n".join(texts)
    lower = set(re.findall(r"\b[a-z]+\b", whole))
    # What the recogniser alone takes for a name, and what is made of words that are ordinary elsewhere, is more likely none.
    found = [(t, sure) for t, sure in found if sure or not all(w.lower() in lower for w in t)]
    singles = [(t[0], sure) for t, sure in found if len(t) == 1]
    found += [(name, True) for name in _completed({word for word, sure in singles if sure}, whole, lower)]
    full = list(dict.fromkeys([*(k for k in known if len(k) > 1), *(t for t, _ in found if len(t) > 1)]))
    persons: list[set[tuple[str, ...]]] = []
    for name in full:
        same = next((p for p in persons if any(_same_person(name, other) for other in p)), None)
        if same is None:
            persons.append({name})
        else:
            same.add(name)
    lone = [k[0] for k in known if len(k) == 1] + [word for word, _ in singles]
    for word in dict.fromkeys(lone):
        owners = [p for p in persons if any(word in name for name in p)]
        if len(owners) == 1:
            owners[0].add((word,))
        else:  # nobody's, or of several people: one of its own, which masks it all the same
            persons.append({(word,)})
    certain = {w for k in known for w in k} | {w for t, sure in found if sure for w in t}
    forms = [_forms(person, persons, lower - {w.lower() for w in certain}) for person in persons]
    forms.sort(key=lambda f: _first(whole, f))
    pairs = [(form, f"Person {number}") for number, own in enumerate(forms, 1) for form in own]
    listed = [(form, f"School {number}") for number, name in enumerate(_distinct(schools), 1) for form in _school_forms(name)]
    return Names(_longest_first(pairs), _longest_first(listed))


def spans_of(text: str, names: Names) -> tuple[MaskSpan, ...]:
    """Stretches of a text to mask, in order, not overlapping. Contacts are found in any text, names only if they are in `names`."""
    spans = list(find_contacts(text))
    for kind, pairs in (("school", names.schools), ("person", names.people)):
        if pairs:
            aliases = {_folded(form): alias for form, alias in pairs}
            for match in _pattern(tuple(f for f, _ in pairs), kind == "school").finditer(text):
                spans.append(MaskSpan(match.start(), match.end(), kind, aliases[_folded(match[0])]))  # type: ignore[arg-type]
    kept: list[MaskSpan] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def masked(submission: Submission, given: Iterable[str] = (), ordinary: Iterable[str] = ()) -> Submission:
    """A submission without its names: in texts, headings, file names, remarks and id; every block and cell still points at its text.

    Args:
        submission: As read.
        given: Names of people and schools that are known beforehand; one with a word such as "School" or "District" is a school's.
        ordinary: Texts whose words are left alone unless they are given, such as the rubric's.

    Raises:
        ModelError: When the English pipeline cannot be loaded or recognises no entities.
    """
    names = _remembered(submission, tuple(given), tuple(ordinary))
    renamed: dict[str, str] = {}
    for document in submission.documents:
        renamed[document.name] = _unique(_masked_name(document.name, names), set(renamed.values()))
    changed = sorted((name for name, new in renamed.items() if name != new), key=len, reverse=True)

    def remark(text: str) -> str:
        for name in changed:
            text = text.replace(name, renamed[name])
        return mask(text, names)

    return Submission(
        id=masked_id(submission.id),
        documents=tuple(
            replace(
                _masked_document(d, names), name=renamed[d.name], reason=remark(d.reason), warnings=tuple(remark(w) for w in d.warnings)
            )
            for d in submission.documents
        ),
        declared=tuple((renamed.get(name, name), part) for name, part in submission.declared),
        problems=tuple(remark(p) for p in submission.problems),
    )


def masked_id(identifier: str) -> str:
    """The id itself where it cannot hold a name ("S01", "candidate 12"), else one of its own that is always the same for it."""
    words = re.findall(r"[^\W\d_]{3,}", identifier)
    if _MASKED_ID.fullmatch(identifier) or all(w.casefold() in _IN_ID for w in words):
        return identifier
    return f"candidate-{sha256(identifier.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


def _remembered(submission: Submission, given: tuple[str, ...], ordinary: tuple[str, ...]) -> Names:
    """The names of a submission that may have been masked before: a report reads each again, and recognising costs the most."""
    digest = sha256()
    for text in (submission.id, *given, "", *ordinary, "", *(piece for d in submission.documents for piece in (d.name, d.text))):
        digest.update(sha256(text.encode("utf-8", "surrogatepass")).digest())
    key = digest.digest()
    if key not in _FOUND:
        while len(_FOUND) >= _MOST_FOUND:
            _FOUND.pop(next(iter(_FOUND)), None)
        _FOUND[key] = _names_of(submission, given, ordinary)
    return _FOUND[key]


def _names_of(submission: Submission, given: tuple[str, ...], ordinary: tuple[str, ...]) -> Names:
    texts = [d.text for d in submission.documents if d.readable]
    whole = "\n".join(texts)
    labels = [submission.id, *(d.name for d in submission.documents)]
    present = {w.casefold() for text in (whole, *labels) for w in _PIECE.findall(text)}
    schools = [n for n in given if _SCHOOL_WORD.search(n)]
    # Of a roster only who may be meant: its other names would make a first name everybody's.
    joined = " ".join(labels).casefold()

    def meant(word: str) -> bool:
        return len(word) > 2 and (word in present or (len(word) > 3 and word in joined))

    people = [n for n in given if n not in schools and any(meant(w.casefold()) for w in _PIECE.findall(n))]
    lower = set(re.findall(r"\b[a-z]+\b", whole))
    for word in _PIECE.findall(submission.id):
        name = word[:1].upper() + word[1:]
        if len(word) > 2 and not {word.casefold()} & (_IN_ID | lower):
            school = re.search(rf"\b{re.escape(name)}(?: [A-Z]\w+)? (?:Elementary|Primary|Middle|High|School|Academy)(?: School)?\b", whole)
            (schools if school else people).append(school[0] if school else name)
    names = find_names(texts, people=people, schools=schools)
    kept = _FORM_WORDS.union(w.casefold() for text in ordinary for w in _PIECE.findall(text))
    kept = kept.difference(w.casefold() for n in people for w in _PIECE.findall(n))
    return replace(names, people=tuple(p for p in names.people if not all(w.casefold() in kept for w in _PIECE.findall(p[0]))))


def _masked_document(document: Document, names: Names) -> Document:
    """The document with another text, cut where blocks and cells begin and end, so that each offset has one new place."""
    spans = [(b.start, b.end) for b in document.blocks] + [(c.start, c.end) for t in document.tables for row in t.rows for c in row]
    cuts = sorted({0, len(document.text), *(offset for span in spans for offset in span)})
    pieces = [mask(document.text[a:b], names) for a, b in pairwise(cuts)]
    moved = {0: 0}
    for cut, piece, before in zip(cuts[1:], pieces, cuts, strict=False):
        moved[cut] = moved[before] + len(piece)
    places: dict[Place, Place] = {}

    def place(old: Place) -> Place:
        if old not in places:
            sheet, heading = (mask(t, names) if t else t for t in (old.sheet, old.heading))
            places[old] = replace(old, sheet=sheet, heading=heading)
        return places[old]

    return replace(
        document,
        text="".join(pieces),
        blocks=tuple(replace(b, start=moved[b.start], end=moved[b.end], place=place(b.place)) for b in document.blocks),
        tables=tuple(
            Table(tuple(tuple(replace(c, start=moved[c.start], end=moved[c.end]) for c in row) for row in t.rows), place(t.place))
            for t in document.tables
        ),
    )


def _masked_name(name: str, names: Names) -> str:
    """A file's name without people: also in lower case, and with first and last name in one word or the other way round."""
    words: dict[str, str] = {}
    for form, alias in reversed(names.people):
        pieces = [w.casefold() for w in _PIECE.findall(form)]
        words |= {word: alias for word in ("".join(pieces), "".join(pieces[1:] + pieces[:1]))}
    steps = []
    for step in name.split("/"):
        text = _PIECE.sub(lambda m: words.get(m[0].casefold(), m[0]), mask(step, names))
        steps.append(re.sub(r"\b(Person \d+)(?:[\s_,.-]+\1\b)+", r"\1", text))
    return "/".join(steps)


def _unique(name: str, taken: set[str]) -> str:
    path, number = PurePosixPath(name), 2
    while name in taken:
        name, number = str(path.with_name(f"{path.stem} ({number}){path.suffix}")), number + 1
    return name


def find_contacts(text: str) -> Iterator[MaskSpan]:
    """E-mail addresses and phone numbers of a text."""
    for kind, pattern in (("email", _EMAIL), ("phone", _PHONE)):
        for match in pattern.finditer(text):
            yield MaskSpan(match.start(), match.end(), kind, _FILLER[kind])  # type: ignore[arg-type]


def mask(text: str, names: Names) -> str:
    """The text with every span replaced by its pseudonym or filler. Its length changes; see the module for what is missed."""
    pieces: list[str] = []
    end = 0
    for span in spans_of(text, names):
        pieces += [text[end : span.start], span.alias]
        end = span.end
    return "".join([*pieces, text[end:]])


def _people_in(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Names with whether a title, a label or a role says that they are names."""
    for pattern in (_AFTER_LABEL, _AFTER_TITLE, _AFTER_ROLE):
        for match in pattern.finditer(text):
            name = _cleaned(match[1])
            if name:
                yield name, True
    lines = [line for line in text.split("\n") if line.strip()]
    people = from_parses(
        recogniser(), lines, lambda parsed: [(e.text, e.end_char) for e in parsed.ents if e.label_ == "PERSON"], batch_size=64
    )
    for line, found in zip(lines, people, strict=True):
        for written, end in found:
            if not _DATED.match(line, end):
                name = _cleaned(written)
                if name:
                    yield name, False


def _completed(surnames: set[str], whole: str, lower: set[str]) -> Iterator[tuple[str, ...]]:
    """Full names whose last word a title gave away elsewhere: a capital before it that is no ordinary word."""
    from spacy.lang.en.stop_words import STOP_WORDS

    if not surnames:
        return
    for match in re.finditer(rf"\b({_NAME_WORD})[ \t]+((?:[A-Z]\.[ \t]+)?)({'|'.join(map(re.escape, sorted(surnames)))})\b", whole):
        first = match[1]
        if first not in _TITLE and first.lower() not in STOP_WORDS | _NOT_PEOPLE | lower and not first.isupper():
            yield (first, *match[2].split(), match[3])


def _cleaned(text: str) -> tuple[str, ...]:
    """A name as words: titles, possessives and all that is no name left out; empty when nothing is left."""
    words: list[str] = []
    for token in _TOKEN.findall(text):
        word = _POSSESSIVE.sub("", token.rstrip("-’'"))
        if word.rstrip(".") in _TITLE and not words:
            continue
        bare = word.rstrip(".")
        if not bare or not bare[0].isupper() or bare.lower() in _NOT_PEOPLE:
            break
        words.append(word if len(bare) == 1 else bare)
    while words and len(words[-1].rstrip(".")) == 1:
        words.pop()
    lone = len(words) == 1 and (len(words[0]) < 3 or (words[0].isupper() and len(words[0]) < 5))
    return () if lone or len(words) > 4 else tuple(words)


def _same_person(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether two full names share first (or its initial) and last name, or one is the end of the other."""
    shorter, longer = sorted((a, b), key=len)
    if longer[-len(shorter) :] == shorter:
        return True
    first, other = a[0].rstrip("."), b[0].rstrip(".")
    initial = min(len(first), len(other)) == 1 and first[0] == other[0]
    return a[-1].lower() == b[-1].lower() and (first.lower() == other.lower() or initial)


def _forms(person: set[tuple[str, ...]], persons: Sequence[set[tuple[str, ...]]], ordinary: set[str]) -> tuple[str, ...]:
    """A person's names, and the words of them that are nobody else's and no ordinary words."""
    words = {w for name in person for w in name if len(w.rstrip(".")) > 2}
    others = {w for other in persons if other is not person for name in other for w in name}
    return tuple(sorted({" ".join(name) for name in person} | {w for w in words - others if w.lower() not in ordinary}))


def _school_forms(name: str) -> set[str]:
    """A school's name, and its first words before "Elementary School" and the like; that form only as it is capitalised."""
    short = _LEVELS.sub("", name)
    trimmed = re.sub(r"(?i)\s+school$", "", name)
    return {form for form in (name, trimmed, short) if len(form) > 3}


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(n.split()) for n in names if n.strip()))


def _longest_first(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(dict(reversed(pairs)).items(), key=lambda p: (-len(p[0]), p[0])))


def _first(whole: str, forms: tuple[str, ...]) -> int:
    match = _pattern(tuple(sorted(forms, key=lambda f: (-len(f), f))), False).search(whole)
    return match.start() if match else len(whole)


def _folded(form: str) -> str:
    return _JOINT.sub(" ", form).casefold()


@lru_cache(maxsize=64)
def _pattern(forms: tuple[str, ...], schools: bool) -> re.Pattern[str]:
    """One pattern for all forms: several words in any capitals, a lone word only capitalised or in capitals."""
    pieces = []
    for form in forms:
        words = form.split()
        if len(words) > 1:
            pieces.append(r"(?i:" + r"[\s_-]+".join(re.escape(w).replace(r"\-", r"[\s_-]") for w in words) + ")")
        else:
            cases = {form[:1].upper() + form[1:], form.upper()} | ({form} if not schools else set())
            pieces.append("|".join(map(re.escape, sorted(cases))))
    return re.compile(r"(?<![^\W_])(?<!@)(?:" + "|".join(pieces) + r")(?![^\W_])(?!@)")
