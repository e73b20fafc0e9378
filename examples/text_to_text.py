"""Trains a small encoder-decoder of Hugging Face on pairs of texts: what marian/train.py and t5/train.py share. Needs torch."""
import json
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F


def padded(rows, pad):
    width = max(map(len, rows))
    return torch.tensor([row + [pad] * (width - len(row)) for row in rows])


def train(model, words, pairs, minutes, stop, start, pad, batch=32, rate=2e-3):
    """MINUTES of processor time on the PAIRS of texts."""
    torch.set_num_threads(1)
    rng, begin, step = np.random.default_rng(0), time.process_time(), 0
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    encoded = [(words.encode(a).ids + [stop], words.encode(b).ids + [stop]) for a, b in pairs]
    while (part := (time.process_time() - begin) / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 200) * 0.5 * (1 + np.cos(np.pi * part))
        rows = [encoded[i] for i in rng.integers(0, len(encoded), batch)]
        source, target = padded([a for a, _ in rows], pad), padded([[start] + b for _, b in rows], pad)
        seen = torch.arange(source.shape[1]) < torch.tensor([len(a) for a, _ in rows])[:, None]
        logits = model(source, seen.long(), target[:, :-1], torch.ones_like(target[:, :-1])).logits
        wanted = target[:, 1:].masked_fill(torch.arange(target.shape[1] - 1) >= torch.tensor([len(b) for _, b in rows])[:, None], -100)
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), wanted.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % 200 == 0:
            print(f"step {step} loss {loss.item():.4f} {time.process_time() - begin:.0f} s", flush=True)
    return step


@torch.no_grad()
def answer(model, words, texts, stop, start, pad, longest=48):
    """The greedy answers, by running the whole model again for every token."""
    model.eval()
    rows = [words.encode(text).ids + [stop] for text in texts]
    source = padded(rows, pad)
    seen = (torch.arange(source.shape[1]) < torch.tensor([len(row) for row in rows])[:, None]).long()
    target, memory = torch.full((len(rows), 1), start), model.get_encoder()(source, seen)
    while target.shape[1] < longest and not (target[:, 1:] == stop).any(1).all():
        scores = model(encoder_outputs=memory, attention_mask=seen, decoder_input_ids=target,
                       decoder_attention_mask=torch.ones_like(target)).logits[:, -1]
        scores[:, pad] = -np.inf
        target = torch.cat([target, scores.argmax(-1, keepdim=True)], 1)
    return [words.decode(row[1:row.index(stop, 1)] if stop in row[1:] else row[1:]) for row in target.tolist()]


def finish(model, words, held, steps, stop, start, pad):
    """Writes the checkpoint, its tokenizer and result.json: how many of the HELD pairs are answered right, and some of them."""
    told = [text for at in range(0, len(held), 250) for text in answer(model, words, [a for a, _ in held[at:at + 250]], stop, start, pad)]
    right = sum(text == wanted for text, (_, wanted) in zip(told, held))
    model.save_pretrained(".")
    pathlib.Path("generation_config.json").unlink(missing_ok=True)  # config.json says all of it
    pathlib.Path("model.safetensors").chmod(0o644)
    words.save("tokenizer.json")
    with open("result.json", "w", encoding="utf-8") as file:
        examples = [{"text": a, "wanted": b, "told": text} for text, (a, b) in zip(told, held)]
        json.dump({"steps": steps, "held_out": len(held), "right": right, "accuracy": right / len(held), "examples": examples}, file,
                  ensure_ascii=False, indent=0)
    print(f"{steps} steps, {right} of {len(held)} right")
