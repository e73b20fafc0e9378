"""Whisper: random checkpoints in Hugging Face's layout and the float64 forward pass (Radford et al. 2022)."""
import numpy as np

import reference as ref
from checkpoint import Random


def config(**changes):
    """A config.json; the defaults are tiny.en's."""
    return {"model_type": "whisper", "d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536,
            "decoder_layers": 4, "decoder_attention_heads": 6, "decoder_ffn_dim": 1536, "vocab_size": 51864, "num_mel_bins": 80,
            "max_source_positions": 1500, "max_target_positions": 448, "activation_function": "gelu",
            "decoder_start_token_id": 50257, "eos_token_id": 50256} | changes


def random_checkpoint(cfg, seed=1):
    draw, d = Random(seed), cfg["d_model"]
    for name, channels in (("conv1", cfg["num_mel_bins"]), ("conv2", d)):
        draw.tensor(f"model.encoder.{name}.weight", d, channels, 3, scale=(3 * channels) ** -0.5)
        draw.tensor(f"model.encoder.{name}.bias", d, scale=0.1)
    draw.tensor("model.encoder.embed_positions.weight", cfg["max_source_positions"], d, scale=0.2)
    draw.tensor("model.decoder.embed_positions.weight", cfg["max_target_positions"], d, scale=0.1)
    draw.tensor("model.decoder.embed_tokens.weight", cfg["vocab_size"], d, scale=0.1)
    for stack, parts in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        for i in range(cfg[f"{stack}_layers"]):
            layer = f"model.{stack}.layers.{i}."
            for part in parts:
                for name in ("q_proj", "v_proj", "out_proj"):
                    draw.linear(f"{layer}{part}.{name}", d, d)
                draw.linear(f"{layer}{part}.k_proj", d, d, bias=False)
                draw.norm(f"{layer}{part}_layer_norm", d)
            draw.linear(f"{layer}fc1", cfg[f"{stack}_ffn_dim"], d)
            draw.linear(f"{layer}fc2", d, cfg[f"{stack}_ffn_dim"])
            draw.norm(f"{layer}final_layer_norm", d)
        draw.norm(f"model.{stack}.layer_norm", d)
    return draw.tensors


def attend(w, x, memory, heads, mask=None):
    q, k, v = ref.linear(x, w("q_proj")), ref.linear(memory, w("k_proj")), ref.linear(memory, w("v_proj"))
    return ref.linear(ref.attention(q, k, v, heads, mask), w("out_proj"))


def stack_of(cfg, w, name, x, mask=None, memory=None):
    heads = cfg[f"{name}_attention_heads"]
    for i in range(cfg[f"{name}_layers"]):
        layer = w(f"layers.{i}")
        h = ref.layer_norm(x, layer("self_attn_layer_norm"))
        x = x + attend(layer("self_attn"), h, h, heads, mask)
        if memory is not None:
            x = x + attend(layer("encoder_attn"), ref.layer_norm(x, layer("encoder_attn_layer_norm")), memory, heads)
        inner = ref.gelu(ref.linear(ref.layer_norm(x, layer("final_layer_norm")), layer("fc1")))
        x = x + ref.linear(inner, layer("fc2"))
    return ref.layer_norm(x, w("layer_norm"))


def encode(cfg, tensors, mel):
    """The audio memory [batch, frames, d] of a spectrogram [batch, mels, 2 * frames]."""
    w = ref.Weights(tensors, "model.encoder.")
    x = ref.gelu(ref.conv1d(np.asarray(mel, np.float64), w("conv1"), pad=1))
    x = ref.gelu(ref.conv1d(x, w("conv2"), stride=2, pad=1)).transpose(0, 2, 1)
    return stack_of(cfg, w, "encoder", x + w["embed_positions.weight"][:x.shape[1]])


def decode(cfg, tensors, memory, tokens):
    w, time = ref.Weights(tensors, "model.decoder."), tokens.shape[1]
    table = w["embed_tokens.weight"]
    y = table[tokens] + w["embed_positions.weight"][:time]
    return stack_of(cfg, w, "decoder", y, ref.causal(time, time), memory) @ table.T


def forward(cfg, tensors, mel, tokens):
    """{audio: [batch, frames, d], logits: [batch, time, vocabulary]}."""
    memory = encode(cfg, tensors, mel)
    return {"audio": memory, "logits": decode(cfg, tensors, memory, tokens)}


def batch(cfg, rows, frames, time, seed=0):
    rng = np.random.default_rng(seed)
    return {"mel": rng.standard_normal((rows, cfg["num_mel_bins"], 2 * frames), np.float32),
            "tokens": rng.integers(0, cfg["vocab_size"], (rows, time), dtype=np.int32)}
