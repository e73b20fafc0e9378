"""The image captioner, a ViT that a GPT-2 attends to: random checkpoints in Hugging Face's vision-encoder-decoder layout and the
float64 forward pass."""
import numpy as np

import gpt2
import reference as ref
import vit
from checkpoint import Random


def config(encoder=None, decoder=None, **changes):
    """A config.json; the defaults are ViT-B/16 and GPT-2's 124M with cross-attention."""
    return {"model_type": "vision-encoder-decoder", "encoder": vit.config(**(encoder or {})), "decoder": gpt2.config(**(decoder or {})),
            "decoder_start_token_id": 50256, "eos_token_id": 50256} | changes


def random_checkpoint(cfg, seed=1):
    draw, image, text = Random(seed), cfg["encoder"], cfg["decoder"]
    vit.draw_tower(draw, image, "encoder.")
    draw.tensor("decoder.transformer.wte.weight", text["vocab_size"], text["n_embd"], scale=0.1)
    draw.tensor("decoder.transformer.wpe.weight", text["n_positions"], text["n_embd"], scale=0.05)
    gpt2.draw_blocks(draw, "decoder.transformer.", text, cross=True)
    if image["hidden_size"] != text["n_embd"]:
        draw.linear("enc_to_dec_proj", text["n_embd"], image["hidden_size"])
    return draw.tensors


def encode(cfg, tensors, pixels):
    memory = vit.tower(cfg["encoder"], ref.Weights(tensors, "encoder."), pixels)
    if cfg["encoder"]["hidden_size"] != cfg["decoder"]["n_embd"]:
        memory = ref.linear(memory, ref.Weights(tensors)("enc_to_dec_proj"))
    return memory


def decode(cfg, tensors, memory, tokens):
    w = ref.Weights(tensors, "decoder.transformer.")
    table = w["wte.weight"]
    return gpt2.blocks(cfg["decoder"], w, table[tokens] + w["wpe.weight"][:tokens.shape[1]], memory) @ table.T


def forward(cfg, tensors, pixels, tokens):
    """{logits: [batch, time, vocabulary]}."""
    return {"logits": decode(cfg, tensors, encode(cfg, tensors, pixels), tokens)}


def batch(cfg, rows, time, seed=0):
    tokens = np.random.default_rng(seed).integers(0, cfg["decoder"]["vocab_size"], (rows, time), dtype=np.int32)
    return vit.batch(cfg["encoder"], rows, seed) | {"tokens": tokens}
