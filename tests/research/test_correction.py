"""Corrected shares: exact where the errors are known, wide where they are not, and honest about both."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from mcscreen.errors import InputError, ModelError
from mcscreen.research import correct_shares, estimate_confusion, said_at, shipped_confusion

MATRIX = {"a": [0.7, 0.1, 0.2], "b": [0.1, 0.6, 0.3], "c": [0.05, 0.15, 0.8]}
"""What a, b, c are called: a, b, c."""


def _labelled(each=100, **more):
    rows = [(t, s) for t, shares in MATRIX.items() for s, share in zip("abc", shares, strict=True) for _ in range(round(each * share))]
    return pd.DataFrame(rows, columns=["truth", "said"]).assign(**more)


def _said(mixture, number=1000):
    shares = np.array(mixture) @ np.array(list(MATRIX.values()))
    return [s for s, share in zip("abc", shares, strict=True) for _ in range(round(number * share))]


@pytest.mark.parametrize("mixture", [(0.2, 0.3, 0.5), (0.0, 0.5, 0.5), (1.0, 0.0, 0.0)])
def test_known_errors_are_undone_exactly(mixture):
    found = correct_shares(_said(mixture), estimate_confusion(_labelled()), method="simplex", rounds=50)
    assert found.shares["corrected"].tolist() == pytest.approx([100 * m for m in mixture], abs=0.1)
    assert found.shares["said"].tolist() == pytest.approx([100 * _said(mixture).count(x) / len(_said(mixture)) for x in "abc"])
    assert found.residual == pytest.approx(0, abs=0.1)
    assert found.shares["corrected"].sum() == pytest.approx(100)


def test_two_labels_give_formans_formula():
    confusion = estimate_confusion(
        pd.DataFrame({"truth": ["y"] * 50 + ["n"] * 50, "said": ["y"] * 40 + ["n"] * 10 + ["y"] * 5 + ["n"] * 45})
    )
    said = ["y"] * 30 + ["n"] * 70
    wanted = 100 * (0.3 - 0.1) / (0.8 - 0.1)
    for method in ("simplex", "adjusted"):
        shares = correct_shares(said, confusion, method=method, rounds=50).shares.set_index("name")
        assert shares.loc["y", "corrected"] == pytest.approx(wanted)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(5)
    truth, covered = 0.2, 0
    for trial in range(60):
        right, wrong = random.binomial(120, 0.8), random.binomial(120, 0.15)
        labelled = pd.DataFrame(
            {"truth": ["y"] * 120 + ["n"] * 120, "said": ["y"] * right + ["n"] * (120 - right) + ["y"] * wrong + ["n"] * (120 - wrong)}
        )
        called = random.binomial(300, truth * 0.8 + (1 - truth) * 0.15)
        shares = correct_shares(["y"] * called + ["n"] * (300 - called), estimate_confusion(labelled), rounds=200, seed=trial).shares
        row = shares.set_index("name").loc["y"]
        covered += row["low"] <= 100 * truth <= row["high"]
    assert 51 <= covered <= 60


def test_fewer_labelled_sentences_or_few_texts_widen_the_interval():
    said = _said((0.2, 0.3, 0.5), 300)

    def width(labelled, **options):
        shares = correct_shares(said, estimate_confusion(labelled), method="simplex", rounds=200, **options).shares
        return (shares["high"] - shares["low"]).mean()

    usual = width(_labelled(200))
    assert width(_labelled(20)) > 1.5 * usual
    # The same labelled sentences, from three writers who err each in a way of their own.
    by_text = _labelled(200).assign(text=lambda t: t["said"])
    assert width(by_text) > usual
    assert width(_labelled(200), texts=said) > width(_labelled(200), texts=[str(i) for i in range(len(said))])


def test_uncertain_is_used_and_never_true():
    labelled = pd.DataFrame({"truth": ["deep"] * 40 + ["not deep"] * 40, "said": ["deep"] * 30 + ["not deep"] * 10 + ["not deep"] * 40})
    assert correct_shares(["deep"] * 15 + ["not deep"] * 85, estimate_confusion(labelled, "deep"), rounds=20).shares["corrected"][
        0
    ] == pytest.approx(20)
    groups = pd.DataFrame(
        {"truth": ["none"] * 30 + ["affect"] * 30, "said": ["none"] * 20 + ["uncertain"] * 10 + ["affect"] * 20 + ["uncertain"] * 10}
    )
    found = correct_shares(["none", "affect", "uncertain"] * 20, estimate_confusion(groups, "group"), rounds=20)
    shares = found.shares.set_index("name")
    assert "uncertain" not in shares.index
    assert shares.loc["none", "corrected"] == pytest.approx(50) and shares.loc["none", ["said", "counted"]].tolist() == pytest.approx(
        [100 / 3, 50]
    )
    assert np.isnan(shares.loc["outcome", "corrected"]) and shares.loc["outcome", "labelled"] == 0
    assert any("outcome (0)" in w for w in found.warnings) and any("Not every label" in w for w in found.warnings)


def test_what_makes_it_untrustworthy_is_said():
    alike = pd.DataFrame({"truth": ["a"] * 100 + ["b"] * 100, "said": (["a"] * 52 + ["b"] * 48) + (["a"] * 48 + ["b"] * 52)})
    found = correct_shares(["a"] * 50 + ["b"] * 50, estimate_confusion(alike), texts=[str(i % 10) for i in range(100)], rounds=20)
    assert found.condition > 10 and any("ill-conditioned" in w for w in found.warnings)
    shifted = correct_shares(["a"] * 95 + ["b"] * 5, estimate_confusion(_labelled()), texts=[str(i % 10) for i in range(100)], rounds=20)
    assert any("No mixture of labels" in w for w in shifted.warnings) and shifted.residual > 3
    said = _said((0.2, 0.3, 0.5))
    texts = [str(i % 10) for i in range(len(said))]
    sound = correct_shares(said, estimate_confusion(_labelled(200)), texts=texts, method="simplex", rounds=20)
    assert sound.warnings == () and sound.texts == 10
    few = correct_shares(said, estimate_confusion(_labelled(100)), texts=texts, method="simplex", rounds=20)
    assert len(few.warnings) == 1 and few.warnings[0].startswith("Only 300 labelled")
    alone = correct_shares(_said((0.2, 0.3, 0.5)), estimate_confusion(_labelled()), rounds=20)
    assert [w for w in alone.warnings if "too narrow" in w] and alone.texts is None


def test_what_was_said_at_each_level():
    table = pd.DataFrame({"label": ["belief"], "group": ["uncertain"], "deep": [0.5]})
    assert [said_at(table, level) for level in ("label", "group", "deep")] == [["belief"], ["uncertain"], ["deep"]]


def test_a_seed_decides_the_interval():
    run = [correct_shares(_said((0.2, 0.3, 0.5)), estimate_confusion(_labelled()), rounds=50, seed=s).shares for s in (1, 1, 2)]
    pd.testing.assert_frame_equal(run[0], run[1])
    assert not run[0].equals(run[2])


def test_input_that_cannot_be_used_says_why():
    with pytest.raises(InputError, match="'said'"):
        estimate_confusion(pd.DataFrame({"truth": ["a"]}))
    with pytest.raises(InputError, match="holds 'musing'"):
        estimate_confusion(pd.DataFrame({"truth": ["musing"], "said": ["belief"]}), "label")
    with pytest.raises(InputError, match="holds 'z'"):
        correct_shares(["a", "z"], estimate_confusion(_labelled()))
    with pytest.raises(InputError, match="at least one sentence"):
        correct_shares([], estimate_confusion(_labelled()))


def test_the_models_own_confusion_is_held_to_its_checksum(tmp_path):
    content = b"split,level,truth,said,count\ntest,deep,deep,deep,45\ntest,deep,deep,not deep,34\ntest,deep,not deep,deep,28\ntest,deep,not deep,not deep,232\n"
    (tmp_path / "confusion.csv").write_bytes(content)
    (tmp_path / "model.toml").write_text(f'[files]\n"confusion.csv" = "{hashlib.sha256(content).hexdigest()}"\n', encoding="utf-8")
    confusion = shipped_confusion("deep", folder=tmp_path)
    assert confusion.to_frame().to_numpy().tolist() == [[45, 34], [28, 232]]
    found = correct_shares(["deep"] * 20 + ["not deep"] * 80, confusion, texts=[str(i) for i in range(100)], rounds=50)
    assert found.shares["corrected"][0] == pytest.approx(100 * (0.2 - 28 / 260) / (45 / 79 - 28 / 260))
    assert "not known" in found.warnings[0] and "339" in found.warnings[0]
    with pytest.raises(ModelError, match="nothing of the basis"):
        shipped_confusion("deep", "cross-validated", tmp_path)
    (tmp_path / "confusion.csv").write_bytes(content.replace(b"45", b"54"))
    with pytest.raises(ModelError, match="sha256"):
        shipped_confusion("deep", folder=tmp_path)
    with pytest.raises(ModelError, match="labelled sentences of your own"):
        shipped_confusion("deep", folder=tmp_path / "nowhere")
