"""Which of the rubric's details a candidate's wording names.

Part 2 tables name details in every way: a number ("1a", "EO 1.1", "Outcome 2, detail 1"), a copied sentence, two words, a
number of the candidate's own making, or only the outcome. So numbering, words, the outcome above the row and the order of
the rows each give points, and the whole table is assigned at once: since a table mostly holds one row a detail, the best
sum over all rows is right where row by row the likeliest detail is not.

Words are compared by stems with a tolerance for typing errors, and weighed by how many details share them: in a rubric
where every detail says "each student", only "socially" tells them apart. A wording that names only the outcome gets
details that no other row names, and all that remain: "no row for this detail" would be untrue.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from math import inf, log

from mcscreen.rubric import Detail, Outcome, Rubric

__all__ = ["Wording", "likeness", "name_details", "named_outcome", "names_number", "stems"]


@dataclass(frozen=True, slots=True)
class Wording:
    """How a row names its detail.

    Attributes:
        text: The candidate's words or number.
        context: Heading or section row above, which may name the outcome.
        hint: Other text of the row (artifact, explanation); weak evidence, used only where the wording names no detail.
    """

    text: str
    context: str = ""
    hint: str = ""


_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by each every all any for from has have her his how i in into is it its my of on or our s t that the"
        " their them these they this those to was we were what when which who will with you your",
    )
)
_NUMBERING = frozenset(
    re.findall(r"\w+", "eo eos outcome outcomes essential detail details standard indicator criterion part number no component element")
)
_SUFFIXES = (
    *("ibilities", "ibility", "ationally", "ations", "ation", "itions", "ition", "ically", "ively", "ments", "ment", "ities", "ional"),
    *("ingly", "ical", "ions", "ness", "able", "ible", "ings", "edly", "ally", "ing", "ion", "ies", "ity", "ive", "ize", "ized"),
    *("izes", "izing", "al", "ly", "ed", "es", "er", "or", "ic", "s", "e", "y"),
)
_ENDINGS = tuple(sorted({re.sub(r"(.)\1", r"\1", e) for e in _SUFFIXES}, key=len, reverse=True))
_NUMERALS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
_NUMERALS |= {w: n for n, w in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1)}
_OUTCOME_WORD = (
    r"(?:essential\s+outcomes?|learning\s+outcomes?|e\.?\s?o\.?s?|outcomes?|standards?|competenc(?:y|ies)|domains?|goals?|criteri(?:on|a))"
)
_DETAIL_WORD = r"(?:details?|indicators?|components?|elements?|part|sub-?skills?|criteri(?:on|a)|items?)"
_NUMERAL = rf"(?:\d{{1,2}}|{'|'.join(sorted(_NUMERALS, key=len, reverse=True))})"
_TAG = re.compile(
    rf"^[\W_]*(?:(?P<word>{_OUTCOME_WORD})[\s#_:-]*(?:no\.?\s*)?)?(?P<outcome>{_NUMERAL})"
    rf"(?:(?:[\s.,:;/_()\[\]–—-]*(?:{_DETAIL_WORD})?[\s.#(_–—-]*)(?P<detail>[a-hA-H]|\d{{1,2}}|[ivIV]{{1,3}})(?![A-Za-z0-9%]|:\d))?(?![A-Za-z0-9%]|:\d)",
    re.I,
)
_ROMAN_CODE = re.compile(r"[\W_]*(?:I{1,3}|IV|VI{0,3}|IX|X)[.-][a-h](?![A-Za-z0-9])")
"""A Roman number without a word before it names an outcome only with a detail's letter: "II.b"."""
_MORE = re.compile(r"\s*(?:(?P<to>-|–|—|to|through)|,|;|/|&|\+|and)\s*(?:\d{1,2}\.?)?(?P<detail>[a-h]|\d{1,2})(?![A-Za-z0-9])", re.I)
_NUMBER_POINTS, _CODE_POINTS, _CONTEXT_POINTS, _HINT_POINTS, _ORDER_POINTS = 0.5, 1.0, 0.15, 0.12, 0.04
_ENOUGH, _FULL = 0.34, 0.85
_LONGEST = 2_000
"""Characters of a wording that are compared."""


def stems(text: str) -> tuple[str, ...]:
    """The telling words of a text, shortened to stems, in order and without repeats."""
    return _stems(text[:_LONGEST])


@lru_cache(maxsize=1_000)
def _stems(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("'s", "").replace("’s", "")
    return tuple(dict.fromkeys(_stem(w) for w in re.findall(r"[^\W\d_]+", plain) if w not in _STOP and w not in _NUMBERING and len(w) > 1))


@lru_cache(maxsize=4_000)
def _stem(word: str) -> str:
    word = re.sub(r"(.)\1", r"\1", word.replace("our", "or") if len(word) > 5 else word)
    word = re.sub(r"is(e[sd]?|ing|ation)$", r"iz\1", word) if len(word) > 6 else word
    for _ in range(2):
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 4:
                word = word[: -len(ending)]
                break
    return word


@lru_cache(maxsize=5_000)
def _same(a: str, b: str) -> bool:
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    if len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 3:
        return True
    return len(short) >= 5 and a[0] == b[0] and abs(len(a) - len(b)) <= 2 and SequenceMatcher(None, a, b).ratio() >= 0.83


class _Weights:
    """How telling a stem is: rare among the details is heavy."""

    def __init__(self, rubric: Rubric) -> None:
        bags = [set(stems(" ".join((d.text, d.label, *d.aliases)))) for d in rubric.details]
        self.names = [_names(d) for d in rubric.details]
        self.outcomes = {o.id: stems(o.text) for o in rubric.outcomes}
        self._number = len(bags)
        # Stems that are the same begin with the same letter.
        self._bags: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for n, bag in enumerate(bags):
            for stem in bag:
                self._bags[stem[0]].append((stem, n))
        self._named: defaultdict[str, list[str]] = defaultdict(list)
        for stem in dict.fromkeys(s for name in (*self.outcomes.values(), *(n for ns in self.names for n in ns)) for s in name):
            self._named[stem[0]].append(stem)
        self._weight = lru_cache(maxsize=4_000)(self._weigh)
        self._meant = lru_cache(maxsize=4_000)(self._look_up)
        self._whole = {name: sum(map(self, name)) for name in (*self.outcomes.values(), *(n for ns in self.names for n in ns))}

    def __call__(self, stem: str) -> float:
        return self._weight(stem)

    def _weigh(self, stem: str) -> float:
        holders = len({n for other, n in self._bags.get(stem[0], ()) if _same(stem, other)})
        return log(1 + self._number / holders) if holders else 0.5

    def _look_up(self, stem: str) -> frozenset[str]:
        return frozenset(n for n in self._named.get(stem[0], ()) if _same(n, stem))

    def held(self, text: Sequence[str]) -> frozenset[str]:
        """The stems of all names that a text has."""
        return frozenset[str]().union(*map(self._meant, text))

    def likenesses(self, text: Sequence[str], names: Sequence[tuple[str, ...]]) -> list[float]:
        """For each name of a detail or outcome between 0 and 1: how much of it is in the text, and how much of the text is in it."""
        if not text:
            return [0.0] * len(names)
        held, whole = self.held(text), sum(map(self, text))
        meant = [(self(t), of) for t in text if (of := self._meant(t))]
        return [
            0.7 * sum(self(n) for n in name if n in held) / self._whole[name]
            + 0.3 * sum(weight for weight, of in meant if not of.isdisjoint(name)) / whole
            if name
            else 0.0
            for name in names
        ]

    def detail_likenesses(self, text: Sequence[str]) -> list[float]:
        """For each detail the likeness of the name that is most like the text."""
        alike = iter(self.likenesses(text, [name for names in self.names for name in names]))
        return [max((next(alike) for _ in names), default=0.0) for names in self.names]

    def likeliest_outcome(self, text: Sequence[str]) -> tuple[str, float]:
        """Id of the outcome whose words are most like the text, and how much they are."""
        alike = dict(zip(self.outcomes, self.likenesses(text, list(self.outcomes.values())), strict=True))
        best = max(alike, key=lambda o: alike[o])
        return best, alike[best]


_last: list[tuple[Rubric, _Weights]] = []


def _weights_of(rubric: Rubric) -> _Weights:
    # Hashing a rubric walks through all of it, and nearly always the one from before is meant.
    for known, weights in _last:
        if known is rubric:
            return weights
    weights = _hashed_weights_of(rubric)
    _last[:] = [(rubric, weights)]
    return weights


@lru_cache(maxsize=8)
def _hashed_weights_of(rubric: Rubric) -> _Weights:
    return _Weights(rubric)


def likeness(text: str, rubric: Rubric) -> float:
    """How much a text reads like the name of one of the rubric's details, between 0 and 1; a number that names one gives 1."""
    weights = _weights_of(rubric)
    tag = _read_tag(text, rubric)
    if tag and tag.details:
        return 1.0
    return max(weights.detail_likenesses(stems(text)), default=0.0)


def named_outcome(text: str, rubric: Rubric) -> str | None:
    """Id of the outcome that a heading names, by number ("EO 2") or by its words; None when it names none."""
    tag = _read_tag(text, rubric)
    if tag and (tag.worded or not stems(text)):
        return tag.outcome.id
    best, alike = _weights_of(rubric).likeliest_outcome(stems(text))
    return best if alike >= _FULL else tag.outcome.id if tag else None


def names_number(text: str, rubric: Rubric) -> bool:
    """Whether a text begins with the number of a detail, or is one of the rubric's codes ("EO 1.1 Academic", "1a:")."""
    tag = _read_tag(text, rubric)
    return bool(tag and tag.details)


@dataclass(frozen=True, slots=True)
class _Tag:
    outcome: Outcome
    details: tuple[str, ...]
    worded: bool
    end: int


def _read_tag(text: str, rubric: Rubric) -> _Tag | None:
    """The number at the beginning of a wording, where the rubric has such an outcome."""
    code = re.match(r"[\W_]*([A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9_]+)+)(?![A-Za-z0-9_])", text)
    for home in rubric.outcomes if code else ():
        for detail in home.details:
            if code and code[1].casefold() == detail.id.casefold():
                return _Tag(home, (detail.id,), True, code.end())
    length = len(text)
    for prefix in {m[0] for o in rubric.outcomes if (m := re.match(r"[A-Za-z]{1,6}(?=\d)", o.id))}:
        # The rubric's own letters ("LO 2.1") are a word for its outcomes.
        text = re.sub(rf"^(\W*){prefix}(?=\W{{0,2}}\d)", r"\1EO", text, flags=re.I)
    match = _TAG.match(text)
    if not match:
        return None
    number = _numeral(match["outcome"])
    worded = match["word"] is not None
    if not worded and not match["outcome"].isdigit() and not _ROMAN_CODE.match(text):
        return None
    outcome = next((o for o in rubric.outcomes if re.fullmatch(rf"\D*0*{number}", o.id)), None)
    if outcome is None and 1 <= number <= len(rubric.outcomes):
        outcome = rubric.outcomes[number - 1]
    if outcome is None:
        return None
    found: list[str] = []
    end = match.end() if match["detail"] is None or not _is_article(match, text) else match.end("outcome")
    if match["detail"] and not _is_article(match, text):
        first = _detail_number(match["detail"])
        numbers = [first]
        while more := _MORE.match(text, end):
            last = _detail_number(more["detail"])
            numbers.extend(range(numbers[-1] + 1, last + 1) if more["to"] and last > numbers[-1] else [last])
            end = more.end()
        found = [outcome.details[n - 1].id for n in dict.fromkeys(numbers) if 1 <= n <= len(outcome.details)]
    return _Tag(outcome, tuple(found), worded, end + length - len(text))


def _is_article(match: re.Match[str], text: str) -> bool:
    """Whether the letter after the number is the first word of the wording: "2. A collaborative plan"."""
    start, end = match.span("detail")
    return match["detail"] in ("a", "A", "i", "I") and text[start - 1].isspace() and re.match(r"\s+[^\W\d]", text[end:]) is not None


def _numeral(text: str) -> int:
    return int(text) if text.isdigit() else _NUMERALS[text.casefold()]


def _detail_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    folded = text.casefold()
    return _NUMERALS[folded] if folded in _NUMERALS and folded != "c" else ord(folded[0]) - ord("a") + 1


def _names(detail: Detail) -> list[tuple[str, ...]]:
    return [name for name in dict.fromkeys(stems(n) for n in (detail.text, detail.label, *detail.aliases)) if name]


def name_details(wordings: Sequence[Wording], rubric: Rubric) -> tuple[tuple[str, ...], ...]:
    """Which details the rows of one self-analysis name, all rows weighed together.

    Args:
        wordings: One a row, in the order of the rows.
        rubric: Any rubric with outcomes.

    Returns:
        Ids of details, one tuple a row: empty when no detail was recognised, several where the wording lists them or
        names only their outcome.
    """
    wordings = [_joined(w, rubric) for w in wordings]
    counted = _running_numbers(wordings, rubric)
    if counted:
        return counted
    members: dict[tuple[str, str], list[int]] = {}
    for i, wording in enumerate(wordings):
        members.setdefault((_folded(wording.text), _folded(wording.context)), []).append(i)
    if not members or not rubric.details:
        return tuple(() for _ in wordings)
    reading = _Reading(rubric)
    scored: list[list[float]] = []
    rows: list[tuple[int, ...]] = []
    coarse: list[tuple[int, str]] = []
    result: list[tuple[str, ...]] = [()] * len(wordings)
    for indices in members.values():
        first = wordings[indices[0]]
        several, outcome = reading.several(first), reading.only_outcome(first)
        if several:
            for i in indices:
                result[i] = several
        elif outcome:
            # Rows that name only the outcome are told apart by what else they say.
            for i in indices:
                coarse.append((i, outcome))
                rows.append((i,))
                scored.append(reading.points(wordings[i], i / len(wordings), within=outcome))
        else:
            rows.append(tuple(indices))
            scored.append(reading.points(first, indices[0] / len(wordings)))
    for row, chosen in zip(rows, _assign(scored), strict=True):
        if chosen is not None:
            for i in row:
                result[i] = (rubric.details[chosen].id,)
    _spread(result, coarse, wordings, reading)
    return tuple(result)


def _joined(wording: Wording, rubric: Rubric) -> Wording:
    """A letter under the heading of its outcome ("b" below "EO 2") with the outcome's number before it."""
    bare = re.fullmatch(rf"\W*(?:{_DETAIL_WORD})?\s*([a-h]|\d{{1,2}})\W*", wording.text, re.I)
    tag = _read_tag(wording.context, rubric) if bare else None
    if bare and tag and not tag.details:
        return Wording(f"outcome {rubric.outcomes.index(tag.outcome) + 1}, {bare[1]}", wording.context, wording.hint)
    return wording


def _running_numbers(wordings: Sequence[Wording], rubric: Rubric) -> tuple[tuple[str, ...], ...]:
    """Rows that only count the details, from first to last: "1", "2" … or "Detail 7"."""
    matches = [re.fullmatch(rf"\W*(?:{_DETAIL_WORD}|row|no\.?|number)?[\s#.:]*(\d{{1,2}})\W*", w.text, re.I) for w in wordings]
    numbers = [int(m[1]) if m else 0 for m in matches]
    if not numbers or min(numbers) < 1 or len(set(numbers)) <= len(rubric.outcomes) or max(numbers) > len(rubric.details):
        return ()
    return tuple((rubric.details[n - 1].id,) for n in numbers)


def _spread(result: list[tuple[str, ...]], coarse: list[tuple[int, str]], wordings: Sequence[Wording], reading: _Reading) -> None:
    """Give each detail that no row names to the likeliest row that names only its outcome."""
    named = {d for details in result for d in details}
    for outcome in reading.rubric.outcomes:
        holders = [i for i, o in coarse if o == outcome.id]
        for detail in outcome.details if holders else ():
            if detail.id not in named:
                index = reading.rubric.details.index(detail)
                best = max(holders, key=lambda i: reading.points(wordings[i], 0.0, within=outcome.id)[index])
                result[best] = (*result[best], detail.id)


class _Reading:
    """A rubric prepared for comparing the wordings of one self-analysis with it."""

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric
        self.weights = _weights_of(rubric)
        self.home = {d.id: o.id for o in rubric.outcomes for d in o.details}
        self.codes = {_folded(alias): d.id for d in rubric.details for alias in (*d.aliases, d.id) if not stems(alias)}
        self._patterns = [r"\W+".join(map(re.escape, re.findall(r"\w+", o.text))) for o in rubric.outcomes]
        rare = log(1 + len(self.weights.names) / 2) - 1e-9
        self._telling = [
            (d.id, [n for n in names if all(self.weights(s) >= rare for s in n) or n == stems(d.label)])
            for d, names in zip(rubric.details, self.weights.names, strict=True)
        ]
        self._rests: dict[str, tuple[str, ...]] = {}
        self._alike: dict[tuple[str, ...], list[float]] = {}

    def rest(self, wording: Wording) -> tuple[str, ...]:
        """Stems of a wording without the text of an outcome that it repeats."""
        if wording.text not in self._rests:
            text = wording.text
            for pattern in self._patterns:
                cut = re.sub(pattern, " ", text, flags=re.I) if pattern else text
                if cut != text and stems(cut):
                    text = cut
            self._rests[wording.text] = stems(text)
        return self._rests[wording.text]

    def likeness_of(self, own: tuple[str, ...]) -> list[float]:
        if own not in self._alike:
            self._alike[own] = self.weights.detail_likenesses(own)
        return self._alike[own]

    def several(self, wording: Wording) -> tuple[str, ...]:
        """Details where the wording lists more than one, by number or by their short names."""
        tag = _read_tag(wording.text, self.rubric)
        if tag and len(tag.details) > 1:
            return tag.details
        own = self.rest(wording)
        if (tag and tag.details) or self._is_outcome(own):
            return ()
        held = self.weights.held(own)
        found = [detail for detail, telling in self._telling if any(held.issuperset(n) for n in telling)]
        same_home = {self.home[d] for d in found}
        if len(found) > 1 and len(same_home) == 1 and len(own) <= 3 + 2 * len(found):
            return tuple(found)
        return ()

    def only_outcome(self, wording: Wording) -> str | None:
        """The outcome, where the wording names that and no detail."""
        if self.codes.get(_folded(wording.text)):
            return None
        tag = _read_tag(wording.text, self.rubric)
        own = self.rest(wording)
        if tag and not tag.details and (not own or self._is_outcome(own) == tag.outcome.id):
            return tag.outcome.id
        if not tag and own and (outcome := self._is_outcome(own)):
            return outcome
        if not own and not tag and not wording.text.strip():
            return named_outcome(wording.context, self.rubric) if wording.context else None
        return None

    def _is_outcome(self, own: tuple[str, ...]) -> str | None:
        if not own:
            return None
        best, whole = self.weights.likeliest_outcome(own)
        return best if whole >= _FULL and whole > max(self.likeness_of(own), default=0.0) + 0.02 else None

    def points(self, wording: Wording, order: float, within: str | None = None) -> list[float]:
        """Points of every detail for one wording."""
        tag = _read_tag(wording.text, self.rubric)
        code = self.codes.get(_folded(wording.text)) or (tag and self.codes.get(_folded(wording.text[: tag.end])))
        context = tag.outcome.id if tag and tag.worded else named_outcome(wording.context, self.rubric) if wording.context else None
        if tag and context is None and tag.details:
            context = tag.outcome.id
        alike = self.likeness_of(self.rest(wording))
        hints = self.likeness_of(stems(wording.hint)) if wording.hint else [0.0] * len(alike)
        points = []
        for n, detail in enumerate(self.rubric.details):
            home = self.home[detail.id]
            if within is not None:
                points.append(-1.0 if home != within else _ENOUGH + alike[n] + hints[n] - 0.01 * n)
                continue
            value = alike[n]
            if code == detail.id and not stems(wording.text):
                value += _CODE_POINTS
            elif (tag and detail.id in tag.details) or code == detail.id:
                value += _NUMBER_POINTS
            # Order and context break ties; alone they name nothing.
            if value > 0.1:
                value += _HINT_POINTS * hints[n] - _ORDER_POINTS * abs(order - n / len(alike))
                if context is not None:
                    value += _CONTEXT_POINTS if home == context else -_CONTEXT_POINTS
            points.append(value)
        return points


def _assign(scored: list[list[float]]) -> list[int | None]:
    """The best sum of points with one row a detail; a row that would lose much by it keeps its own best detail."""
    if not scored:
        return []
    given = {row: column for column, row in enumerate(_matching([list(column) for column in zip(*scored, strict=True)]))}
    chosen: list[int | None] = []
    for n, row in enumerate(scored):
        best = max(range(len(row)), key=lambda d: row[d])
        column = given.get(n)
        pick = column if column is not None and row[column] >= _ENOUGH and row[column] >= row[best] - 0.3 else best
        chosen.append(pick if row[pick] >= _ENOUGH else None)
    return chosen


def _matching(points: list[list[float]]) -> list[int]:
    """For every detail the row that it gets in the best one-to-one assignment, -1 for none.

    Shortest augmenting paths with potentials (the Hungarian method of Kuhn and Munkres, 1955 and 1957), one detail after
    the other, in details times details times rows steps. Every detail may also get one of as many empty rows, worth 0.
    """
    details, rows = len(points), len(points[0])
    columns = rows + details
    cost = [[-max(v, 0.0) for v in line] + [0.0] * details for line in points]
    price_of_detail, price = [0.0] * details, [0.0] * columns
    holder = [-1] * columns
    for detail in range(details):
        distance, came_from, done = [inf] * columns, [-1] * columns, [False] * columns
        current, column, length = detail, -1, 0.0
        while True:
            nearest = -1
            for c in range(columns):
                if done[c]:
                    continue
                reach = length + cost[current][c] - price_of_detail[current] - price[c]
                if reach < distance[c] - 1e-12:
                    distance[c], came_from[c] = reach, column
                if nearest < 0 or distance[c] < distance[nearest]:
                    nearest = c
            column, length = nearest, distance[nearest]
            if holder[column] < 0:
                break
            done[column] = True
            current = holder[column]
        price_of_detail[detail] += length
        for c in range(columns):
            if done[c]:
                price[c] += distance[c] - length
                price_of_detail[holder[c]] += length - distance[c]
        while column >= 0:
            previous = came_from[column]
            holder[column] = holder[previous] if previous >= 0 else detail
            column = previous
    given = [-1] * details
    for row in range(rows):
        if holder[row] >= 0:
            given[holder[row]] = row
    return given


def _folded(text: str) -> str:
    return re.sub(r"[\s_]+", "", re.sub(r"\s*[:()\[\]–—.-]+\s*", ".", unicodedata.normalize("NFKC", text).casefold())).strip(".")
