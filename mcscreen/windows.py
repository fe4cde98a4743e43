"""How a text is cut for an encoder that reads a stretch at a time and gives vectors of the sentences in it.

A sentence is looked at in two ways: by itself, and with the sentence before and the one after it. Encoding the two texts apart
costs each sentence four passes. An encoder that was taught to can give both from one pass over a stretch: the tokens of a
sentence, and those of the three, are averaged after they have seen the stretch. A window holds whole sentences, up to a number of
tokens, and one more sentence at either end that is only looked at.

How a text is cut depends on nothing but its sentences and their order, so equal texts get equal vectors in any company.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["MOST", "ROOM", "Window", "in_context", "neighbourhoods", "windows"]

ROOM = 128
"""Tokens of the sentences that a window gives vectors of."""

MOST = 160
"""Tokens of a sentence; what is longer is cut. Three such sentences still fit an encoder that takes 512."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences that are read in one pass.

    Attributes:
        first: The first sentence that is read.
        last: One past the last that is read.
        begin: The first sentence whose vectors are taken.
        end: One past the last whose vectors are taken.
    """

    first: int
    last: int
    begin: int
    end: int


def windows(lengths: Sequence[int], room: int = ROOM) -> list[Window]:
    """Windows over a text, in order; each sentence's vectors are taken from one of them.

    Args:
        lengths: Tokens of each sentence, cut to `MOST`.
        room: Tokens of the sentences whose vectors are taken; a single longer sentence gets a window of its own.
    """
    found = []
    begin = held = 0
    for at, length in enumerate(lengths):
        if at > begin and held + length > room:
            found.append((begin, at))
            begin, held = at, 0
        held += length
    if lengths:
        found.append((begin, len(lengths)))
    return [Window(max(0, a - 1), min(len(lengths), b + 1), a, b) for a, b in found]


class _Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> Floats: ...


@runtime_checkable
class _ReadsStretches(Protocol):
    @property
    def reads_stretches(self) -> bool: ...

    def encode_stretch(self, texts: Sequence[str]) -> tuple[Floats, Floats]: ...


def in_context(encoder: _Encoder, texts: Sequence[str]) -> tuple[Floats, Floats]:
    """Vectors of a text's sentences, alone and with their neighbours, by as few passes as the encoder needs.

    Args:
        encoder: One that reads stretches, or any other.
        texts: Sentences of one text in their order.

    Returns:
        Two arrays of shape (texts, dimension): of each sentence by itself, and of it with the one before and the one after it.
    """
    if isinstance(encoder, _ReadsStretches) and encoder.reads_stretches:
        return encoder.encode_stretch(texts)
    return encoder.encode(texts), encoder.encode(neighbourhoods(texts))


def neighbourhoods(texts: Sequence[str]) -> list[str]:
    """Each text with the one before and the one after it."""
    return [" ".join(texts[max(0, i - 1) : i + 2]) for i in range(len(texts))]
