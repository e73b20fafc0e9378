"""examples/freeform: random checkpoints and the float64 forward pass of a model that no library has."""
import numpy as np

import reference as ref
from checkpoint import Random


def config(**changes):
    return {"d_model": 256, "heads": 4, "d_ff": 1024, "layers": 4, "vocab_size": 8000, "mels": 80, "audio_window": 32, "text_window": 64,
            "start": 1, "stop": 2} | changes


def random_checkpoint(cfg, seed=1):
    draw, d, inner = Random(seed), cfg["d_model"], cfg["d_ff"]
    draw.tensor("tokens.weight", cfg["vocab_size"], d, scale=d ** -0.5)
    draw.tensor("audio.conv.weight", d, cfg["mels"], 3, scale=(3 * cfg["mels"]) ** -0.5)
    draw.tensor("audio.conv.bias", d, scale=0.1)
    draw.tensor("text.bias.weight", 32, cfg["heads"], scale=1.0)

    def attention(scope):
        for name in ("q", "k", "v", "out"):
            draw.linear(f"{scope}.{name}", d, d)

    def feed_forward(scope):
        draw.linear(f"{scope}.gate", inner, d)
        draw.linear(f"{scope}.up", inner, d)
        draw.linear(f"{scope}.down", d, inner)

    for i in range(cfg["layers"]):
        for stack in ("audio", "text"):
            attention(f"{stack}.layers.{i}.attention")
            feed_forward(f"{stack}.layers.{i}")
            draw.norm(f"{stack}.layers.{i}.norm1", d)
            draw.norm(f"{stack}.layers.{i}.norm2", d)
        layer = f"decoder.layers.{i}"
        draw.linear(f"{layer}.self.qkv", 3 * d, d)
        draw.linear(f"{layer}.self.out", d, d)
        attention(f"{layer}.listen")
        attention(f"{layer}.read")
        feed_forward(layer)
        draw.norm(f"{layer}.norm1", d, bias=False)
        draw.norm(f"{layer}.norm2", d)
        draw.norm(f"{layer}.norm3", d)
        draw.norm(f"{layer}.norm4", d, bias=False)
    draw.norm("audio.norm", d)
    draw.norm("decoder.norm", d, bias=False)
    return draw.tensors


def attend(cfg, w, x, memory, mask, bias=None):
    q, k, v = ref.linear(x, w("q")), ref.linear(memory, w("k")), ref.linear(memory, w("v"))
    return ref.linear(ref.attention(q, k, v, cfg["heads"], mask, bias=bias), w("out"))


def feed_forward(w, x):
    return ref.linear(ref.silu(ref.linear(x, w("gate"))) * ref.linear(x, w("up")), w("down"))


def encode(cfg, tensors, mel, mel_len, rough, rough_len):
    """Both memories: audio [batch, frames, d] and text [batch, draft, d]."""
    w, near = ref.Weights(tensors), cfg["audio_window"]
    x = ref.gelu(ref.conv1d(np.asarray(mel, np.float64), w("audio.conv"), stride=2, pad=1)).transpose(0, 2, 1)
    frames, draft = x.shape[1], rough.shape[1]
    x = x + ref.sinusoidal(frames, cfg["d_model"])
    mask = ref.padding(mel_len, frames) & ref.window(frames, frames, near, near)
    bias = ref.relative_bias(w["text.bias.weight"], draft, draft, 128, True)
    y = w["tokens.weight"][rough]
    for i in range(cfg["layers"]):
        layer = w(f"audio.layers.{i}")
        h = ref.layer_norm(x, layer("norm1"))
        x = x + attend(cfg, layer("attention"), h, h, mask)
        x = x + feed_forward(layer, ref.layer_norm(x, layer("norm2")))
        layer = w(f"text.layers.{i}")
        y = ref.layer_norm(y + attend(cfg, layer("attention"), y, y, ref.padding(rough_len, draft), bias), layer("norm1"))
        y = ref.layer_norm(y + feed_forward(layer, y), layer("norm2"))
    return ref.layer_norm(x, w("audio.norm")), y


def decode(cfg, tensors, memories, mel_len, rough_len, tokens):
    w, time, heads, span = ref.Weights(tensors), tokens.shape[1], cfg["heads"], cfg["text_window"]
    audio, text = memories
    y = w["tokens.weight"][tokens]
    for i in range(cfg["layers"]):
        layer = w(f"decoder.layers.{i}")
        q, k, v = np.split(ref.linear(ref.rms_norm(y, layer("norm1")), layer("self.qkv")), 3, -1)
        own = ref.attention(ref.rope(q, heads), ref.rope(k, heads), v, heads, ref.window(time, time, span - 1, 0))
        y = y + ref.linear(own, layer("self.out"))
        y = ref.layer_norm(y + attend(cfg, layer("listen"), y, audio, ref.padding(mel_len, audio.shape[1])), layer("norm2"))
        y = ref.layer_norm(y + attend(cfg, layer("read"), y, text, ref.padding(rough_len, text.shape[1])), layer("norm3"))
        y = y + feed_forward(layer, ref.rms_norm(y, layer("norm4")))
    return ref.rms_norm(y, w("decoder.norm")) @ w["tokens.weight"].T


def forward(cfg, tensors, mel, mel_len, rough, rough_len, tokens):
    """{logits: [batch, time, vocabulary]}."""
    memories = encode(cfg, tensors, mel, mel_len, rough, rough_len)
    return {"logits": decode(cfg, tensors, memories, mel_len, rough_len, tokens)}


def batch(cfg, mel_len, rough_len, time, seed=0):
    rng, rows = np.random.default_rng(seed), len(mel_len)
    ids = lambda n: rng.integers(0, cfg["vocab_size"], (rows, n), dtype=np.int32)  # noqa: E731
    return {"mel": rng.standard_normal((rows, cfg["mels"], 2 * max(mel_len)), np.float32), "mel_len": np.array(mel_len, np.int32),
            "rough": ids(max(rough_len)), "rough_len": np.array(rough_len, np.int32), "tokens": ids(time)}
