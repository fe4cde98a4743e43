"""The names of the package for researchers, and that they cost nothing until they are used."""

import subprocess
import sys

import pytest

from mcscreen import research


def test_every_name_resolves_and_has_a_docstring():
    assert sorted(research.__all__) == sorted(research._HOMES) == dir(research)
    for name in research.__all__:
        assert getattr(research, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'level'"):
        _ = research.level


def test_importing_it_loads_no_heavy_package():
    heavy = ["numpy", "pandas", "sklearn", "scipy", "spacy", "matplotlib", "onnxruntime"]
    program = f"import sys, mcscreen.research\nprint([m for m in {heavy!r} if m in sys.modules])\n"
    program += f"import mcscreen.research.corpus, mcscreen.research.groups, mcscreen.research.correction, mcscreen.research.plots\nprint([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]
