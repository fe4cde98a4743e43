"""Which language a text is in, where that can be told.

The search knows English, so an assessor should hear of text in another language. The guess is py3langid's, a naive Bayes
classifier over byte n-grams (Lui & Baldwin 2012), which needs numpy only, brings its model along without pickle, and keeps
English by second-language writers English. It answers for anything, a list of names included, so it is asked only about
prose: enough words, written mostly in small letters, some of which come back. All else gets no answer, because a wrong
"this is not English" insults its writer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["FEWEST_WORDS", "language_of", "length_of", "name_of"]

FEWEST_WORDS = 40
"""Below this number of words nothing is said."""

_SURE = 0.95
_SMALL = 0.5
"""Share of the tokens of a text that must begin with a small letter."""

_REPEATED = 0.08
"""Share of a text's words that must have stood before in it: prose has articles and conjunctions, a list has not. Like the
share of small letters it is asked of scripts with capitals only."""

_ENGLISH = frozenset({"en", "pcm"})  # Nigerian Pidgin is what careful second-language English is most often taken for
_ENGLISH_WORDS = frozenset(
    """the and that were with their they this which these those have from what when who because would been our she his her for you
    your about how""".split()
)
"""Common in English prose, and words of hardly any other language."""

_PLAIN = 0.15
"""Share of such words from which on the classifier need not be asked: it costs more than all that is told of most texts."""

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NAMES = dict(
    pair.split(":")
    for pair in (
        "am:Amharic ar:Arabic bg:Bulgarian bn:Bengali bs:Bosnian ca:Catalan cs:Czech da:Danish de:German el:Greek en:English es:Spanish"
        " fa:Persian fi:Finnish fr:French gu:Gujarati he:Hebrew hi:Hindi hr:Croatian ht:Haitian_Creole hu:Hungarian hy:Armenian"
        " id:Indonesian ilo:Ilocano it:Italian ja:Japanese km:Khmer ko:Korean lo:Lao lt:Lithuanian ml:Malayalam mr:Marathi my:Burmese"
        " ne:Nepali nl:Dutch no:Norwegian om:Oromo pa:Punjabi pl:Polish ps:Pashto pt:Portuguese ro:Romanian ru:Russian rw:Kinyarwanda"
        " sk:Slovak so:Somali sq:Albanian sr:Serbian sv:Swedish sw:Swahili ta:Tamil te:Telugu th:Thai ti:Tigrinya tl:Tagalog tr:Turkish"
        " uk:Ukrainian ur:Urdu uz:Uzbek vi:Vietnamese yo:Yoruba zh:Chinese"
    ).split()
)


def language_of(text: str) -> str | None:
    """The language of a text as an ISO 639 code, or None where it is too short, no prose, or not sure.

    Args:
        text: Any text; its first 5,000 characters are looked at.
    """
    text = unicodedata.normalize("NFC", text[:5_000])
    words = _WORD.findall(text)
    if not _is_prose(text, words):
        return None
    if sum(w.casefold() in _ENGLISH_WORDS for w in words) >= _PLAIN * len(words):
        return "en"
    code, probability = _identifier().classify(text)
    code = "en" if code in _ENGLISH else str(code)
    return code if float(probability) >= _SURE else None


def name_of(code: str) -> str:
    """The English name of a language; "another language" for what is not among the usual ones."""
    return _NAMES.get(code, "another language").replace("_", " ")


def length_of(text: str) -> int:
    """Number of words; in scripts that are written without spaces, two characters count as one."""
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + len(_UNSPACED.findall(text)) // 2


def _is_prose(text: str, words: Sequence[str]) -> bool:
    if length_of(text) < FEWEST_WORDS:
        return False
    cased = [w for w in words if w[0].islower() or w[0].isupper()]
    if len(cased) <= len(words) / 2:
        return True
    small = sum(w[0].islower() for w in cased)
    repeated = len(words) - len({w.casefold() for w in words})
    return small >= _SMALL * max(len(words), len(text.split())) and repeated >= _REPEATED * len(words)


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
