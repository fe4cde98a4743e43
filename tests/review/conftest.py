"""A report to review, and the store beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from review.small_report import write_report

from mcscreen.review.pages import read_batch
from mcscreen.review.store import Store


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> Path:
    return write_report(tmp_path_factory.mktemp("written"))


@pytest.fixture
def report(written, tmp_path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "report"))


@pytest.fixture
def store(report):
    batch = read_batch(report)
    with Store(report / "decisions.sqlite") as opened:
        opened.register(batch.rubric, batch.keys)
        yield opened


@pytest.fixture
def keys(report):
    return read_batch(report).keys
