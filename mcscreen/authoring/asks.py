"""Splitting one sentence of a rubric into the several things that it asks for.

"What worked, what did not and what would you do differently?" is three asks, and an answer to one of them says nothing
about the other two. "Celebrate and recognize achievement" is one. The difference is grammar, not vocabulary, so it is read
off the part-of-speech tags and the dependency parse:

- several sentences, and several questions joined in one sentence, are several asks;
- coordinated verbs are several asks when each has words of its own ("understand their responsibilities and are
  entrusted"), and one when they share everything ("monitor and evaluate progress");
- a list of three or more things is several asks where it is what the sentence is about, not inside a relative clause
  ("a culture that conveys expectations, support and respect") nor joined by "or";
- three or more adverbs or adjectives are several asks only when they name domains ("academically, socially and
  physically"), not when they name manners ("clearly, fairly and promptly").

Small parsers mistake an imperative's first verb for a noun ("Model sustainable habits"), so an imperative is parsed with
"They must" in front. The result is a proposal for the rubric's owner, who knows what is meant.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mcscreen.language import english, parse

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token

__all__ = ["sentences", "slugs", "split_ask"]

_SENTENCE_END = re.compile(r"(?<=[.?!])[\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9])")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|Dr|Mr|Mrs|Ms|St|No|Inc|pp?|Fig)\.|\b[A-Z]\.)$")
_QUOTES = str.maketrans("‘’“”", "''\"\"")
_WH = frozenset({"what", "which", "how", "why", "where", "when", "who", "whose", "whom"})
_BARE_REASON = re.compile(r"(?:\w+ )?(?:why|how|how so)", re.IGNORECASE)
_JOINERS = frozenset({",", ";", "and", "&", "as", "well", "also", "then"})
_AUXILIARIES = frozenset({"do", "does", "did", "have", "has", "had", "is", "are", "was", "were", "can", "could", "will", "would", "should"})
_FRAMING = re.compile(r"(?:reflect (?:up)?on|think (?:about|of|back)|consider|looking back|imagine)\b", re.IGNORECASE)
_TOLD = re.compile(
    r"(?:names|describes|says|explains|gives|reflects|shows|identifies|tells|states|lists|shares|provides|discusses|reports|demonstrates|"
    r"evaluates|analy[sz]es|compares|uses|includes|presents|considers)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:the|an?|each|every|all|most|any|their|your|his|her|its)\b", re.IGNORECASE)
_OPEN_PATH = frozenset({"ROOT", "xcomp", "ccomp", "advcl", "conj", "pcomp", "prep", "dobj", "pobj"})
_DOMAIN_ADVERB = re.compile(r"[a-z]{3,}(?:ally|orally|ively)$", re.IGNORECASE)
_DOMAIN_ADJECTIVE = re.compile(r"[a-z]{2,}(?:al|ic|ary|oral|ural)$", re.IGNORECASE)
_MANNER = re.compile(r"(?!(?:apply|comply|multiply|rely|reply|supply)$)\w+ly$")
_HEAD_OF_LIST = frozenset({"NOUN", "PROPN", "PRON"})
_LEAST_LIST = 3
_LONGEST_SENTENCE = 2_000
"""Characters; what is longer is no sentence, and the parser's time grows with it."""
_VERBS_LIKE_NOUNS = frozenset(
    re.findall(
        r"[a-z]+",
        "access act address aim amend answer approach arrange assign audit balance benchmark blend brief care chair "
        "champion chart check coach compact compare conference contact convene coordinate craft critique curate debate "
        "debrief delegate design direct document draft engage evidence exhibit fade feature form foster frame fund guide "
        "host involve label lead link list log map mark match measure mentor model monitor name note offer open orient "
        "pair partner pilot plan post practice present prompt question rank rate reach record redesign reform regroup "
        "rehearse release renew repair report request respect respond restore review revise reward rotate safeguard "
        "sample scaffold schedule screen seat secure select separate shape share signal sort steer steward structure "
        "supply support target track train transfer treat use value visit voice watch weed welcome",
    )
)
_FRAME_VERBS = frozenset(
    re.findall(
        r"[a-z]+",
        "describe explain give provide submit include feel say state share show discuss identify tell summarize write also",
    )
)
_STOP = frozenset(
    re.findall(
        r"[a-z]+",
        "a an the of to in on for with by from at as and or but that this these those your their its his her our my you "
        "they it we i what which how why where when who whose is are was were be been being do does did have has had "
        "will would can could should may might must each every all any some such other own not most more few very",
    )
)


def sentences(text: str) -> list[str]:
    """The sentences of a rubric's text, by punctuation: parsers stumble over the lists that rubrics are made of."""
    found: list[str] = []
    for piece in _SENTENCE_END.split(" ".join(text.split())):
        if found and _ABBREVIATED.search(found[-1]):
            found[-1] += " " + piece
        elif piece:
            found.append(piece)
    return found


def split_ask(text: str, language: Language | None = None) -> list[str]:
    """The single asks that a text of a rubric makes, in order; one element when it makes one.

    A sentence that only sets the scene ("Reflect on the routine you put in place.") is dropped when a question follows.

    Args:
        text: A question, a demand or an essential outcome; any number of sentences.
        language: spaCy pipeline with tagger and parser; `mcscreen.language.english()` by default.

    Raises:
        MissingExtra, ModelError: When no pipeline is installed.
    """
    language = language or english()
    parts = sentences(text)
    asks: list[str] = []
    for number, sentence in enumerate(parts):
        if number + 1 < len(parts) and parts[number + 1].endswith("?") and _sets_the_scene(sentence):
            continue
        asks.extend(_split_sentence(sentence, language))
    tidy: list[str] = []
    for ask in (t for t in map(_tidy, asks) if t):
        if tidy and _BARE_REASON.fullmatch(ask):
            tidy[-1] += f" and {ask[:1].lower()}{ask[1:]}"
        else:
            tidy.append(ask)
    return _complete_ellipsis(tidy, language) or [_tidy(text)]


def slugs(asks: Sequence[str], language: Language | None = None, taken: Iterable[str] = ()) -> list[str]:
    """A short unique name for each ask: the first word or two that set it apart from its siblings.

    Args:
        asks: Sibling asks.
        language: spaCy pipeline; `mcscreen.language.english()` by default.
        taken: Names that are used already.
    """
    language = language or english()
    words = [
        [w for w in re.findall(r"[a-z]+", a.translate(_QUOTES).replace("'s", "").lower()) if w not in _STOP and len(w) > 1] for a in asks
    ]
    used = set(taken)
    names: list[str] = []
    for number, own in enumerate(words):
        others = {w for i, other in enumerate(words) if i != number for w in other}
        apart = [w for w in own if w not in others] or own or ["ask"]
        apart = [w for w in apart if w not in _FRAME_VERBS] or apart
        if "not" in re.findall(r"[a-z]+", asks[number].lower()) and len(asks[number].split()) <= 5:
            apart = ["not_" + (own[0] if own else "so")]
        base = apart[0]
        name = base
        if name in used and len(apart) > 1:
            name = base = f"{apart[0]}_{apart[1]}"
        count = 2
        while name in used:
            name = f"{base}{count}"
            count += 1
        used.add(name)
        names.append(name[:40])
    return names


def _sets_the_scene(sentence: str) -> bool:
    words = set(re.findall(r"[a-z]+", sentence.lower()))
    return bool(_FRAMING.match(sentence)) and not words & _WH and "and" not in words


def _split_sentence(sentence: str, language: Language) -> list[str]:
    if len(sentence) > _LONGEST_SENTENCE:
        return [sentence]
    parsed, source, lead = _parse(sentence, language)
    questions = _questions(parsed)
    if len(questions) > 1:
        mark = "?" if sentence.endswith("?") else ""
        pieces = [_tidy(source[max(start, lead) : end]) + mark for start, end in questions]
        return [ask for piece in pieces for ask in _split_sentence(piece, language)]
    pieces = (_demand_pieces(parsed, source) if source.startswith("They must ") else []) or _verb_pieces(parsed, source)
    if any(not p.startswith(source[:lead]) for p in pieces):
        pieces = []  # the parse took the words in front for part of a list
    asks: list[str] = []
    for piece in [p[lead:] for p in pieces] or [sentence]:
        parsed, source, lead = _parse(piece, language)
        asks.extend(p[lead:] for p in _repeated_pieces(parsed, source) or _list_pieces(parsed, source) or [source])
    return asks


def _parse(sentence: str, language: Language) -> tuple[Doc, str, int]:
    """The parse, the text that it is of, and how many characters were put in front."""
    lead = "" if _is_question(sentence) or _NAMED.match(sentence) else "She " if _TOLD.match(sentence) else "They must "
    source = lead + (sentence[:1].lower() + sentence[1:] if lead and not sentence[1:2].isupper() else sentence)
    return parse(language, source.translate(_QUOTES)), source, len(lead)


def _is_question(sentence: str) -> bool:
    words = re.findall(r"[a-z]+", sentence.lower())
    return (
        sentence.rstrip().endswith("?")
        or bool(words[:1] and (words[0] in _WH or words[0] in _AUXILIARIES))
        or bool(words[1:2] and words[1] in _WH)
    )


def _questions(parsed: Doc) -> list[tuple[int, int]]:
    """Spans of the questions (direct or indirect) that a sentence joins; one span when it joins none."""
    asked = parsed[0].lower_ in _WH or (len(parsed) > 1 and parsed[1].lower_ in _WH) or parsed.text.rstrip().endswith("?")
    starts = [0]
    for token in parsed:
        first = token.i - 1 if token.i and parsed[token.i - 1].pos_ == "ADP" else token.i
        if token.lower_ not in _WH or first < 2:
            continue
        before = first - 1
        while before > 0 and parsed[before].lower_ in _JOINERS:
            before -= 1
        joined = {t.lower_ for t in parsed[before + 1 : first]}
        if not joined & {",", ";", "and", "&"} or (parsed[before].lower_ in _WH and parsed[before - 1].lower_ != "and"):
            continue
        if not joined & {"and", "&", ";"} and not (asked and _asks_on(parsed, token)):
            continue  # ", which ..." in a demand is a relative clause
        reason = token.lower_ == "why" and parsed[min(token.i + 1, len(parsed) - 1)].lower_ in ("it", "they", "this", "that")
        if _has_clause(parsed, token.i) and before >= starts[-1] and not reason:
            starts.append(first)
    if asked and len(starts) > 1 and parsed[0].pos_ in ("ADP", "SCONJ", "VERB") and not any(t.lower_ in _WH for t in parsed[: starts[1]]):
        del starts[1]  # "Looking across the year, what worked?" is one question
    bounds = [parsed[i].idx for i in starts] + [len(parsed.text)]
    return list(itertools.pairwise(bounds))


def _asks_on(parsed: Doc, token: Token) -> bool:
    """Whether a wh-word after a mere comma goes on asking: a further "and what ..." or the end of a question follows."""
    return any(t.lower_ in _WH for t in parsed[token.i + 1 :]) or parsed.text.rstrip().endswith("?")


def _has_clause(parsed: Doc, start: int) -> bool:
    """Whether a clause of its own follows a wh-word, not a bare "and why"."""
    for token in parsed[start + 1 :]:
        if token.pos_ in ("VERB", "AUX"):
            return True
        if token.lower_ in (",", ";", "?", "and") and token.i <= start + 1:
            return False
    return False


def _demand_pieces(parsed: Doc, source: str) -> list[str]:
    """The demands that an imperative lists ("Define ..., use ..., and report ..."), by their base forms after commas and "and"."""
    root = next((t for t in parsed if t.dep_ == "ROOT"), parsed[0])
    if root.i < 2:
        return []
    found: list[tuple[int, Token]] = []
    oxford: set[int] = set()
    for token in parsed[root.i + 1 : -1]:
        before = token.i - 1
        while before > root.i and parsed[before].lower_ in _JOINERS:
            before -= 1
        joined = {t.lower_ for t in parsed[before + 1 : token.i]}
        own_words = parsed[token.i + 1].lower_ not in {",", "and", "or", "."}
        base = token.tag_ == "VB" or (token.pos_ == "VERB" and token.lemma_ == token.lower_ and own_words)
        base = base and not _MANNER.match(token.lower_)
        verb = base or (token.lower_ in _VERBS_LIKE_NOUNS and own_words and parsed[token.i + 1].lower_ not in ("of", "for"))
        if joined & {",", ";", "and", "&"} and verb:
            found.append((token.i, _partner(token, root, comma="," in joined)))
            if "," in joined:
                oxford.add(token.i)
    starts = [root.i]
    for start, partner in found:
        since = [t for t in parsed[starts[-1] + 1 : start] if t.lower_ not in _JOINERS and not t.is_punct]
        listed = start in oxford and len(starts) > 1
        if (partner.i in starts or listed) and any(t.tag_ != "VB" for t in since):
            starts.append(start)
    if len(starts) < 2:
        return []
    prefix = source[: parsed[root.i].idx]
    bounds = [parsed[i].idx for i in starts] + [len(source)]
    return [prefix + _trim(source[a:b]) for a, b in itertools.pairwise(bounds)]


def _partner(token: Token, root: Token, *, comma: bool) -> Token:
    """The verb that a listed verb is coordinated with: the root unless the parse, where it can be believed, says otherwise."""
    head = token
    while head.dep_ == "conj" and head.head.pos_ in ("VERB", "AUX"):
        head = head.head
    if head.i == token.i or head.i == root.i:
        return root
    if comma and not _on_main_path(head):
        return root
    return head


def _repeated_pieces(parsed: Doc, source: str) -> list[str]:
    """The sentence once for each repetition of a preposition ("on what failed and on whom it helped")."""
    for first in parsed:
        if first.pos_ not in ("ADP", "PART") or not _on_main_path(first) or first.tag_ == "POS":
            continue
        starts = [first.i]
        for token in parsed[first.i + 2 :]:
            if token.lower_ == first.lower_ and token.tag_ == first.tag_ and parsed[token.i - 1].lower_ in (",", "and"):
                starts.append(token.i)
        if len(starts) > 1:
            bounds = [parsed[i].idx for i in starts] + [len(source)]
            return [source[: parsed[first.i].idx] + _trim(source[a:b]) for a, b in itertools.pairwise(bounds)]
    return []


def _verb_pieces(parsed: Doc, source: str) -> list[str]:
    """The sentence once for each coordinated verb that has words of its own."""
    for head in parsed:
        if head.pos_ not in ("VERB", "AUX") or head.dep_ == "conj" or not _on_main_path(head):
            continue
        chain = _chain(head)
        if len(chain) < 2 or any(t.lower_ == "or" for v in chain for t in v.children if t.dep_ == "cc"):
            continue
        starts = [_clause_start(v, head) for v in chain]
        kept = [starts[0]]
        for earlier, start in zip(chain, starts[1:], strict=False):
            between = [t for t in parsed[earlier.i + 1 : start] if t.lower_ not in _JOINERS and not t.is_punct]
            if between and start > kept[-1] and parsed[start - 1].lower_ in _JOINERS:
                kept.append(start)
        if len(kept) < 2:
            continue
        prefix = source[: parsed[kept[0]].idx]
        bounds = [parsed[i].idx for i in kept] + [len(source)]
        return [prefix + _trim(source[a:b]) for a, b in itertools.pairwise(bounds)]
    return []


def _list_pieces(parsed: Doc, source: str) -> list[str]:
    """The sentence once for each item of its list of three or more."""
    items = _listed(parsed, "ADV", _DOMAIN_ADVERB) or _listed(parsed, "ADJ", _DOMAIN_ADJECTIVE) or _listed_nouns(parsed)
    if not items:
        return []
    prefix = source[: items[0][0]]
    suffix = source[items[-1][1] :]
    return [prefix + source[start:end] + suffix for start, end in items]


def _listed(parsed: Doc, pos: str, domain: re.Pattern[str]) -> list[tuple[int, int]]:
    """Spans of a run "a, b, and c" of words of one class that all name domains; empty when shorter than three."""
    run: list[Token] = []
    for token in [*parsed, None]:
        fits = token is not None and domain.match(token.text) and token.pos_ in ((pos,) if pos == "ADV" else (pos, "NOUN", "PROPN"))
        if token is not None and fits and (not run or token.i - run[-1].i > 1):
            run.append(token)
        elif token is not None and run and token.lower_ in (",", "and", "&"):
            continue
        elif token is not None and run and token.lower_ == "or":
            run = []
        else:
            if len(run) >= _LEAST_LIST:
                break
            run = [token] if token is not None and fits else []
    return [(t.idx, t.idx + len(t)) for t in run] if len(run) >= _LEAST_LIST else []


def _listed_nouns(parsed: Doc) -> list[tuple[int, int]]:
    for head in parsed:
        if head.pos_ not in _HEAD_OF_LIST or head.dep_ not in ("dobj", "pobj") or not _on_main_path(head):
            continue
        chain = [t for t in _chain(head) if t.pos_ in _HEAD_OF_LIST]
        if len(chain) < _LEAST_LIST or any(c.lower_ == "or" for t in chain for c in t.children if c.dep_ == "cc"):
            continue
        spans: list[tuple[int, int]] = []
        for token in chain:
            own = [
                t
                for t in token.subtree
                if not any(o.i != token.i and (o.is_ancestor(t) or o.i == t.i) for o in chain if token.is_ancestor(o))
            ]
            own = [t for t in own if not (t.dep_ in ("cc", "punct") and t.head.i == token.i and t.i > token.i)]
            spans.append((own[0].idx, own[-1].idx + len(own[-1])))
        shared = any(c.dep_ in ("poss", "det") for c in chain[0].children) and not any(
            c.dep_ in ("poss", "det") for t in chain[1:] for c in t.children
        )
        described = sum(1 for start, end in spans if " " in parsed.text[start:end])
        if not shared and described * 2 >= len(spans) and all(a[1] <= b[0] for a, b in itertools.pairwise(spans)):
            return spans
    return []


def _chain(head: Token) -> list[Token]:
    """A token and all tokens that are coordinated with it, in order."""
    chain = [head]
    for token in chain:
        chain.extend(c for c in token.children if c.dep_ == "conj" and c.pos_ in _alike(head))
    return sorted(chain, key=lambda t: t.i)


def _alike(head: Token) -> tuple[str, ...]:
    return ("VERB", "AUX") if head.pos_ in ("VERB", "AUX") else ("NOUN", "PROPN", "PRON")


def _clause_start(verb: Token, head: Token) -> int:
    """Index of the first word of a coordinated clause; for the first of the chain the verb itself and its auxiliaries."""
    own = [c for c in verb.lefts if c.dep_ not in ("cc", "punct", "conj")]
    if verb.i == head.i:
        own = [c for c in own if c.dep_ in ("aux", "auxpass", "neg", "advmod") and c.lower_ not in ("to", "must")]
        own = [c for c in own if c.lower_ not in _WH]
    return min((min(t.i for t in c.subtree) for c in own), default=verb.i)


def _on_main_path(token: Token) -> bool:
    """Whether the way from a token to the root leaves no relative clause."""
    while token.dep_ != "ROOT":
        if token.dep_ not in _OPEN_PATH:
            return False
        token = token.head
    return True


def _trim(piece: str) -> str:
    return re.sub(r"(?:[\s,;]|\band\b)+$", "", piece).rstrip()


def _tidy(ask: str) -> str:
    text = re.sub(r"^(?:[\s,;]|(?:and|also|then)\b)+", "", ask.strip())
    text = re.sub(r"(?:[\s,;:.?!]|\band\b)+$", "", text)
    return text[:1].upper() + text[1:]


def _complete_ellipsis(asks: list[str], language: Language) -> list[str]:
    """Spell out "what did not" after "what worked"."""
    completed: list[str] = []
    for ask in asks:
        words = ask.lower().translate(_QUOTES).split()
        if completed and len(words) <= 4 and words[-1:] == ["not"] and words[-2:-1] and words[-2] in ("did", "does", "do"):
            verbs = [t.lemma_ for t in parse(language, completed[-1]) if t.pos_ == "VERB"]
            ask = f"{ask} {verbs[-1]}" if verbs else ask
        completed.append(ask)
    return completed
