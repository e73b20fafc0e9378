"""ViT: random checkpoints in Hugging Face's layout and the float64 forward pass (Dosovitskiy et al. 2020)."""
import numpy as np

import reference as ref
from checkpoint import Random

ACTIVATIONS = {"gelu": ref.gelu, "quick_gelu": ref.quick_gelu, "relu": ref.relu}


def config(**changes):
    """A config.json; the defaults are ViT-B/16's."""
    return {"model_type": "vit", "hidden_size": 768, "num_attention_heads": 12, "num_hidden_layers": 12, "intermediate_size": 3072,
            "num_channels": 3, "image_size": 224, "patch_size": 16, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "qkv_bias": True,
            "id2label": {str(i): f"class {i}" for i in range(1000)}} | changes


def draw_tower(draw, cfg, scope):
    d, patch, channels = cfg["hidden_size"], cfg["patch_size"], cfg["num_channels"]
    places = (cfg["image_size"] // patch) ** 2 + 1
    draw.tensor(f"{scope}embeddings.cls_token", 1, 1, d, scale=0.5)
    draw.tensor(f"{scope}embeddings.position_embeddings", 1, places, d, scale=0.2)
    draw.tensor(f"{scope}embeddings.patch_embeddings.projection.weight", d, channels, patch, patch, scale=(channels * patch ** 2) ** -0.5)
    draw.tensor(f"{scope}embeddings.patch_embeddings.projection.bias", d, scale=0.1)
    for i in range(cfg["num_hidden_layers"]):
        layer = f"{scope}encoder.layer.{i}."
        for name in ("query", "key", "value"):
            draw.linear(f"{layer}attention.attention.{name}", d, d, bias=cfg.get("qkv_bias", True))
        draw.linear(f"{layer}attention.output.dense", d, d)
        draw.linear(f"{layer}intermediate.dense", cfg["intermediate_size"], d)
        draw.linear(f"{layer}output.dense", d, cfg["intermediate_size"])
        draw.norm(f"{layer}layernorm_before", d)
        draw.norm(f"{layer}layernorm_after", d)
    draw.norm(f"{scope}layernorm", d)


def random_checkpoint(cfg, seed=1, head=True):
    draw = Random(seed)
    draw_tower(draw, cfg, "vit.")
    if head:
        draw.linear("classifier", len(cfg["id2label"]), cfg["hidden_size"])
    return draw.tensors


def layers_of(cfg, w, x):
    """The encoder's layers and the last norm over x [batch, places, d]."""
    eps, act = cfg["layer_norm_eps"], ACTIVATIONS[cfg["hidden_act"]]
    for i in range(cfg["num_hidden_layers"]):
        layer = w(f"encoder.layer.{i}")
        h = ref.layer_norm(x, layer("layernorm_before"), eps)
        q, k, v = (ref.linear(h, layer(f"attention.attention.{name}")) for name in ("query", "key", "value"))
        x = x + ref.linear(ref.attention(q, k, v, cfg["num_attention_heads"]), layer("attention.output.dense"))
        inner = act(ref.linear(ref.layer_norm(x, layer("layernorm_after"), eps), layer("intermediate.dense")))
        x = x + ref.linear(inner, layer("output.dense"))
    return ref.layer_norm(x, w("layernorm"), eps)


def tower(cfg, w, pixels):
    """The state of the class token and of every patch: [batch, places, d]."""
    d, batch = cfg["hidden_size"], len(pixels)
    patches = ref.conv2d(np.asarray(pixels, np.float64), w("embeddings.patch_embeddings.projection"), stride=cfg["patch_size"])
    x = patches.reshape(batch, d, -1).transpose(0, 2, 1)
    x = np.concatenate([np.broadcast_to(w["embeddings.cls_token"], (batch, 1, d)), x], 1) + w["embeddings.position_embeddings"]
    return layers_of(cfg, w, x)


def forward(cfg, tensors, pixels):
    """{hidden: [batch, places, d], logits: [batch, labels] where the checkpoint has a classifier}."""
    hidden = tower(cfg, ref.Weights(tensors, "vit."), pixels)
    if "classifier.weight" not in tensors:
        return {"hidden": hidden}
    return {"hidden": hidden, "logits": ref.linear(hidden[:, 0], ref.Weights(tensors)("classifier"))}


def forward_patches(cfg, tensors, patches):
    """The form without a class token: {hidden: [batch, patches, d], image: [batch, d]}; patches [batch, n, channels * patch * patch]."""
    w = ref.Weights(tensors, "vit.")
    conv = w("embeddings.patch_embeddings.projection")
    x = np.asarray(patches, np.float64) @ conv["weight"].reshape(cfg["hidden_size"], -1).T + conv["bias"]
    hidden = layers_of(cfg, w, x + w["embeddings.position_embeddings"][:, 1:])
    return {"hidden": hidden, "image": hidden.mean(1)}


def batch(cfg, rows, seed=0):
    shape = (rows, cfg["num_channels"], cfg["image_size"], cfg["image_size"])
    return {"pixels": np.random.default_rng(seed).standard_normal(shape, np.float32)}


def cut(cfg, pixels):
    """Images as rows of patches, each channel by channel and row by row."""
    rows, channels, size, patch = len(pixels), cfg["num_channels"], cfg["image_size"], cfg["patch_size"]
    side = size // patch
    pieces = pixels.reshape(rows, channels, side, patch, side, patch).transpose(0, 2, 4, 1, 3, 5)
    return np.ascontiguousarray(pieces.reshape(rows, side * side, channels * patch * patch))
