"""The sentence labels as a component of a spaCy pipeline: `nlp.add_pipe("mcscreen_reflection")`.

This module is imported by the entry point `spacy_factories` and by nothing else of the package, because registering a factory
needs spaCy at once.

What the component finds is kept in one place, the span group `doc.spans["mcscreen_reflection"]`: a span a sentence, with the
label as the span's label and the probabilities among the group's attributes. spaCy writes span groups with a document, so
labels survive `to_bytes`, `DocBin` and the worker processes of `nlp.pipe`; `doc._.reflection` and `span._.reflection` only
read them. The weights are loaded when the first text comes, and the component writes them into the pipeline's folder as the
same files that they came in, so a saved pipeline needs nothing but the encoder, which mcscreen ships.
"""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from mcscreen.errors import ModelError
from mcscreen.private_files import put, scratch_folder
from mcscreen.reflection.labels import DEEP, GROUPS, LABELS, UNCERTAIN, Label, Labeller, load_labeller
from mcscreen.shipped import shipped

__all__ = ["FACTORY", "GROUP", "ReflectionComponent", "make_reflection"]

FACTORY = "mcscreen_reflection"
GROUP = "mcscreen_reflection"
"""Name of the span group."""

_MODEL = "model.toml"

_log = logging.getLogger("mcscreen.research.component")


class ReflectionComponent:
    """Labels the sentences of a document; each is judged alone.

    Args:
        name: In the pipeline.
        folder: Folder of a labeller's model; the shipped one if None.
        abstain: Probability below which a label and a group are withheld ("uncertain"), instead of those in the model's TOML; 0
            withholds nothing.

    Raises:
        ValueError: `abstain` is not between 0 and 1.
    """

    def __init__(self, name: str = FACTORY, folder: str | None = None, abstain: float | None = None) -> None:
        if abstain is not None and not 0 <= abstain <= 1:
            raise ValueError(f"{name}: abstain is {abstain}; give a probability from 0 to 1, or None for the model's own")
        self.name = name
        self.folder = folder
        self.abstain = abstain
        self._content: dict[str, bytes] | None = None
        self._labeller: Labeller | None = None
        _register()

    def __call__(self, doc: Doc) -> Doc:
        """Label a document's sentences and store them in its span group.

        Raises:
            ValueError: The document has no sentence boundaries.
            ModelError: The labeller or its encoder cannot be loaded.
        """
        sentences = _sentences(doc, self.name)
        labels = self.labeller.predict([s.text.strip() for s in sentences]) if sentences else []
        spans = [Span(doc, s.start, s.end, label=label.label) for s, label in zip(sentences, labels, strict=True)]
        # Keyed by offset, so that taking spans out of the group leaves the others their probabilities.
        kept = {str(s.start_char): [label.group, *label.probabilities] for s, label in zip(sentences, labels, strict=True)}
        doc.spans[GROUP] = SpanGroup(doc, name=GROUP, attrs={"labels": kept}, spans=spans)
        return doc

    @property
    def labeller(self) -> Labeller:
        """The labeller, loaded when it is first needed.

        Raises:
            ModelError: The labeller or its encoder cannot be loaded.
        """
        if self._labeller is None:
            self._labeller = self._loaded()
        return self._labeller

    def _loaded(self) -> Labeller:
        from mcscreen.matchers import load_encoder

        content = self._contents()
        # `load_labeller` checks files on the disk; those of a pipeline that was read from bytes are put there for it.
        with scratch_folder() as folder:
            for name, data in content.items():
                (folder / name).write_bytes(data)
            labeller = load_labeller(load_encoder(), folder)
        if self.abstain is not None:
            limits = {"abstain_below": self.abstain, "abstain_group_below": self.abstain}
            labeller.model = labeller.model.model_copy(update=limits)
        return labeller

    def _contents(self) -> dict[str, bytes]:
        if self._content is None:
            place = Path(self.folder) if self.folder else shipped("models") / "reflection"
            self._content = _read(place, f"{self.name}: ")
        return self._content

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the labeller's files into a folder.

        Raises:
            ModelError: The labeller's own folder cannot be read.
        """
        for name, data in self._contents().items():
            put(Path(path) / name, data)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> ReflectionComponent:
        """Take the labeller from a folder that `to_disk` wrote, instead of the one in the config.

        Raises:
            ModelError: A file is missing.
        """
        return self._take(_read(Path(path), f"{self.name}: "))

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The labeller's files, one after the other behind a line that says how long each is."""
        content = self._contents()
        head = json.dumps({name: len(data) for name, data in content.items()}).encode("ascii")
        return head + b"\n" + b"".join(content.values())

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> ReflectionComponent:
        """Take the labeller from what `to_bytes` gave.

        Raises:
            ModelError: The bytes are something else.
        """
        head, _, rest = data.partition(b"\n")
        try:
            lengths = {str(name): int(length) for name, length in json.loads(head).items()}
        except (ValueError, AttributeError, TypeError, RecursionError):
            lengths = {}
        if _MODEL not in lengths or not all(map(_plain_name, lengths)) or min(lengths.values()) < 0 or sum(lengths.values()) != len(rest):
            raise ModelError(f"{self.name}: these are not the bytes of such a component; give what its to_bytes returned")
        content, at = {}, 0
        for name, length in lengths.items():
            content[name], at = rest[at : at + length], at + length
        return self._take(content)

    def _take(self, content: dict[str, bytes]) -> ReflectionComponent:
        self._content, self._labeller = content, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Without the encoder's session, which cannot go to another process; it is loaded anew there."""
        return {**self.__dict__, "_labeller": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        _register()


def make_reflection(nlp: Language, name: str, folder: str | None, abstain: float | None) -> ReflectionComponent:
    """Make the component for a pipeline; spaCy calls it.

    Raises:
        ValueError: `abstain` is not between 0 and 1.
    """
    if nlp.lang not in ("en", "xx"):
        _log.warning("%s: the labels were fitted on English; this pipeline's language is %s", name, nlp.lang)
    return ReflectionComponent(name, folder, abstain)


Language.factory(
    FACTORY,
    default_config={"folder": None, "abstain": None},
    assigns=["doc.spans", "doc._.reflection", "span._.reflection"],
    requires=["token.is_sent_start"],
    func=make_reflection,
)


def _read(folder: Path, who: str) -> dict[str, bytes]:
    """A labeller's model.toml and the files that it names."""
    try:
        model = (folder / _MODEL).read_bytes()
        named = tomllib.loads(model.decode("utf-8")).get("files", {})
        if not isinstance(named, dict) or not all(map(_plain_name, named)):
            raise ModelError(f"{who}{folder / _MODEL}: [files] must hold names of files in this folder")
        return {_MODEL: model, **{name: (folder / name).read_bytes() for name in named}}
    except OSError as error:
        raise ModelError(f"{who}{error.filename or folder}: cannot be read; give the folder of a labeller's model") from None
    except ValueError as error:
        raise ModelError(
            f"{who}{folder / _MODEL}: not valid TOML ({type(error).__name__}); give the folder of a labeller's model"
        ) from None


def _plain_name(name: str) -> bool:
    return Path(name).name == name and "\\" not in name


def _sentences(doc: Doc, name: str) -> list[Span]:
    if not len(doc):
        return []
    if not doc.has_annotation("SENT_START"):
        raise ValueError(f'{name} labels sentences, and this document has none marked; add "sentencizer", "senter" or "parser" before it')
    return list(doc.sents)


def _register() -> None:
    if not Doc.has_extension("reflection"):
        Doc.set_extension("reflection", getter=_of_doc)
    if not Span.has_extension("reflection"):
        Span.set_extension("reflection", getter=_of_span)


def _of_doc(doc: Doc) -> list[Label]:
    """Labels of the spans in the group, in order: one a sentence."""
    if GROUP not in doc.spans:
        return []
    group = doc.spans[GROUP]
    found = (_label(group, span) for span in sorted(group, key=lambda s: s.start))
    return [label for label in found if label is not None]


def _of_span(span: Span) -> Label | None:
    """Label of a sentence; None for a span that is not just one labelled sentence."""
    if GROUP not in span.doc.spans:
        return None
    group = span.doc.spans[GROUP]
    return next((_label(group, s) for s in group if (s.start, s.end) == (span.start, span.end)), None)


def _label(group: SpanGroup, span: Span) -> Label | None:
    # Whoever owns the document may put other spans into the group.
    kept = group.attrs.get("labels", {}).get(str(span.start_char))
    if kept is None:
        return None
    coarse, *chances = kept
    deep = sum(c for label, c in zip(LABELS, chances, strict=True) if any(label in GROUPS[g] for g in DEEP))
    return Label(span.label_ or UNCERTAIN, max(chances), coarse, round(deep, 4), tuple(chances))
