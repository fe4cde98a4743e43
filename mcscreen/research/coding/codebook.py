"""The codebook that coders work with: what each sentence label means, what belongs to it and what does not.

The categories are the eight of Ullmann's model of reflective writing (2019, doi 10.1007/s40593-019-00174-2) and "other", as in
`mcscreen.reflection.labels`; the wording and the examples are this project's own. It is data, so that the sheet's drop-down
list, the workbook's second page and codebook.md cannot tell coders different things.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcscreen.reflection.labels import LABELS

__all__ = ["CODEBOOK", "RULES", "Entry", "codebook_markdown"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A label as coders are told of it.

    Attributes:
        label: One of `LABELS`.
        definition: What a sentence of this label does.
        belongs: What is coded so, in one line.
        does_not: What looks like it and is coded otherwise.
        examples: Two invented sentences.
    """

    label: str
    definition: str
    belongs: str
    does_not: str
    examples: tuple[str, str]


CODEBOOK: tuple[Entry, ...] = (
    Entry(
        "experience",
        "The sentence tells what the writer did, met with or saw others do.",
        "Events and actions of a certain time, also as background to what follows.",
        "Events told for what they were like (feeling), for what went wrong (difficulty) or for what they taught (learning).",
        (
            "On Monday I moved the reading corner beside the window and let the children choose their seats.",
            "Our team met twice in November to go through the attendance lists.",
        ),
    ),
    Entry(
        "feeling",
        "The sentence says how something felt to the writer, or how the writer felt.",
        "Emotions, moods, and likes or dislikes of the writer, named or described.",
        "What others felt, seen from outside (experience) or understood from inside (perspective); “I feel that …” as an opinion (belief).",
        ("I was nervous before the first call to the parents.", "It still makes me proud to think of that morning."),
    ),
    Entry(
        "belief",
        "The sentence states what the writer holds to be true, right or important.",
        "Convictions, values and general opinions on teaching, learning or people.",
        "A conclusion from an own experience that the sentence names (learning); a fact or a quoted theory (other).",
        (
            "Every child deserves one adult in the building who knows their name.",
            "To me, homework that nobody reads is worse than none.",
        ),
    ),
    Entry(
        "difficulty",
        "The sentence names a problem, a doubt or something that went wrong, and sees it as one.",
        "Obstacles, mistakes, failures, things left undone or not known.",
        "A problem with its causes weighed (reflection), or with what the writer took from it (learning).",
        (
            "Half of the phone numbers on our list were out of date.",
            "I did not manage to give the quiet students a turn before the bell.",
        ),
    ),
    Entry(
        "perspective",
        "The sentence takes the view of somebody else.",
        "What others think, need or see, or how the matter looks from their side.",
        "What others merely did or said (experience).",
        (
            "From the grandmother’s side, my letter must have read like a complaint.",
            "The new teachers saw the same plan as one more task on top of theirs.",
        ),
    ),
    Entry(
        "reflection",
        "The sentence thinks about an experience: why it went so, what it means, what else could have been.",
        "Reasons, comparisons, questions to oneself, alternatives that were open.",
        "The lesson drawn at the end of such thinking (learning); a plan (intention); a reason within mere telling (experience).",
        (
            "Perhaps the groups worked because the aide knew the families, and not because of the timetable.",
            "Why did I take their silence for agreement?",
        ),
    ),
    Entry(
        "learning",
        "The sentence says what the writer learned, understood or now sees differently.",
        "Insights and lessons from an experience, changes of mind.",
        "What students learned (experience); what the writer always thought (belief); what will be done (intention).",
        (
            "I now understand that a calm room is not the same as a safe one.",
            "The visits taught me to ask about the week before I ask about the homework.",
        ),
    ),
    Entry(
        "intention",
        "The sentence says what the writer will do, or would do differently.",
        "Plans, resolutions, and wishes for one’s own future practice.",
        "Plans that were made and carried out in the time that is told of (experience); what others should do (belief).",
        (
            "Next August I will visit the families instead of calling them.",
            "If I taught the unit again, I would start with the students’ own maps.",
        ),
    ),
    Entry(
        "other",
        "The sentence does none of these.",
        "Facts, definitions, descriptions of a place or a document, headings, greetings, fragments.",
        "A sentence that is merely hard to decide: choose the likeliest label and say so in the comment.",
        ("The school has 412 students in six grades.", "See the attached sound checks from week three."),
    ),
)
"""One entry a label, in the order of `LABELS`."""

RULES: tuple[str, ...] = (
    "Give each sentence one label: for what it mainly does. The sentences around it only help to understand it.",
    "If two labels fit, take the one that the sentence would lose its point without. If they still fit alike, take the one that "
    "stands lower in the list above “other”, and say so in the comment.",
    "Code alone. Do not speak about single sentences with other coders before all are done.",
    "Leave the label empty only where the sentence cannot be read; say so in the comment.",
    "Do not change the column “key”. Sort whole rows only, never one column alone.",
)

assert tuple(e.label for e in CODEBOOK) == LABELS


def codebook_markdown() -> str:
    """The codebook as a Markdown page."""
    lines = ["# Codebook", "", "What each sentence of a reflection does: one label a sentence.", "", "## Rules", ""]
    lines += [f"{number}. {rule}" for number, rule in enumerate(RULES, 1)]
    lines += ["", "## Labels", ""]
    for entry in CODEBOOK:
        lines += [
            f"### {entry.label}",
            "",
            entry.definition,
            "",
            f"- belongs: {entry.belongs}",
            f"- does not: {entry.does_not}",
            *(f"- example: “{example}”" for example in entry.examples),
            "",
        ]
    lines += [
        "The categories are those of Ullmann’s model of reflective writing (2019, doi 10.1007/s40593-019-00174-2); the wording and the "
        "examples are mcscreen’s own.",
        "",
    ]
    return "\n".join(lines)
