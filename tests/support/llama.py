"""Llama: random checkpoints in Hugging Face's layout and the float64 forward pass (Touvron et al. 2023)."""
import numpy as np

import reference as ref
from checkpoint import Random


# Llama 3.1's.
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}


def config(**changes):
    """A config.json; the defaults are a published model of 135 million parameters (SmolLM)."""
    return {"model_type": "llama", "hidden_size": 576, "num_attention_heads": 9, "num_key_value_heads": 3, "num_hidden_layers": 30,
            "intermediate_size": 1536, "vocab_size": 49152, "max_position_embeddings": 2048, "rope_theta": 10000.0,
            "rms_norm_eps": 1e-5, "tie_word_embeddings": True, "hidden_act": "silu", "eos_token_id": 0} | changes


def sizes(cfg):
    heads = cfg["num_attention_heads"]
    return heads, cfg.get("num_key_value_heads") or heads, cfg.get("head_dim") or cfg["hidden_size"] // heads


def scaling(cfg):
    """What `rope_scaling` says, as arguments of ref.scaled_rates."""
    given = cfg.get("rope_scaling") or {}
    names = {"rope_type": "kind", "type": "kind", "factor": "factor", "low_freq_factor": "low", "high_freq_factor": "high",
             "original_max_position_embeddings": "context"}
    return {names[key]: value for key, value in given.items()}


def random_checkpoint(cfg, seed=1):
    draw, d, inner = Random(seed), cfg["hidden_size"], cfg["intermediate_size"]
    heads, kv_heads, width = sizes(cfg)
    bias = cfg.get("attention_bias", False)
    draw.tensor("model.embed_tokens.weight", cfg["vocab_size"], d, scale=1.0)
    for i in range(cfg["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        for name, out, size in (("q", heads * width, d), ("k", kv_heads * width, d), ("v", kv_heads * width, d), ("o", d, heads * width)):
            draw.linear(f"{layer}self_attn.{name}_proj", out, size, bias=bias)
        for name, out, size in (("gate", inner, d), ("up", inner, d), ("down", d, inner)):
            draw.linear(f"{layer}mlp.{name}_proj", out, size, bias=cfg.get("mlp_bias", False))
        draw.norm(f"{layer}input_layernorm", d, bias=False)
        draw.norm(f"{layer}post_attention_layernorm", d, bias=False)
    draw.norm("model.norm", d, bias=False)
    if not cfg["tie_word_embeddings"]:
        draw.linear("lm_head", cfg["vocab_size"], d, bias=False)
    return draw.tensors


def forward(cfg, tensors, tokens):
    """{logits: [batch, time, vocabulary]}."""
    w, eps, time = ref.Weights(tensors, "model."), cfg["rms_norm_eps"], tokens.shape[1]
    heads, kv_heads, _ = sizes(cfg)
    x = w["embed_tokens.weight"][tokens]
    for i in range(cfg["num_hidden_layers"]):
        layer = w(f"layers.{i}")
        own, mlp, h = layer("self_attn"), layer("mlp"), ref.rms_norm(x, layer("input_layernorm"), eps)
        q = ref.rope(ref.linear(h, own("q_proj")), heads, cfg["rope_theta"], scaling=scaling(cfg))
        k = ref.rope(ref.linear(h, own("k_proj")), kv_heads, cfg["rope_theta"], scaling=scaling(cfg))
        seen = ref.attention(q, k, ref.linear(h, own("v_proj")), heads, ref.causal(time, time), kv_heads=kv_heads)
        x = x + ref.linear(seen, own("o_proj"))
        h = ref.rms_norm(x, layer("post_attention_layernorm"), eps)
        x = x + ref.linear(ref.silu(ref.linear(h, mlp("gate_proj"))) * ref.linear(h, mlp("up_proj")), mlp("down_proj"))
    state = ref.rms_norm(x, w("norm"), eps)
    if cfg["tie_word_embeddings"]:
        return {"logits": state @ w["embed_tokens.weight"].T}
    return {"logits": ref.linear(state, ref.Weights(tensors)("lm_head"))}


def batch(cfg, rows, time, seed=0):
    return {"tokens": np.random.default_rng(seed).integers(0, cfg["vocab_size"], (rows, time), dtype=np.int32)}
