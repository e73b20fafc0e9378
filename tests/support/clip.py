"""CLIP: random checkpoints in Hugging Face's layout and the float64 forward pass (Radford et al. 2021)."""
import numpy as np

import reference as ref
from checkpoint import Random

ACTIVATIONS = {"quick_gelu": ref.quick_gelu, "gelu": ref.gelu}


def config(text=None, vision=None, shared=512):
    """A config.json; the defaults are ViT-B/32's."""
    common = {"num_hidden_layers": 12, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
    return {"model_type": "clip", "projection_dim": shared,
            "text_config": common | {"hidden_size": 512, "num_attention_heads": 8, "intermediate_size": 2048, "vocab_size": 49408,
                                     "max_position_embeddings": 77, "eos_token_id": 49407} | (text or {}),
            "vision_config": common | {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224,
                                       "patch_size": 32, "num_channels": 3} | (vision or {})}


def random_checkpoint(cfg, seed=1):
    draw, text, vision = Random(seed), cfg["text_config"], cfg["vision_config"]
    patch, channels = vision["patch_size"], vision["num_channels"]
    draw.tensor("vision_model.embeddings.class_embedding", vision["hidden_size"], scale=0.5)
    draw.tensor("vision_model.embeddings.patch_embedding.weight", vision["hidden_size"], channels, patch, patch,
                scale=(channels * patch ** 2) ** -0.5)
    draw.tensor("vision_model.embeddings.position_embedding.weight", (vision["image_size"] // patch) ** 2 + 1, vision["hidden_size"], scale=0.2)
    draw.tensor("text_model.embeddings.token_embedding.weight", text["vocab_size"], text["hidden_size"], scale=0.3)
    draw.tensor("text_model.embeddings.position_embedding.weight", text["max_position_embeddings"], text["hidden_size"], scale=0.1)
    for name, part in (("text", text), ("vision", vision)):
        d = part["hidden_size"]
        for i in range(part["num_hidden_layers"]):
            layer = f"{name}_model.encoder.layers.{i}."
            for leaf in ("q_proj", "k_proj", "v_proj", "out_proj"):
                draw.linear(f"{layer}self_attn.{leaf}", d, d)
            draw.linear(f"{layer}mlp.fc1", part["intermediate_size"], d)
            draw.linear(f"{layer}mlp.fc2", d, part["intermediate_size"])
            draw.norm(f"{layer}layer_norm1", d)
            draw.norm(f"{layer}layer_norm2", d)
    draw.norm("text_model.final_layer_norm", text["hidden_size"])
    draw.norm("vision_model.pre_layrnorm", vision["hidden_size"])
    draw.norm("vision_model.post_layernorm", vision["hidden_size"])
    draw.linear("text_projection", cfg["projection_dim"], text["hidden_size"], bias=False)
    draw.linear("visual_projection", cfg["projection_dim"], vision["hidden_size"], bias=False)
    draw.tensors["logit_scale"] = np.array(4.6052, np.float32)
    return draw.tensors


def layers_of(part, w, x, mask=None):
    eps, act = part["layer_norm_eps"], ACTIVATIONS[part["hidden_act"]]
    for i in range(part["num_hidden_layers"]):
        layer = w(f"encoder.layers.{i}")
        own, h = layer("self_attn"), ref.layer_norm(x, layer("layer_norm1"), eps)
        q, k, v = (ref.linear(h, own(f"{name}_proj")) for name in "qkv")
        x = x + ref.linear(ref.attention(q, k, v, part["num_attention_heads"], mask), own("out_proj"))
        x = x + ref.linear(act(ref.linear(ref.layer_norm(x, layer("layer_norm2"), eps), layer("mlp.fc1"))), layer("mlp.fc2"))
    return x


def image_embeds(cfg, tensors, pixels):
    part, w, rows = cfg["vision_config"], ref.Weights(tensors, "vision_model."), len(pixels)
    d, eps = part["hidden_size"], part["layer_norm_eps"]
    x = ref.conv2d(np.asarray(pixels, np.float64), w("embeddings.patch_embedding"), stride=part["patch_size"])
    x = x.reshape(rows, d, -1).transpose(0, 2, 1)
    x = np.concatenate([np.broadcast_to(w["embeddings.class_embedding"], (rows, 1, d)), x], 1) + w["embeddings.position_embedding.weight"]
    x = layers_of(part, w, ref.layer_norm(x, w("pre_layrnorm"), eps))
    x = ref.layer_norm(x[:, 0], w("post_layernorm"), eps)
    return ref.l2_normalize(ref.linear(x, ref.Weights(tensors)("visual_projection")))


def text_embeds(cfg, tensors, tokens):
    part, w, time = cfg["text_config"], ref.Weights(tensors, "text_model."), tokens.shape[1]
    x = w["embeddings.token_embedding.weight"][tokens] + w["embeddings.position_embedding.weight"][:time]
    x = ref.layer_norm(layers_of(part, w, x, ref.causal(time, time)), w("final_layer_norm"), part["layer_norm_eps"])
    x = x[np.arange(len(tokens)), tokens.argmax(-1)]
    return ref.l2_normalize(ref.linear(x, ref.Weights(tensors)("text_projection")))


def forward(cfg, tensors, pixels, tokens):
    """{image_embeds: [images, shared], text_embeds: [texts, shared], logits_per_image: [images, texts]}."""
    images, texts = image_embeds(cfg, tensors, pixels), text_embeds(cfg, tensors, tokens)
    return {"image_embeds": images, "text_embeds": texts, "logits_per_image": np.exp(np.float64(tensors["logit_scale"])) * images @ texts.T}


def batch(cfg, images, texts, time, seed=0):
    """Random images and texts; each text ends somewhere with the largest id, and goes on with ids that must not matter."""
    rng, text, vision = np.random.default_rng(seed), cfg["text_config"], cfg["vision_config"]
    tokens = rng.integers(0, text["vocab_size"] - 1, (texts, time), dtype=np.int32)
    tokens[np.arange(texts), rng.integers(0, time, texts)] = text["vocab_size"] - 1
    shape = (images, vision["num_channels"], vision["image_size"], vision["image_size"])
    return {"pixels": rng.standard_normal(shape, np.float32), "tokens": tokens}
