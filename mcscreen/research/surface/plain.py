"""Plain words for the words of schools and offices: "implemented" -> "used", "in order to" -> "to".

The list is our own. A pair was taken when the plain word can stand where the other stood, with the grammar around it, in most
sentences that teachers write about their work; it is a paraphrase and no synonym to the last shade, which is what happens
when somebody with fewer words says the same. Words are found by their dictionary form and take the ending of what they
replace; an article before them is mended ("an objective" -> "a goal").

The other way round there is a shorter list, since most plain words stand for several others. It puts the same question to texts
that are plain already: do they gain when the words of offices are written into them?
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from mcscreen.research.surface.grammar import indefinite
from mcscreen.research.surface.rewriting import Edit, Stretch, cased

__all__ = ["inflected", "office_pairs", "office_words", "pairs", "plain_words"]

_VERBS = """
accomplish: reach; accumulate: gather; acquire: get; adhere: stick; adjust: change; administer: give; allocate: give; analyze: study;
anticipate: expect; articulate: say; ascertain: find out; assist: help; attain: reach; augment: add to; cease: stop;
collaborate: work together; commence: begin; communicate: share; compile: gather; complete: finish; comprehend: understand;
conclude: end; conduct: run; construct: build; consult: ask; convene: call; convey: show; demonstrate: show; depict: show;
designate: name; determine: find out; develop: make; devise: plan; discontinue: stop; discuss: talk about; disseminate: spread;
distribute: hand out; elicit: draw; eliminate: drop; embed: build in; employ: use; enable: help; encounter: meet; encourage: urge;
endeavor: try; enhance: improve; ensure: make sure; enumerate: list; establish: set up; evaluate: check; examine: look at;
exhibit: show; expedite: speed up; facilitate: help; finalize: finish; formulate: shape; foster: build; generate: make;
identify: find; illustrate: show; implement: use; inform: tell; initiate: start; inquire: ask; instruct: teach; integrate: bring in;
investigate: look into; maintain: keep; mentor: guide; modify: change; monitor: check; necessitate: need; notify: tell;
observe: watch; obtain: get; occur: happen; participate: take part; perceive: see; permit: allow; possess: have; procure: get;
promote: support; provide: give; purchase: buy; receive: get; recommend: suggest; reinforce: strengthen; relinquish: give up;
remain: stay; render: give; request: ask for; require: need; reside: live; resolve: settle; respond: answer; retain: keep;
reveal: show; review: look over; schedule: plan; solicit: ask for; submit: hand in; summarize: sum up; supervise: watch over;
terminate: end; transmit: send; undertake: do; utilize: use; validate: check; verify: check; witness: see
"""
_NOUNS = """
accomplishment: success; achievement: success; adjustment: change; advancement: step; adolescent: teen; aptitude: skill;
aspiration: hope; assessment: test; assistance: help; capability: ability; challenge: problem; characteristic: trait;
colleague: coworker; collaboration: teamwork; commencement: start; competency: skill; component: part; concept: idea;
consequence: result; deficiency: lack; demonstration: show; dialogue: talk; difficulty: problem; discrepancy: gap;
documentation: record; educator: teacher; endeavor: effort; environment: setting; evaluation: check; facilitator: helper;
framework: plan; function: job; gathering: meeting; guideline: rule; implementation: use; improvement: gain; incentive: reward;
individual: person; initiative: plan; inquiry: question; instruction: teaching; instructor: teacher; intervention: step;
learner: student; methodology: method; modification: change; objective: goal; obstacle: barrier; opportunity: chance;
option: choice; outcome: result; parameter: limit; participant: member; personnel: staff; perspective: view; procedure: step;
proficiency: skill; protocol: routine; rationale: reason; recommendation: suggestion; requirement: need; resource: tool;
responsibility: duty; stakeholder: partner; strategy: method; transition: change; utilization: use; vicinity: area; viewpoint: view
"""
_ADJECTIVES = """
additional: extra; adequate: good enough; appropriate: right; beneficial: helpful; challenging: hard; collaborative: shared;
comprehensive: full; consistent: steady; critical: key; crucial: key; diverse: mixed; effective: good; essential: key;
evident: clear; exceptional: great; exemplary: very good; extensive: wide; frequent: common; fundamental: basic; immediate: quick;
inadequate: poor; initial: first; innovative: new; integral: key; meaningful: real; mandatory: required; numerous: many;
ongoing: steady; optimal: best; positive: good; primary: main; proficient: skilled; relevant: fitting; significant: big;
substantial: large; sufficient: enough; supplementary: extra; transparent: open; ultimate: final; valuable: useful; vital: key
"""
_ADVERBS = """
additionally: also; approximately: about; collaboratively: together; consequently: so; consistently: steadily; continually: always;
currently: now; effectively: well; frequently: often; furthermore: also; immediately: at once; individually: one by one;
initially: at first; intentionally: on purpose; moreover: also; nevertheless: still; nonetheless: still; occasionally: sometimes;
predominantly: mostly; previously: earlier; primarily: mainly; rapidly: quickly; regularly: often; significantly: much;
subsequently: later; successfully: well; therefore: so; thus: so; typically: usually; ultimately: in the end
"""
_PHRASES = """
in order to: to; prior to: before; due to the fact that: because; with regard to: about; with regards to: about;
with respect to: about; in addition to: besides; in addition: also; as well as: and; a number of: some; a variety of: many;
a wide range of: many; in the event that: if; at this point in time: now; for the purpose of: for; on a regular basis: often;
on a daily basis: every day; on a weekly basis: every week; in collaboration with: with; as a result of: because of;
in spite of: despite; subsequent to: after; the majority of: most of; in an effort to: to; take into consideration: consider;
in the process of: while; with the exception of: except; in close proximity to: near; the fact that: that
"""

_OFFICE = {
    "V": """
ask: request; begin: commence; build: construct; buy: purchase; check: verify; finish: complete; get: obtain; give: provide;
guide: mentor; help: assist; keep: maintain; learn: acquire; need: require; plan: devise; see: observe; show: demonstrate;
start: initiate; stop: discontinue; teach: instruct; tell: inform; try: endeavor; use: utilize; watch: observe; write: compose""",
    "N": """
chance: opportunity; child: learner; class: cohort; goal: objective; help: assistance; job: responsibility; kid: learner;
lesson: session; meeting: session; method: methodology; parent: caregiver; problem: challenge; result: outcome; rule: guideline;
skill: competency; step: procedure; student: learner; teacher: educator; test: assessment; tool: resource; way: approach""",
    "J": """
big: significant; full: comprehensive; good: effective; hard: challenging; key: essential; main: primary; new: innovative;
quick: prompt; shared: collaborative; useful: valuable; whole: entire""",
    "R": """
about: approximately; also: additionally; always: consistently; before: previously; mostly: primarily; now: currently;
often: frequently; quickly: rapidly; sometimes: occasionally; together: collaboratively; usually: typically""",
    "P": """
because of: due to; so that: in order that; every day: on a daily basis; every week: on a weekly basis; most of: the majority of""",
}

_PASTS = {
    "get": ("got", "got"),
    "stick": ("stuck", "stuck"),
    "give": ("gave", "given"),
    "say": ("said", "said"),
    "find": ("found", "found"),
    "begin": ("began", "begun"),
    "understand": ("understood", "understood"),
    "run": ("ran", "run"),
    "build": ("built", "built"),
    "show": ("showed", "shown"),
    "make": ("made", "made"),
    "spread": ("spread", "spread"),
    "draw": ("drew", "drawn"),
    "meet": ("met", "met"),
    "set": ("set", "set"),
    "speed": ("sped", "sped"),
    "tell": ("told", "told"),
    "teach": ("taught", "taught"),
    "bring": ("brought", "brought"),
    "keep": ("kept", "kept"),
    "take": ("took", "taken"),
    "see": ("saw", "seen"),
    "have": ("had", "had"),
    "buy": ("bought", "bought"),
    "send": ("sent", "sent"),
    "do": ("did", "done"),
}
_DOUBLED = frozenset({"stop", "plan", "drop", "get", "run", "begin", "set", "sum"})
_PLURALS = {"person": "people"}
_NOT_COUNTED = frozenset({"help", "teamwork", "teaching", "staff", "success"})
"""Nouns that have no plural here, or one that sounds like another thing."""

_TAGS = {"V": "VB", "N": "NN", "J": "JJ", "R": "RB"}


@cache
def pairs() -> dict[tuple[str, str], str]:
    """Every pair: (word, kind) -> plain word; kinds are V, N, J, R and P for a phrase."""
    return _read({"V": _VERBS, "N": _NOUNS, "J": _ADJECTIVES, "R": _ADVERBS, "P": _PHRASES})


@cache
def office_pairs() -> dict[tuple[str, str], str]:
    """Pairs the other way round: (plain word, kind) -> word of an office."""
    return _read(_OFFICE)


def _read(tables: Mapping[str, str]) -> dict[tuple[str, str], str]:
    entries = ((kind, *entry.split(":")) for kind, table in tables.items() for entry in table.split(";"))
    return {(" ".join(old.split()), kind): " ".join(new.split()) for kind, old, new in entries}


def plain_words(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Words and phrases of the list, each with its plain one in the same form."""
    return _replaced(stretch, pairs(), _phrases(tuple(old for old, kind in pairs() if kind == "P")))


def office_words(stretch: Stretch, seed: int) -> Iterator[Edit]:
    """Plain words, each with one of offices in the same form."""
    return _replaced(stretch, office_pairs(), _phrases(tuple(old for old, kind in office_pairs() if kind == "P")))


def _replaced(stretch: Stretch, known: Mapping[tuple[str, str], str], phrases: re.Pattern[str]) -> Iterator[Edit]:
    for match in phrases.finditer(stretch.text):
        yield Edit(match.start(), match.end(), cased(known[" ".join(match[0].lower().split()), "P"], match[0]))
    for number, word in enumerate(stretch.words):
        kind = next((k for k, tag in _TAGS.items() if word.tag.startswith(tag)), "")
        new = known.get((word.text.lower() if kind in ("J", "R") else word.lemma.lower(), kind))
        if new is None or not word.text.isalpha():
            continue
        start, text = word.start, cased(inflected(new, word.tag), word.text)
        before = stretch.words[number - 1] if number else None
        if before is not None and before.text.lower() in ("a", "an") and stretch.text[before.end : word.start] == " ":
            article = cased(indefinite(text), before.text)
            if article != before.text:
                start, text = before.start, f"{article} {text}"
        yield Edit(start, word.end, text)


def inflected(base: str, tag: str) -> str:
    """A word, or the first word of a phrase, in the form of a Penn Treebank tag."""
    first, _, rest = base.partition(" ")
    forms = {"VBZ": _third, "VBG": _present_participle, "VBD": lambda w: _past(w, 0), "VBN": lambda w: _past(w, 1), "NNS": _plural}
    form = forms.get(tag)
    return " ".join([form(first) if form else first, *([rest] if rest else [])])


def _third(word: str) -> str:
    return "has" if word == "have" else _with_s(word)


def _plural(word: str) -> str:
    return word if word in _NOT_COUNTED else _PLURALS.get(word) or _with_s(word)


def _with_s(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(?:s|x|z|ch|sh|o)$", word) else f"{word}s"


def _past(word: str, which: int) -> str:
    if word in _PASTS:
        return _PASTS[word][which]
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ied"
    return f"{word}d" if word.endswith("e") else f"{_stem(word)}ed"


def _present_participle(word: str) -> str:
    return f"{word[:-1]}ing" if re.search(r"[^eo]e$", word) else f"{_stem(word)}ing"


def _stem(word: str) -> str:
    return word + word[-1] if word in _DOUBLED else word


@cache
def _phrases(listed: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(listed, key=len, reverse=True)
    return re.compile(r"(?i)\b(?:" + "|".join(r"\s".join(map(re.escape, p.split())) for p in longest_first) + r")\b")
