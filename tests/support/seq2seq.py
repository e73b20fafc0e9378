"""The original Transformer (Vaswani et al. 2017; fairseq's names, as examples/transformer and examples/g2p) and Marian (OPUS-MT's
published form, Hugging Face's names): random checkpoints and float64 forward passes of two post-norm models that differ in names,
position tables and the output's bias."""
import numpy as np

import reference as ref
from checkpoint import Random

ACTIVATIONS = {"relu": ref.relu, "swish": ref.silu, "silu": ref.silu, "gelu": ref.gelu}


def config(**changes):
    """The original Transformer's base size."""
    return {"d_model": 512, "num_heads": 8, "d_ff": 2048, "num_layers": 6, "vocab_size": 37000, "decoder_start_token_id": 0,
            "eos_token_id": 2} | changes


def marian_config(**changes):
    """An OPUS-MT model's sizes."""
    return {"model_type": "marian", "d_model": 512, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 8,
            "decoder_attention_heads": 8, "encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048, "vocab_size": 58101, "pad_token_id": 58100,
            "decoder_start_token_id": 58100, "eos_token_id": 0, "scale_embedding": True, "activation_function": "swish",
            "max_position_embeddings": 512} | changes


def plan(cfg):
    """What differs between the two, under one set of names."""
    if cfg.get("model_type") == "marian":
        return {"scope": "model.", "style": "half", "act": ACTIVATIONS[cfg["activation_function"]],
                "scale": cfg["d_model"] ** 0.5 if cfg["scale_embedding"] else 1.0,
                "encoder": (cfg["encoder_layers"], cfg["encoder_attention_heads"], cfg["encoder_ffn_dim"]),
                "decoder": (cfg["decoder_layers"], cfg["decoder_attention_heads"], cfg["decoder_ffn_dim"])}
    stack = (cfg["num_layers"], cfg["num_heads"], cfg["d_ff"])
    return {"scope": "", "style": "interleaved", "act": ref.relu, "scale": cfg["d_model"] ** 0.5, "encoder": stack, "decoder": stack}


def random_checkpoint(cfg, seed=1):
    draw, p, d = Random(seed), plan(cfg), cfg["d_model"]
    draw.tensor(f"{p['scope']}shared.weight", cfg["vocab_size"], d, scale=d ** -0.5)
    for stack, parts in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        layers, _, inner = p[stack]
        for i in range(layers):
            layer = f"{p['scope']}{stack}.layers.{i}."
            for part in parts:
                for name in "qkv":
                    draw.linear(f"{layer}{part}.{name}_proj", d, d)
                draw.linear(f"{layer}{part}.out_proj", d, d)
                draw.norm(f"{layer}{part}_layer_norm", d)
            draw.linear(f"{layer}fc1", inner, d)
            draw.linear(f"{layer}fc2", d, inner)
            draw.norm(f"{layer}final_layer_norm", d)
    if cfg.get("model_type") == "marian":
        draw.tensor("final_logits_bias", 1, cfg["vocab_size"], scale=0.3)
    return draw.tensors


def attend(w, x, memory, heads, mask):
    q, k, v = ref.linear(x, w("q_proj")), ref.linear(memory, w("k_proj")), ref.linear(memory, w("v_proj"))
    return ref.linear(ref.attention(q, k, v, heads, mask), w("out_proj"))


def stack_of(cfg, w, name, x, mask, memory=None, memory_mask=None):
    p = plan(cfg)
    layers, heads, _ = p[name]
    for i in range(layers):
        layer = w(f"{name}.layers.{i}")
        x = ref.layer_norm(x + attend(layer("self_attn"), x, x, heads, mask), layer("self_attn_layer_norm"))
        if memory is not None:
            x = ref.layer_norm(x + attend(layer("encoder_attn"), x, memory, heads, memory_mask), layer("encoder_attn_layer_norm"))
        x = ref.layer_norm(x + ref.linear(p["act"](ref.linear(x, layer("fc1"))), layer("fc2")), layer("final_layer_norm"))
    return x


def embed(cfg, w, ids):
    p = plan(cfg)
    return w["shared.weight"][ids] * p["scale"] + ref.sinusoidal(ids.shape[1], cfg["d_model"], p["style"])


def encode(cfg, tensors, source, source_len):
    w, visible = ref.Weights(tensors, plan(cfg)["scope"]), ref.padding(source_len, source.shape[1])
    return stack_of(cfg, w, "encoder", embed(cfg, w, source), visible)


def decode(cfg, tensors, memory, source_len, target):
    """The scores of the next token at every target position; Marian's without the padding token, the last one."""
    w, tgt = ref.Weights(tensors, plan(cfg)["scope"]), target.shape[1]
    y = stack_of(cfg, w, "decoder", embed(cfg, w, target), ref.causal(tgt, tgt), memory, ref.padding(source_len, memory.shape[1]))
    logits = y @ w["shared.weight"].T
    if cfg.get("model_type") == "marian":
        logits = (logits + np.asarray(tensors["final_logits_bias"], np.float64))[..., :cfg["pad_token_id"]]
    return logits


def forward(cfg, tensors, source, source_len, target):
    """{encoded: [batch, src, d], logits: [batch, tgt, vocabulary]}."""
    memory = encode(cfg, tensors, source, source_len)
    return {"encoded": memory, "logits": decode(cfg, tensors, memory, source_len, target)}


def batch(cfg, lengths, tgt, seed=0):
    rng, lengths = np.random.default_rng(seed), np.asarray(lengths, np.int32)
    draw = lambda time: rng.integers(0, cfg["vocab_size"], (len(lengths), time), dtype=np.int32)  # noqa: E731
    return {"source": draw(int(lengths.max())), "source_len": lengths, "target": draw(tgt)}
