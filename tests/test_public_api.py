"""The public API is exactly this, and importing it loads nothing heavy."""

import subprocess
import sys

import mcscreen

NAMES = [
    "Document",
    "InputError",
    "Limits",
    "McscreenError",
    "MissingExtra",
    "ModelError",
    "Rubric",
    "RubricError",
    "Screener",
    "Screening",
    "Settings",
    "Submission",
    "find_uploads",
    "load_rubric",
    "load_submission",
    "screen_batch",
    "screen_one",
    "to_frame",
    "write_note",
    "write_reports",
]
HEAVY = [
    "torch",
    "transformers",
    "spacy",
    "pandas",
    "sklearn",
    "pdfplumber",
    "pypdfium2",
    "onnxruntime",
    "lxml",
    "openpyxl",
    "bs4",
    "numpy",
    "docx",
    "py3langid",
]


def test_all_is_exact():
    assert sorted(mcscreen.__all__) == NAMES
    assert sorted(mcscreen._HOMES) == NAMES
    assert dir(mcscreen) == NAMES


def test_every_name_resolves_and_has_a_docstring():
    for name in NAMES:
        assert getattr(mcscreen, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(mcscreen, "grade")


def _loaded(code):
    program = f"import sys\n{code}\nprint(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1:] or [""]


def test_import_loads_no_heavy_package():
    assert _loaded("import mcscreen") in ([""], [])


def test_help_loads_no_heavy_package():
    code = "sys.argv = ['mcscreen', '--help']\nimport contextlib, io\nfrom mcscreen.cli import main\nwith contextlib.redirect_stdout(io.StringIO()):\n    try: main()\n    except SystemExit as e: assert not e.code"
    assert _loaded(code) in ([""], [])


def test_wire_modules_load_no_heavy_package():
    assert _loaded("import mcscreen.pipeline, mcscreen.evaluation, mcscreen.reports, mcscreen.note") in ([""], [])
