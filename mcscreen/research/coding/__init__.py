"""Coding by people: sentences out as sheets, labels in, agreement, and a labeller refitted on them.

    export_coding(folder, texts, labeller=…)       sheets, codebook, units.json
    read_coded(read_units(folder), sheets)          labels by key, with every problem
    agreement_of_coders(coded)                      coders with each other and with the machine
    refit(coded, encoder, out, date=…)              a model folder for `load_labeller`

Each step is a module; none needs the others' files but units.json.
"""

from __future__ import annotations

from mcscreen.research.coding.codebook import CODEBOOK, RULES, Entry, codebook_markdown
from mcscreen.research.coding.coders import (
    CodingAgreement,
    CodingFigure,
    CodingPair,
    DifferentlyCoded,
    agreement_of_coders,
    coding_table,
    write_coding_agreement,
)
from mcscreen.research.coding.reading import Coded, Problem, problems_csv, read_coded
from mcscreen.research.coding.refitting import Compared, Refit, refit, refit_in_words
from mcscreen.research.coding.sheets import COLUMNS, export_coding, export_units
from mcscreen.research.coding.units import CodingUnits, Unit, labelled_by, read_units, sampled, units_of, units_of_source

__all__ = [
    "CODEBOOK",
    "COLUMNS",
    "RULES",
    "Coded",
    "CodingAgreement",
    "CodingFigure",
    "CodingPair",
    "CodingUnits",
    "Compared",
    "DifferentlyCoded",
    "Entry",
    "Problem",
    "Refit",
    "Unit",
    "agreement_of_coders",
    "codebook_markdown",
    "coding_table",
    "export_coding",
    "export_units",
    "labelled_by",
    "problems_csv",
    "read_coded",
    "read_units",
    "refit",
    "refit_in_words",
    "sampled",
    "units_of",
    "units_of_source",
    "write_coding_agreement",
]
