"""T5 1.0 and 1.1: random checkpoints in Hugging Face's layout and the float64 forward pass (Raffel et al. 2020)."""
import numpy as np

import reference as ref
from checkpoint import Random


def config(**changes):
    """A config.json; the defaults are T5-small's."""
    return {"model_type": "t5", "d_model": 512, "num_heads": 8, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_decoder_layers": 6,
            "vocab_size": 32128, "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128,
            "layer_norm_epsilon": 1e-6, "feed_forward_proj": "relu", "tie_word_embeddings": True, "decoder_start_token_id": 0,
            "eos_token_id": 1} | changes


def v11_config(**changes):
    """T5 v1.1-small's config.json."""
    return config(**{"num_heads": 6, "d_ff": 1024, "num_layers": 8, "num_decoder_layers": 8, "feed_forward_proj": "gated-gelu",
                     "tie_word_embeddings": False} | changes)


def random_checkpoint(cfg, seed=1):
    draw, d, heads = Random(seed), cfg["d_model"], cfg["num_heads"]
    width = heads * cfg["d_kv"]
    draw.tensor("shared.weight", cfg["vocab_size"], d, scale=1.0)
    if not cfg["tie_word_embeddings"]:
        draw.linear("lm_head", cfg["vocab_size"], d, bias=False)
    for stack, layers, parts in (("encoder", cfg["num_layers"], ("SelfAttention",)),
                                 ("decoder", cfg["num_decoder_layers"], ("SelfAttention", "EncDecAttention"))):
        bias = f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        draw.tensor(bias, cfg["relative_attention_num_buckets"], heads, scale=1.0)
        for i in range(layers):
            for n, part in enumerate(parts):
                layer = f"{stack}.block.{i}.layer.{n}."
                draw.linear(f"{layer}{part}.q", width, d, bias=False, gain=cfg["d_kv"] ** -0.25)
                draw.linear(f"{layer}{part}.k", width, d, bias=False, gain=cfg["d_kv"] ** -0.25)
                draw.linear(f"{layer}{part}.v", width, d, bias=False)
                draw.linear(f"{layer}{part}.o", d, width, bias=False)
                draw.norm(f"{layer}layer_norm", d, bias=False)
            layer = f"{stack}.block.{i}.layer.{len(parts)}."
            for name in ("wi_0", "wi_1") if cfg["feed_forward_proj"].startswith("gated") else ("wi",):
                draw.linear(f"{layer}DenseReluDense.{name}", cfg["d_ff"], d, bias=False)
            draw.linear(f"{layer}DenseReluDense.wo", d, cfg["d_ff"], bias=False)
            draw.norm(f"{layer}layer_norm", d, bias=False)
        draw.norm(f"{stack}.final_layer_norm", d, bias=False)
    return draw.tensors


def attend(cfg, w, x, memory, mask, bias=None):
    q, k, v = ref.linear(x, w("q")), ref.linear(memory, w("k")), ref.linear(memory, w("v"))
    return ref.linear(ref.attention(q, k, v, cfg["num_heads"], mask, scale=1.0, bias=bias), w("o"))


def feed_forward(cfg, w, x):
    if cfg["feed_forward_proj"] == "gated-gelu":
        return ref.linear(ref.gelu_tanh(ref.linear(x, w("wi_0"))) * ref.linear(x, w("wi_1")), w("wo"))
    return ref.linear(ref.relu(ref.linear(x, w("wi"))), w("wo"))


def stack_of(cfg, tensors, name, layers, ids, mask, memory=None, memory_mask=None):
    w, eps, time = ref.Weights(tensors)(name), cfg["layer_norm_epsilon"], ids.shape[1]
    x = ref.Weights(tensors)["shared.weight"][ids]
    table = w["block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    bias = ref.relative_bias(table, time, time, cfg["relative_attention_max_distance"], memory is None)
    for i in range(layers):
        part = [w(f"block.{i}.layer.{n}") for n in range(3)]
        h = ref.rms_norm(x, part[0]("layer_norm"), eps)
        x = x + attend(cfg, part[0]("SelfAttention"), h, h, mask, bias)
        if memory is not None:
            x = x + attend(cfg, part[1]("EncDecAttention"), ref.rms_norm(x, part[1]("layer_norm"), eps), memory, memory_mask)
        last = part[1 if memory is None else 2]
        x = x + feed_forward(cfg, last("DenseReluDense"), ref.rms_norm(x, last("layer_norm"), eps))
    return ref.rms_norm(x, w("final_layer_norm"), eps)


def encode(cfg, tensors, source, source_len):
    return stack_of(cfg, tensors, "encoder", cfg["num_layers"], source, ref.padding(source_len, source.shape[1]))


def decode(cfg, tensors, memory, source_len, target):
    tgt, w = target.shape[1], ref.Weights(tensors)
    state = stack_of(cfg, tensors, "decoder", cfg["num_decoder_layers"], target, ref.causal(tgt, tgt), memory,
                     ref.padding(source_len, memory.shape[1]))
    if cfg["tie_word_embeddings"]:
        return state * cfg["d_model"] ** -0.5 @ w["shared.weight"].T
    return ref.linear(state, w("lm_head"))


def forward(cfg, tensors, source, source_len, target):
    """{memory: [batch, src, d], logits: [batch, tgt, vocabulary]}."""
    memory = encode(cfg, tensors, source, source_len)
    return {"memory": memory, "logits": decode(cfg, tensors, memory, source_len, target)}


def batch(cfg, lengths, tgt, seed=0):
    rng, lengths = np.random.default_rng(seed), np.asarray(lengths, np.int32)
    draw = lambda time: rng.integers(0, cfg["vocab_size"], (len(lengths), time), dtype=np.int32)  # noqa: E731
    return {"source": draw(int(lengths.max())), "source_len": lengths, "target": draw(tgt)}
