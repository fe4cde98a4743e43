"""What encoders cost, side by side: processor seconds for the sentences of submissions, each alone and with its neighbours.

    python -m benchmarks.encoding BENCH MODEL MODEL … [--rounds 5] [--json FILE]

BENCH holds one folder a submission with `submission/` in it as uploaded; each MODEL is a folder with encoder.onnx and model.toml.
An encoder that reads stretches is measured both ways, as it is used and text by text. Rounds alternate between encoders; told are
medians and the ratio to the first encoder, text by text, of the same round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.speed import sentences
from mcscreen.matchers import OnnxEncoder
from mcscreen.windows import neighbourhoods


def ways(folders: Sequence[Path]) -> dict[str, Callable[[Sequence[str]], object]]:
    """Name -> what gives the two vectors of every sentence."""
    found: dict[str, Callable[[Sequence[str]], object]] = {}
    for folder in folders:
        encoder = OnnxEncoder(folder)
        found[f"{folder.name}, text by text"] = lambda texts, e=encoder: (e.encode(texts), e.encode(neighbourhoods(texts)))
        if encoder.reads_stretches:
            found[f"{folder.name}, by stretches"] = encoder.encode_stretch
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    texts = sentences(sorted(p / "submission" for p in options.bench.iterdir() if (p / "submission").is_dir()))
    seconds: dict[str, list[float]] = {}
    for number in range(options.rounds + 1):
        for name, encode in ways(options.models).items():
            begun = time.process_time()
            for one in texts:
                encode(one)
            if number:  # the first round warms up
                seconds.setdefault(name, []).append(time.process_time() - begun)
    first = next(iter(seconds.values()))
    print(f"{len(texts)} submissions, {sum(map(len, texts))} sentences, {options.rounds} rounds; medians [least, most]")
    for name, runs in seconds.items():
        ratios = [a / b for a, b in zip(runs, first, strict=True)]
        print(
            f"{name:34}{statistics.median(runs) / len(texts):7.3f} CPU s a submission"
            f"{statistics.median(ratios):8.2f}  [{min(ratios):.2f}, {max(ratios):.2f}]"
        )
    if options.json:
        options.json.write_text(json.dumps(seconds, indent=1))


if __name__ == "__main__":
    main()
