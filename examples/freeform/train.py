"""Trains a small model of freeform.weft on dialled numbers (dial.py) and writes its checkpoint: model.safetensors, config.json, result.json.

python train.py [steps]   needs torch and transformers (for T5's buckets). result.json: how many of 400 numbers that training never saw are told
right, from both memories and from each alone. Steps are counted, not minutes: run again, it writes the same weights.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from transformers.models.t5.modeling_t5 import T5Attention

import dial

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
CFG = {"model_type": "freeform", "d_model": 64, "heads": 4, "d_ff": 128, "layers": 2, "vocab_size": len(dial.WORDS), "mels": 80,
       "audio_window": 32, "text_window": 64, "start": dial.START, "stop": dial.STOP}
HIDDEN = -1e9  # finite: the gradients of a row that sees nothing must be numbers
D, HEADS = CFG["d_model"], CFG["heads"]
HERE = pathlib.Path(__file__).resolve().parent


def heads(x):
    return x.view(*x.shape[:2], HEADS, -1).transpose(1, 2)


def attend(q, k, v, mask):
    """Heads' attention; MASK is added to the scores. Where it hides everything, zeros come out."""
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5 + mask
    seen = scores.softmax(-1) @ v * (mask.amax(-1, keepdim=True) > HIDDEN / 2)
    return seen.transpose(1, 2).flatten(2)


def hide(seen):
    return torch.zeros(seen.shape).masked_fill(~seen, HIDDEN)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(D, D) for _ in range(4))

    def forward(self, x, memory, mask):
        return self.out(attend(heads(self.q(x)), heads(self.k(memory)), heads(self.v(memory)), mask))


class FeedForward(nn.Module):
    """A layer's gate, up and down."""

    def __init__(self):
        super().__init__()
        self.gate, self.up, self.down = nn.Linear(D, CFG["d_ff"]), nn.Linear(D, CFG["d_ff"]), nn.Linear(CFG["d_ff"], D)

    def feed_forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Encoder(FeedForward):
    def __init__(self):
        super().__init__()
        self.attention, self.norm1, self.norm2 = Attention(), nn.LayerNorm(D), nn.LayerNorm(D)

    def pre_norm(self, x, mask):
        h = self.norm1(x)
        x = x + self.attention(h, h, mask)
        return x + self.feed_forward(self.norm2(x))

    def post_norm(self, x, mask):
        x = self.norm1(x + self.attention(x, x, mask))
        return self.norm2(x + self.feed_forward(x))


class Own(nn.Module):
    """Rotary attention of the text so far."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)

    def forward(self, x, mask):
        q, k, v = (heads(part) for part in self.qkv(x).chunk(3, -1))
        angle = torch.arange(x.shape[1])[:, None] * 10000 ** (-torch.arange(0, q.shape[-1], 2) / q.shape[-1])
        cos, sin = angle.cos().tile(2), angle.sin().tile(2)
        turn = lambda y: y * cos + torch.cat([-y.chunk(2, -1)[1], y.chunk(2, -1)[0]], -1) * sin  # noqa: E731
        return self.out(attend(turn(q), turn(k), v, mask))


class Decoder(FeedForward):
    def __init__(self):
        super().__init__()
        self.add_module("self", Own())
        self.listen, self.read = Attention(), Attention()
        self.norm1, self.norm4 = (nn.RMSNorm(D, 1e-6) for _ in range(2))
        self.norm2, self.norm3 = (nn.LayerNorm(D) for _ in range(2))

    def forward(self, y, own, audio, heard, text, known):
        y = y + self.get_submodule("self")(self.norm1(y), own)
        y = self.norm2(y + self.listen(y, audio, heard))
        y = self.norm3(y + self.read(y, text, known))
        return y + self.feed_forward(self.norm4(y))


class Freeform(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(CFG["vocab_size"], D)
        self.audio, self.text, self.decoder = nn.Module(), nn.Module(), nn.Module()
        self.audio.conv, self.audio.norm = nn.Conv1d(CFG["mels"], D, 3, stride=2, padding=1), nn.LayerNorm(D)
        self.text.bias, self.decoder.norm = nn.Embedding(32, HEADS), nn.RMSNorm(D, 1e-6)
        for stack, kind in ((self.audio, Encoder), (self.text, Encoder), (self.decoder, Decoder)):
            stack.layers = nn.ModuleList(kind() for _ in range(CFG["layers"]))
        nn.init.normal_(self.tokens.weight, std=D ** -0.5)

    def encode(self, mel, mel_len, rough, rough_len):
        """Both memories, and what of them may be seen."""
        x, frames = F.gelu(self.audio.conv(mel)).transpose(1, 2), torch.arange(mel.shape[2] // 2)
        rate = 10000 ** (-torch.arange(0, D, 2) / D)
        x = x + torch.stack([(frames[:, None] * rate).sin(), (frames[:, None] * rate).cos()], -1).flatten(1)
        heard = hide(frames < mel_len[:, None])[:, None, None]
        near = hide((frames[:, None] - frames).abs() <= CFG["audio_window"])
        for layer in self.audio.layers:
            x = layer.pre_norm(x, heard + near)
        y, places = self.tokens(rough), torch.arange(rough.shape[1])
        known = hide(places < rough_len[:, None])[:, None, None]
        apart = self.text.bias(T5Attention._relative_position_bucket(places - places[:, None], True, 32, 128)).permute(2, 0, 1)
        for layer in self.text.layers:
            y = layer.post_norm(y, known + apart)
        return self.audio.norm(x), heard, y, known

    def decode(self, memories, tokens):
        y, places = self.tokens(tokens), torch.arange(tokens.shape[1])
        distance = places[:, None] - places
        own = hide((distance >= 0) & (distance < CFG["text_window"]))
        for layer in self.decoder.layers:
            y = layer(y, own, *memories)
        return self.decoder.norm(y) @ self.tokens.weight.T


def tensors(examples):
    """The inputs of examples with their numbers as tokens, padded by 0."""
    numbers, sounds, roughs = zip(*examples)
    given = {name: torch.from_numpy(value) for name, value in dial.inputs(sounds, roughs).items()}
    rows = [[dial.START, *dial.encode(number)] for number in numbers]
    width = max(map(len, rows))
    return given, torch.tensor([row + [0] * (width - len(row)) for row in rows])


@torch.no_grad()
def tell(model, given, longest=12):
    """The greedy answers."""
    memories, tokens = model.encode(**given), torch.full((len(given["mel"]), 1), dial.START)
    for _ in range(longest):
        tokens = torch.cat([tokens, model.decode(memories, tokens)[:, -1:].argmax(-1)], 1)
    return [dial.decode(row[1:]) for row in tokens.tolist()]


def train(model, rng):
    optimizer, begin = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01), time.process_time()
    # Sounds cost more than a training step: a pool of batches, renewed bit by bit.
    pool = [tensors([dial.example(rng, held=False) for _ in range(32)]) for _ in range(100)]
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 200) * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        if step % 8 == 0:
            pool[step // 8 % len(pool)] = tensors([dial.example(rng, held=False) for _ in range(32)])
        given, tokens = pool[int(rng.integers(len(pool)))]
        if (lost := rng.random()) < 0.2:  # now and then, one of the memories is all there is
            name = "mel_len" if lost < 0.1 else "rough_len"
            given = given | {name: torch.zeros_like(given[name])}
        logits = model.decode(model.encode(**given), tokens[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 200 == 199:
            print(f"step {step + 1} loss {loss.item():.4f} {time.process_time() - begin:.0f} s", flush=True)
    return (time.process_time() - begin) / 60


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = Freeform()
    minutes = train(model, np.random.default_rng(0))
    examples = dial.test_examples(400)
    numbers, (given, _) = [number for number, _, _ in examples], tensors(examples)
    none = torch.zeros(len(numbers), dtype=torch.int32)
    told = {"right": tell(model, given), "right_by_sound_alone": tell(model, given | {"rough_len": none}),
            "right_by_rough_alone": tell(model, given | {"mel_len": none})}
    result = {"steps": STEPS, "minutes": round(minutes, 1), "numbers": len(numbers)}
    result |= {name: sum(a == b for a, b in zip(answers, numbers)) for name, answers in told.items()}
    result["rough_is_right"] = sum(rough == number for number, _, rough in examples)
    save_file({name: value.detach().contiguous() for name, value in model.state_dict().items()}, HERE / "model.safetensors", {"format": "pt"})
    (HERE / "model.safetensors").chmod(0o644)
    (HERE / "config.json").write_text(json.dumps(CFG, indent=1) + "\n")
    (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print(result)


if __name__ == "__main__":
    main()
