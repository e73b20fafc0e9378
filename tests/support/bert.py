"""BERT: random checkpoints in Hugging Face's layout and the float64 forward pass (Devlin et al. 2018)."""
import numpy as np

import reference as ref
from checkpoint import Random

ACTIVATIONS = {"gelu": ref.gelu, "relu": ref.relu, "gelu_new": ref.gelu_tanh, "silu": ref.silu}


def config(hidden=768, heads=12, layers=12, inner=3072, vocab=30522, context=512, types=2, act="gelu", eps=1e-12):
    """A config.json of the sizes; the defaults are BERT-base's."""
    return {"model_type": "bert", "hidden_size": hidden, "num_attention_heads": heads, "num_hidden_layers": layers,
            "intermediate_size": inner, "vocab_size": vocab, "max_position_embeddings": context,
            "type_vocab_size": types, "hidden_act": act, "layer_norm_eps": eps}


def random_checkpoint(cfg, seed=1, prefix=""):
    """Weights of trained size rather than of initialisation: attention is far from uniform, norms are not trivial."""
    d, draw = cfg["hidden_size"], Random(seed)
    draw.tensor(f"{prefix}embeddings.word_embeddings.weight", cfg["vocab_size"], d, scale=0.05)
    draw.tensor(f"{prefix}embeddings.position_embeddings.weight", cfg["max_position_embeddings"], d, scale=0.02)
    draw.tensor(f"{prefix}embeddings.token_type_embeddings.weight", cfg["type_vocab_size"], d, scale=0.02)
    draw.norm(f"{prefix}embeddings.LayerNorm", d)
    for i in range(cfg["num_hidden_layers"]):
        layer = f"{prefix}encoder.layer.{i}"
        for name in ("query", "key", "value"):
            draw.linear(f"{layer}.attention.self.{name}", d, d)
        draw.linear(f"{layer}.attention.output.dense", d, d)
        draw.norm(f"{layer}.attention.output.LayerNorm", d)
        draw.linear(f"{layer}.intermediate.dense", cfg["intermediate_size"], d)
        draw.linear(f"{layer}.output.dense", d, cfg["intermediate_size"])
        draw.norm(f"{layer}.output.LayerNorm", d)
    draw.linear(f"{prefix}pooler.dense", d, d)
    if "id2label" in cfg:
        draw.linear("classifier", len(cfg["id2label"]), d)
    return draw.tensors


def forward(cfg, tensors, ids, types, lengths):
    """{hidden: [batch, seq, d], embedding and class_embedding: [batch, d], pooled: [batch, d]} in float64; with a classifier, the scores
    of rows [batch, labels] and of tokens [batch, seq, labels]."""
    eps, act = cfg["layer_norm_eps"], ACTIVATIONS[cfg["hidden_act"]]
    w = ref.Weights(tensors, "bert." if "bert.embeddings.LayerNorm.weight" in tensors else "")
    seq, e = ids.shape[1], w("embeddings")
    x = (np.asarray(tensors[e.scope + "word_embeddings.weight"])[ids].astype(np.float64)
         + e["token_type_embeddings.weight"][types] + e["position_embeddings.weight"][:seq])
    x = ref.layer_norm(x, e("LayerNorm"), eps)
    mask = ref.padding(lengths, seq)
    for i in range(cfg["num_hidden_layers"]):
        layer = w(f"encoder.layer.{i}")
        q, k, v = (ref.linear(x, layer(f"attention.self.{name}")) for name in ("query", "key", "value"))
        seen = ref.attention(q, k, v, cfg["num_attention_heads"], mask)
        x = ref.layer_norm(x + ref.linear(seen, layer("attention.output.dense")), layer("attention.output.LayerNorm"), eps)
        inner = act(ref.linear(x, layer("intermediate.dense")))
        x = ref.layer_norm(x + ref.linear(inner, layer("output.dense")), layer("output.LayerNorm"), eps)
    pooler = w("pooler.dense")
    pooled = np.tanh(ref.linear(x[:, 0], pooler)) if pooler.get("weight") is not None else None
    result = {"hidden": x, "embedding": ref.l2_normalize(ref.mean_pool(x, lengths)), "class_embedding": ref.l2_normalize(x[:, 0]), "pooled": pooled}
    if "classifier.weight" in tensors:
        head = ref.Weights(tensors)("classifier")
        result |= {"sequence_logits": ref.linear(pooled, head), "token_logits": ref.linear(x, head)}
    return result


def batch(cfg, lengths, seq=None, seed=0, pairs=False):
    """Random inputs of the lengths, padded to SEQ with ids that must not matter."""
    rng, lengths = np.random.default_rng(seed), np.asarray(lengths, np.int32)
    seq = seq or max(int(lengths.max()), 1)
    ids = rng.integers(0, cfg["vocab_size"], (len(lengths), seq), dtype=np.int32)
    types = np.zeros_like(ids)
    if pairs:
        types[:, seq // 2:] = min(1, cfg["type_vocab_size"] - 1)
    return {"ids": ids, "types": types, "lengths": lengths}
