"""Which stretch of which document is which part, and which of its words are the candidate's own.

Both questions compare the upload with the rubric's wording: parts are recognised by their names, pasted questions by their
text. Both err in one direction on purpose: prose is never dropped, and only a near-verbatim question is taken off.
"""

from mcscreen.parts.assignment import assign_parts
from mcscreen.parts.prompts import Span, find_prompts, own_words

__all__ = ["Span", "assign_parts", "find_prompts", "own_words"]
