"""GPT-2: random checkpoints in Hugging Face's layout and the float64 forward pass (Radford et al. 2019)."""
import numpy as np

import reference as ref
from checkpoint import Random

ACTIVATIONS = {"gelu_new": ref.gelu_tanh, "gelu": ref.gelu, "relu": ref.relu}


def config(**changes):
    """A config.json; the defaults are the 124M model's."""
    return {"model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12, "n_inner": None, "vocab_size": 50257,
            "n_positions": 1024, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "eos_token_id": 50256} | changes


def draw_blocks(draw, scope, cfg, cross=False):
    """The layers' tensors; `cross` adds attention to a memory of the same width."""
    d = cfg["n_embd"]
    inner = cfg.get("n_inner") or 4 * d
    for i in range(cfg["n_layer"]):
        layer = f"{scope}h.{i}."
        parts = [("attn.c_attn", 3 * d, d), ("attn.c_proj", d, d), ("mlp.c_fc", inner, d), ("mlp.c_proj", d, inner)]
        norms = ["ln_1", "ln_2"]
        if cross:
            parts += [("crossattention.q_attn", d, d), ("crossattention.c_attn", 2 * d, d), ("crossattention.c_proj", d, d)]
            norms.append("ln_cross_attn")
        for name, out, width in parts:
            draw.linear(layer + name, out, width, transposed=True)
        for name in norms:
            draw.norm(layer + name, d)
    draw.norm(f"{scope}ln_f", d)


def random_checkpoint(cfg, seed=1, prefix="transformer."):
    draw = Random(seed)
    draw.tensor(f"{prefix}wte.weight", cfg["vocab_size"], cfg["n_embd"], scale=0.1)
    draw.tensor(f"{prefix}wpe.weight", cfg["n_positions"], cfg["n_embd"], scale=0.05)
    draw_blocks(draw, prefix, cfg)
    return draw.tensors


def attend_to(w, q, k, v, heads, mask=None):
    return ref.linear(ref.attention(q, k, v, heads, mask), w("c_proj"), transposed=True)


def blocks(cfg, w, x, memory=None):
    """All layers and the last norm over x [batch, time, d], causal; with a memory, attention to it after self-attention."""
    eps, heads, act, time = cfg["layer_norm_epsilon"], cfg["n_head"], ACTIVATIONS[cfg["activation_function"]], x.shape[1]
    for i in range(cfg["n_layer"]):
        layer = w(f"h.{i}")
        q, k, v = np.split(ref.linear(ref.layer_norm(x, layer("ln_1"), eps), layer("attn.c_attn"), transposed=True), 3, -1)
        x = x + attend_to(layer("attn"), q, k, v, heads, ref.causal(time, time))
        if memory is not None:
            cross = layer("crossattention")
            q = ref.linear(ref.layer_norm(x, layer("ln_cross_attn"), eps), cross("q_attn"), transposed=True)
            k, v = np.split(ref.linear(memory, cross("c_attn"), transposed=True), 2, -1)
            x = x + attend_to(cross, q, k, v, heads)
        inner = act(ref.linear(ref.layer_norm(x, layer("ln_2"), eps), layer("mlp.c_fc"), transposed=True))
        x = x + ref.linear(inner, layer("mlp.c_proj"), transposed=True)
    return ref.layer_norm(x, w("ln_f"), eps)


def forward(cfg, tensors, tokens):
    """{logits: [batch, time, vocabulary]}."""
    w = ref.Weights(tensors, "transformer." if "transformer.wte.weight" in tensors else "")
    table = w["wte.weight"]
    return {"logits": blocks(cfg, w, table[tokens] + w["wpe.weight"][:tokens.shape[1]]) @ table.T}


def batch(cfg, rows, time, seed=0):
    return {"tokens": np.random.default_rng(seed).integers(0, cfg["vocab_size"], (rows, time), dtype=np.int32)}
