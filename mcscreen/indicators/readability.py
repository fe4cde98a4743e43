"""Readability and lexical diversity: figures of the whole text, to be held beside the counts.

Reason: longer sentences and a richer vocabulary make any model more likely to see depth, so a study has to report them as
covariates. They say how a text is written, not how well its writer reflects, and punish second-language writers.

Formulas, written out because the usual libraries load word lists from a network or bring a plotting package:

- `words_per_sentence`; `characters_per_word`: letters and digits.
- `automated_readability_index`: 4.71 characters/word + 0.5 words/sentence - 21.43 (Smith & Senter 1967, AMRL-TR-66-220).
- `moving_average_ttr`: mean type-token ratio of all windows of 50 words (Covington & McFall 2010,
  doi 10.1080/09296171003643098); of all words when there are fewer.
- `mtld`: mean length of runs that keep a type-token ratio above 0.72, forward and backward averaged (McCarthy & Jarvis
  2010, doi 10.3758/BRM.42.2.381); left out below 50 words, where it says nothing.

Limits: words are runs of letters and digits, lower-cased, not lemmas. The index was made for American school texts. Below
100 words all figures are unsteady.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mcscreen.measurement import Measurement
from mcscreen.submission import Passage

__all__ = ["measure"]

WINDOW = 50
MTLD_RATIO = 0.72
MTLD_WORDS = 50

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def measure(sentences: Sequence[Passage]) -> Measurement:
    """Figures of the text; `count` is 0 and there are no spans. No figures when there are no words."""
    words = [w.lower().replace("’", "'") for p in sentences for w in _WORD.findall(p.text)]
    if not words:
        return Measurement("readability", 0, len(sentences))
    spoken = sum(1 for p in sentences if _WORD.search(p.text))
    length = len(words) / spoken
    characters = sum(c.isalnum() for w in words for c in w) / len(words)
    figures = {
        "words": float(len(words)),
        "words_per_sentence": length,
        "characters_per_word": characters,
        "automated_readability_index": 4.71 * characters + 0.5 * length - 21.43,
        "moving_average_ttr": _moving_average(words),
    }
    if len(words) >= MTLD_WORDS:
        figures["mtld"] = (_mtld(words) + _mtld(words[::-1])) / 2
    return Measurement("readability", 0, len(sentences), (), tuple((name, round(value, 4)) for name, value in figures.items()))


def _moving_average(words: Sequence[str]) -> float:
    window = min(WINDOW, len(words))
    inside = Counter(words[:window])
    total = len(inside)
    for leaving, entering in zip(words, words[window:], strict=False):
        inside[entering] += 1
        inside[leaving] -= 1
        if not inside[leaving]:
            del inside[leaving]
        total += len(inside)
    return total / window / (len(words) - window + 1)


def _mtld(words: Sequence[str]) -> float:
    factors, seen, size = 0.0, set[str](), 0
    ratio = 1.0
    for word in words:
        seen.add(word)
        size += 1
        ratio = len(seen) / size
        if ratio <= MTLD_RATIO:
            factors, seen, size, ratio = factors + 1, set(), 0, 1.0
    factors += (1 - ratio) / (1 - MTLD_RATIO)
    return len(words) / factors if factors else float(len(words))
