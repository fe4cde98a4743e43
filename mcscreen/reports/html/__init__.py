"""index.html and submissions/<id>.html: the pages that assessors work in.

The index is the batch, one row a submission. A submission's page has the rubric on one side and the text on the other;
a facet lights up its passages in place, and the assessor's own decision stands beside the finding. What could not be read
stands first, completion is kept apart from the evidence map, and the candidate's words are set in another face than the
tool's. A status is a shape, a word and a colour, never a colour alone.

The pages are whole without a script, and load nothing. The script that they do run is their own: a content security
policy names it by its hash, forbids everything else, and forbids turning text into markup (trusted types). Jinja2 escapes
everything, and everything goes through `inert.plain` first.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from mcscreen import wording
from mcscreen.inert import file_stem, plain, shorten
from mcscreen.reports.html.strips import strip_paths
from mcscreen.reports.html.texts import readings
from mcscreen.reports.html.views import (
    Link,
    item_facts,
    json_block,
    page_of,
    review_facts,
    words_status,
)
from mcscreen.results import Screening
from mcscreen.rubric import Rubric
from mcscreen.submission import Submission

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render"]

_TEMPLATES = Path(__file__).parent.with_name("templates")
_LENGTHS = {"QUOTE_LENGTH": 1_200, "EXPLANATION_LENGTH": 4_000, "REMARK_LENGTH": 600}
"""Characters that are shown of a quote, an explanation and a remark; only damaged text is longer."""
_NAME_LENGTH = 120
_ORDER = ("flagged", "unchecked", "met")


def render(
    screenings: Sequence[Screening],
    rubric: Rubric,
    *,
    submissions: Mapping[str, Submission] | None = None,
    blind_first: bool = False,
) -> Iterator[tuple[str, bytes]]:
    """The pages of the submissions, then the index.

    Args:
        screenings: In the order in which they are listed.
        rubric: Gives the texts of parts, criteria, facets and details.
        submissions: What was read, by the submission's id; a mapping may read from a disk. Without it, and for a submission
            that it does not hold, the page shows quotes only.
        blind_first: Whether the findings on a facet or citation are folded until the assessor has decided on it.
    """
    environment = _environment()
    page, index = environment.get_template("submission.html.j2"), environment.get_template("index.html.j2")
    taken: set[str] = set()
    links = [Link(_title(s), f"{file_stem(s.submission.id, taken)}.html") for s in screenings]
    stamps = {"schema": 1, "rubric": {"id": rubric.id, "sha256": "", "title": rubric.title}, "blind": blind_first}
    rows = []
    told = _Told()
    for number, screening in enumerate(screenings):
        stamps["rubric"] = screening.rubric.model_dump()
        submission = (submissions or {}).get(screening.submission.id)
        view = page_of(screening, rubric, submission)
        text = page.render(
            rubric=rubric,
            screening=screening,
            blind=blind_first,
            title=links[number].title,
            position=number + 1,
            total=len(links),
            previous=links[number - 1] if number else None,
            following=links[number + 1] if number + 1 < len(links) else None,
            unread=wording.unread_documents(screening),
            view=view,
            readings=readings(screening.submission.documents, submission, view.marks),
            requirements=sorted(screening.requirements, key=lambda r: _ORDER.index(r.status)),
            details={d.id: d.text for d in rubric.details},
            data=_block(stamps | review_facts(screening) | {"items": [item_facts(i) for i in view.items]}),
            **_head("page.css", ("store.js", "text.js", "decide.js", "asks.js", "page.js")),
        )
        optional = [i.fact.facet for i in view.items if not i.counts]
        rows.append(review_facts(screening) | {"total": sum(i.counts for i in view.items), "optional": optional})
        told.add(screening)
        yield f"submissions/{links[number].file}", _encode(text)
    text = index.render(
        rubric=rubric,
        blind=blind_first,
        rows=zip(screenings, links, strict=True),
        total=len(links),
        masked=told.masked,
        sharing=told.sharing,
        parts=list(dict.fromkeys(part for part, minimum in told.counted if minimum)),
        minimum=dict(list(told.counted)),
        outcomes=[(told.outcomes[key], word) for key, word in wording.COMPLETION.items() if told.outcomes[key]],
        calibrations=list(told.calibrations),
        fingerprints=list(told.fingerprints),
        data=_block(stamps | {"rows": rows}),
        **_head("index.css", ("store.js", "index.js")),
    )
    yield "index.html", _encode(text)


class _Told:
    """What the index says of all submissions together; gathered as they go by, since each has to be read for it."""

    def __init__(self) -> None:
        self.masked = self.sharing = False
        self.counted: dict[tuple[str, int | None], None] = {}
        self.outcomes: Counter[str] = Counter()
        self.calibrations: dict[str, None] = {}
        self.fingerprints: dict[str, None] = {}

    def add(self, screening: Screening) -> None:
        self.masked |= screening.masked
        self.sharing |= any(n.check == "shared_passage" for n in screening.notices)
        self.counted |= dict.fromkeys((w.part, w.minimum) for w in screening.words)
        self.outcomes[screening.completion.status] += 1
        self.calibrations[screening.calibration] = self.fingerprints[screening.fingerprint] = None


@cache
def _head(style: str, scripts: tuple[str, ...]) -> dict[str, str]:
    """Style and script of a page, and the policy that allows these and nothing else."""
    from markupsafe import Markup

    styles = "\n" + "\n".join(_read(name) for name in ("style.css", style))
    script = "\n" + "\n".join(_read(name) for name in scripts)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(styles)}'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {"style": Markup(styles), "script": Markup(script), "policy": policy}


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")


def _block(value: object) -> str:
    from markupsafe import Markup

    return Markup(json_block(value))


def _environment() -> Environment:
    import jinja2
    from markupsafe import Markup

    def finalize(value: object) -> object:
        return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        COMPLETION=wording.COMPLETION,
        COVERAGE=wording.COVERAGE,
        CITATION=wording.CITATION,
        REQUIREMENT=wording.REQUIREMENT,
        DOCUMENT=wording.DOCUMENT,
        TRACE=wording.TRACE,
        NOTE=wording.NOTE,
        MASKED=wording.MASKED,
        REFLECTION=wording.REFLECTION,
        REFLECTION_NOTE=wording.REFLECTION_NOTE,
        INDICATORS=wording.INDICATORS,
        **_LENGTHS,
        shorten=shorten,
        place=wording.place_in_words,
        check=wording.check_in_words,
        part_title=wording.part_in_words,
        calibration=wording.calibration_in_words,
        count_of=wording.count_of,
        to_check=wording.to_check,
        unread_documents=wording.unread_documents,
        words_status=words_status,
        strip_paths=strip_paths,
    )
    return environment


def _encode(text: str) -> bytes:
    return (text.rstrip("\n") + "\n").encode("utf-8")


def _title(screening: Screening) -> str:
    return shorten(plain(screening.submission.id).strip(), _NAME_LENGTH) or "Submission without a name"
