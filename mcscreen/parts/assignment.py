"""Which file, or which stretch of a file, is which part of the submission.

Evidence is used in the order of how much it proves: a manifest, the folder, the file's name, headings inside a file, and
only then what the text says. The last is a guess and carries its name (`content`, `assumed`) into the report.

Recall comes first. A file left out of Part 1 turns into twenty wrong "not found"; an extra letter searched with Part 1
costs a glance. So prose in the candidate's own voice is never dropped: where nothing tells its part, it goes to the
likeliest one, as a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import PurePosixPath

from mcscreen.document import Document, count_words
from mcscreen.parts.headings import find_headings, sections_by_heading
from mcscreen.parts.likeness import citation_stretch, cites_like_a_portfolio, is_prose_format, likeness_to
from mcscreen.parts.names import Named, names_of, split_name
from mcscreen.rubric import Part, Rubric
from mcscreen.submission import ARTIFACT, Basis, Section, Submission

__all__ = ["assign_parts"]

_ARTIFACT_FOLDER = frozenset(
    {
        "artifact",
        "artifacts",
        "artefact",
        "artefacts",
        "evidence",
        "evidences",
        "exhibit",
        "exhibits",
        "appendix",
        "appendices",
        "attachment",
    }
    | {"attachments", "supporting", "videos", "video", "images", "photos", "pictures", "media", "slides"}
)
_ARTIFACT_NAME = re.compile(
    r"\b(?:art[ei]facts?|exhibits?|appendix|attachments?|evidence) (?:\d{1,2}|[a-h])\b|^eo ?\d|\b(?:artifact|artefact|exhibit|appendix)\b"
)
# What artifacts are called. Beside "reflection" they make an event or a form of it, not the candidate's reflection.
_GENRES = frozenset(
    {"flyer", "flier", "agenda", "minutes", "handbook", "newsletter", "deck", "schedule", "survey", "policy", "photo", "photos", "picture"}
    | {"clip", "calendar", "poster", "letter", "email", "roster", "data", "packet", "brochure", "sheet", "checklist", "sample", "samples"}
    | {"worksheet", "protocol", "results", "report", "meeting", "training", "presentation", "lesson", "lessons", "binder", "manual", "plan"}
    | {
        "student",
        "students",
        "staff",
        "parent",
        "parents",
        "class",
        "team",
        "family",
        "invitation",
        "program",
        "slides",
        "night",
        "bulletin",
    }
)
_SELF_ANALYSIS = frozenset(
    {"self", "analysis", "citation", "citations", "table", "map", "chart", "index", "list", "guide", "log", "matrix"}
)
_LEFTOVER_WORDS = 80
_VOICE_EXTRA = 2.0


@dataclass(frozen=True, slots=True)
class _Claim:
    part: str
    basis: Basis
    strength: int
    rest: tuple[str, ...] = ()


def assign_parts(submission: Submission, rubric: Rubric) -> tuple[Section, ...]:
    """Say which part every document, or stretch of one, belongs to.

    Args:
        submission: The documents as read, with what a manifest declares.
        rubric: Whose parts they are.

    Returns:
        Sections by document and start. A document that could not be read has an empty section (0, 0), and none at all
        when it may be a part that is missing. Text before the first heading of a combined file belongs to none. Where one
        stretch may hold two parts that cannot be told apart, it is given to both, as a guess.
    """
    return _Assignment(submission, rubric).sections()


class _Assignment:
    def __init__(self, submission: Submission, rubric: Rubric) -> None:
        self.documents = submission.documents
        self.rubric = rubric
        self.names = names_of(rubric)
        self.likeness = likeness_to(rubric)
        self.portfolio = rubric.part_of_kind("portfolio")
        self.texts = [p for p in rubric.parts if p.kind != "portfolio"]
        self.ids = {p.id for p in rubric.parts}
        self.declared = {name: part for name, part in submission.declared if part in self.ids or part == ARTIFACT}
        self.found: dict[int, list[Section]] = {}
        self.claims: dict[int, list[_Claim]] = {}

    def sections(self) -> tuple[Section, ...]:
        for index, document in enumerate(self.documents):
            if document.name in self.declared:
                self._give(index, self.declared[document.name], "manifest")
            else:
                self.claims[index] = self._claims(document)
        self._weigh_claims()
        for index in list(self.claims):
            self._settle_by_name(index)
        self._second_chance()
        for index in [i for i in self.claims if i not in self.found and self._readable(i)]:
            self._settle_by_heading(index)
        self._settle_by_content()
        self._settle_unread()
        self._tables_in_texts()
        return tuple(sorted((s for ss in self.found.values() for s in ss), key=lambda s: (s.document, s.start, s.end, s.part)))

    # --- names ---

    def _claims(self, document: Document) -> list[_Claim]:
        """What folders and name say, surest first; several numbered parts for a combined file."""
        *folders, file = PurePosixPath(document.name).parts
        named = self.names.in_name(PurePosixPath(file).stem)
        by_folder: list[Named] = []
        for folder in folders:
            words = split_name(re.sub(r"\.zip$", "", folder, flags=re.I))
            if _ARTIFACT_FOLDER.intersection(words) and not {"self", "analysis"} <= set(words):
                return [_Claim(ARTIFACT, "folder", 3), *(_Claim(n.part, "name", n.strength, n.rest) for n in named if n.strength == 3)]
            by_folder = [n for n in self.names.in_name(" ".join(words)) if n.strength > 1] or by_folder
        claims = [_Claim(n.part, "name", n.strength, n.rest) for n in named]
        if by_folder and not any(c.strength == 3 for c in claims):
            part = by_folder[0].part
            if self._is_portfolio(part):
                # What lies in a folder "Part 2" is its table or the artifacts themselves.
                is_table = citation_stretch(document) is not None or any(self._is_portfolio(c.part) for c in claims)
                return [_Claim(part if is_table or cites_like_a_portfolio(document, self.rubric) else ARTIFACT, "folder", 2)]
            return [_Claim(part, "folder", 2)]
        if not any(c.strength == 3 for c in claims) and _ARTIFACT_NAME.search(" ".join(split_name(PurePosixPath(file).stem))):
            kept = [c for c in claims if self._is_portfolio(c.part)]
            if not kept or (kept[0].rest and citation_stretch(document) is None):
                return [_Claim(ARTIFACT, "name", 2)]
        return claims

    def _weigh_claims(self) -> None:
        """Withdraw a claim by a mere word where another file claims the part by number, or where the name speaks of something else."""
        firsts = {i: c[0] for i, c in self.claims.items() if c}
        for index, claim in firsts.items():
            if claim.part == ARTIFACT or claim.basis != "name":
                continue
            others = [c for i, c in firsts.items() if i != index and c.part == claim.part]
            stronger = any(c.strength == 3 for c in others)
            better = any(c.strength >= claim.strength and not _GENRES.intersection(c.rest) for c in others)
            if claim.strength < 3:
                off = claim.rest and (
                    stronger or _GENRES.intersection(claim.rest) or (claim.strength == 1 and not self._sounds_like(index, claim))
                )
                if off and not self._has_table_for(index, claim):
                    self.claims[index] = []
            elif self._is_portfolio(claim.part) and self._readable(index):
                # "Part 2 - Staff Handbook.pdf" beside "Part 2 Self-Analysis.docx".
                other_table = any(self._has_table_for(i, c) for i, c in firsts.items() if i != index and c.part == claim.part)
                named_so = bool(_SELF_ANALYSIS.intersection(split_name(self.documents[index].name)))
                if claim.rest and not named_so and (other_table or better) and citation_stretch(self.documents[index]) is None:
                    self.claims[index] = [_Claim(ARTIFACT, "name", 2)]

    def _sounds_like(self, index: int, claim: _Claim) -> bool:
        document = self.documents[index]
        if self._is_portfolio(claim.part):
            return cites_like_a_portfolio(document, self.rubric)
        return not document.readable or self.likeness.voice(document.text) >= 0.5

    def _has_table_for(self, index: int, claim: _Claim) -> bool:
        return self._is_portfolio(claim.part) and citation_stretch(self.documents[index]) is not None

    def _settle_by_name(self, index: int) -> None:
        claims = self.claims[index]
        parts = list(dict.fromkeys(c.part for c in claims if c.part != ARTIFACT))
        if not claims:
            return
        if claims[0].part == ARTIFACT:
            self._give(index, ARTIFACT, claims[0].basis)
            return
        if not self._readable(index):
            for part in parts if claims[0].strength == 3 else parts[:1]:
                self._give(index, part, claims[0].basis)
            return
        combined = len(parts) > 1
        taken = {c.part for i, cs in self.claims.items() if i != index for c in cs[:1]} | self._parts_found()
        hits = find_headings(self.documents[index], self.names)
        others = {h.part for h in hits if h.part not in taken and h.part != parts[0] and h.strength >= 2 and not h.rest}
        if combined or others:
            wanted = set(parts) | others
            split = sections_by_heading(self.documents[index], index, [h for h in hits if h.part in wanted])
            split = [s for s in split if s.part in parts or self._substantial(s)]
            if len({s.part for s in split}) > 1 or (split and split[0].part not in parts[:1]):
                before = Section(index, parts[0], 0, split[0].start, claims[0].basis)
                if not any(s.part == parts[0] for s in split) and self._substantial(before):
                    split.insert(0, before)
                elif any(s.part == parts[0] for s in split) and not combined and split[0].start > 0:
                    split[0] = replace(split[0], start=0) if split[0].part == parts[0] else split[0]
                self.found[index] = split
                return
        for part in parts:
            self._give(index, part, "assumed" if combined else claims[0].basis)

    def _second_chance(self) -> None:
        """A file "Part 1 Narrative" inside an artifacts folder is Part 1 after all when nothing else is."""
        for part in self.rubric.parts:
            if part.id in self._parts_found():
                continue
            inside = [i for i, cs in self.claims.items() if len(cs) > 1 and cs[0].part == ARTIFACT and cs[1].part == part.id]
            for index in inside:
                if not _GENRES.intersection(self.claims[index][1].rest):
                    self.found.pop(index, None)
                    self._give(index, part.id, "name")

    # --- headings ---

    def _settle_by_heading(self, index: int) -> None:
        document = self.documents[index]
        hits = find_headings(document, self.names)
        if not hits:
            return
        distinct = {h.part for h in hits}
        if len(distinct) == 1:
            hit = hits[0]
            sure = hit.strength == 3 and not hit.rest
            near_top = count_words(document.text[: hit.start]) <= 60
            if not (sure or near_top) or (not sure and (hit.part in self._parts_found() or self.likeness.voice(document.text) < 0.5)):
                return
        elif not is_prose_format(document) and not any(h.strength == 3 for h in hits):
            return
        split = sections_by_heading(document, index, hits)
        if not split:
            return
        lost = Section(index, "", 0, split[0].start, "content")
        missing = [p for p in self.texts if p.id not in {s.part for s in split} | self._parts_found()]
        if missing and count_words(document.text[: lost.end]) >= _LEFTOVER_WORDS:
            split.insert(0, replace(lost, part=self._likeliest(document.text[: lost.end], missing).id))
        self.found[index] = split

    # --- content ---

    def _settle_by_content(self) -> None:
        left = [i for i in self.claims if i not in self.found and self._readable(i)]
        cited = self._cited_names()
        prose: list[int] = []
        for index in left:
            document = self.documents[index]
            if self.portfolio and self._looks_like_the_portfolio(index):
                self._give(index, self.portfolio.id, "content")
            elif not is_prose_format(document) or _spoken_of(document.name, cited) or count_words(document.text) < 40:
                self._give(index, ARTIFACT, "content")
            else:
                prose.append(index)
        used = self._fill_missing(prose)
        for index in [i for i in prose if i not in used]:
            text = self.documents[index].text
            words = set(split_name(PurePosixPath(self.documents[index].name).stem))
            if self.texts and self.likeness.voice(text) >= _VOICE_EXTRA and count_words(text) >= _LEFTOVER_WORDS and not words & _GENRES:
                self._give(index, self._likeliest(text, self.texts).id, "content")
            else:
                self._give(index, ARTIFACT, "content")

    def _looks_like_the_portfolio(self, index: int) -> bool:
        document = self.documents[index]
        if citation_stretch(document) is not None:
            whole = count_words(document.text)
            start, end = citation_stretch(document) or (0, 0)
            return count_words(document.text[start:end]) >= 0.5 * whole or not is_prose_format(document)
        missing = self.portfolio is not None and self.portfolio.id not in self._parts_found()
        return missing and cites_like_a_portfolio(document, self.rubric)

    def _fill_missing(self, prose: Sequence[int]) -> set[int]:
        """Give the text parts that nothing claims to the prose that fits them best; the indexes of the files used."""
        missing = [p for p in self.texts if p.id not in self._parts_found()]
        if not missing or not prose:
            return set()
        texts = {i: self.documents[i].text for i in prose}
        own = [i for i in prose if self.likeness.voice(texts[i]) >= 0.4 or self.likeness.echoes(texts[i])]
        alone = len(prose) == 1 and not any(s.part != ARTIFACT for ss in self.found.values() for s in ss)
        if alone and not own:
            own = list(prose)
        score = {(i, p.id): self.likeness.score(texts[i], p) for i in own for p in missing}
        own = sorted(own, key=lambda i: -max(score[i, p.id] for p in missing))[:5]
        if not own:
            return set()
        slots: list[Part | None] = [*missing, *[None] * max(0, len(own) - len(missing))]
        best = max(
            permutations(slots, len(own)),
            key=lambda chosen: sum(score[i, p.id] for i, p in zip(own, chosen, strict=True) if p is not None),
        )
        used: set[int] = set()
        for index, part in zip(own, best, strict=True):
            if part is not None:
                self._give(index, part.id, "assumed" if alone else "content")
                used.add(index)
        if alone and used:
            # One file and no headings: long enough for both texts, it may well hold both.
            index = own[0]
            rest = [p for p in missing if p.id not in self._parts_found()]
            if rest and count_words(texts[index]) >= 0.8 * sum(p.minimum_words or 400 for p in missing):
                for part in rest:
                    self._give(index, part.id, "assumed")
        return used

    def _settle_unread(self) -> None:
        """An unread file without a telling name is an artifact when it cannot be a text, or when no text is missing."""
        sure = {s.part for ss in self.found.values() for s in ss if not s.guessed}
        complete = all(p.id in sure for p in self.rubric.parts)
        for index in self.claims:
            if index not in self.found and (complete or not self._may_be_text(index)):
                self._give(index, ARTIFACT, "assumed" if self._may_be_text(index) else "content")

    def _tables_in_texts(self) -> None:
        """A citation table inside a text part is the portfolio when nothing else is."""
        if self.portfolio is None or self.portfolio.id in self._parts_found():
            return
        for index, sections in self.found.items():
            stretch = citation_stretch(self.documents[index]) if any(s.part in self.ids for s in sections) else None
            if stretch is None:
                continue
            start, end = stretch
            pieces: list[Section] = [Section(index, self.portfolio.id, start, end, "content")]
            for section in sections:
                around = [replace(section, end=min(section.end, start)), replace(section, start=max(section.start, end))]
                pieces += [s for s in around if s.end > s.start and self.documents[index].text[s.start : s.end].strip()]
            self.found[index] = pieces

    def _cited_names(self) -> list[list[str]]:
        """Words of what is written in the portfolio's sections, a list for each line or cell."""
        lines: list[list[str]] = []
        for sections in self.found.values():
            for section in sections:
                if self._is_portfolio(section.part):
                    lines += [split_name(t) for t in self.documents[section.document].text[section.start : section.end].split("\n")]
        return lines

    def _likeliest(self, text: str, among: Sequence[Part]) -> Part:
        return max(among, key=lambda p: self.likeness.score(text, p))

    # --- small questions ---

    def _give(self, index: int, part: str, basis: Basis) -> None:
        document = self.documents[index]
        end = len(document.text) if document.readable else 0
        self.found.setdefault(index, []).append(Section(index, part, 0, end, basis))

    def _parts_found(self) -> set[str]:
        return {s.part for ss in self.found.values() for s in ss if s.part != ARTIFACT}

    def _is_portfolio(self, part: str) -> bool:
        return any(p.id == part and p.kind == "portfolio" for p in self.rubric.parts)

    def _readable(self, index: int) -> bool:
        return self.documents[index].readable

    def _may_be_text(self, index: int) -> bool:
        """Whether an unread, unnamed file may be one of the texts: a page format, or a picture of a page."""
        document = self.documents[index]
        suffix = PurePosixPath(document.name).suffix.lower().lstrip(".")
        return (document.format or suffix) not in (
            "mp4",
            "mov",
            "m4v",
            "avi",
            "mkv",
            "webm",
            "vtt",
            "srt",
            "pptx",
            "ppt",
            "odp",
            "xlsx",
            "csv",
        )

    def _substantial(self, section: Section) -> bool:
        return count_words(self.documents[section.document].text[section.start : section.end]) >= 40


def _spoken_of(name: str, lines: Sequence[Sequence[str]]) -> bool:
    """Whether a file's name stands in one of the lines."""
    words = [w for w in split_name(PurePosixPath(name).stem) if w not in ("pdf", "docx", "final", "copy")]
    if not words or len("".join(words)) < 5:
        return False
    size = len(words)
    return any(list(line[i : i + size]) == words for line in lines for i in range(len(line) - size + 1))
