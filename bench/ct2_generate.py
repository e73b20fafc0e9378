"""Writes checkpoints as CTranslate2 models, as its own converters do: merged projections, f32."""
import ctranslate2
import numpy as np
from ctranslate2.specs import Activation, TransformerDecoderModelSpec, TransformerSpec


def set_linear(spec, weight, bias):
    """WEIGHT as [out, in]."""
    spec.weight, spec.bias = np.ascontiguousarray(weight, np.float32), np.ascontiguousarray(bias, np.float32)


def set_norm(spec, w, name):
    spec.gamma, spec.beta = w[f"{name}.weight"], w[f"{name}.bias"]


def vocabulary(size):
    """Token i is the word "i"."""
    return [str(i) for i in range(size)]


def save(spec, folder):
    spec.validate()
    spec.optimize(quantization=None)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def save_gpt2(folder, cfg, w):
    w = {name.removeprefix("transformer."): value for name, value in w.items()}
    spec = TransformerDecoderModelSpec.from_config(cfg["n_layer"], cfg["n_head"], pre_norm=True, activation=Activation.GELUTanh)
    spec.decoder.scale_embeddings = False
    spec.decoder.embeddings.weight = w["wte.weight"]
    spec.decoder.position_encodings.encodings = w["wpe.weight"]
    set_norm(spec.decoder.layer_norm, w, "ln_f")
    spec.decoder.projection.weight = w["wte.weight"]
    for i, layer in enumerate(spec.decoder.layer):
        for place, name in ((layer.self_attention.linear[0], "attn.c_attn"), (layer.self_attention.linear[1], "attn.c_proj"),
                            (layer.ffn.linear_0, "mlp.c_fc"), (layer.ffn.linear_1, "mlp.c_proj")):
            set_linear(place, w[f"h.{i}.{name}.weight"].T, w[f"h.{i}.{name}.bias"])
        set_norm(layer.self_attention.layer_norm, w, f"h.{i}.ln_1")
        set_norm(layer.ffn.layer_norm, w, f"h.{i}.ln_2")
    spec.register_vocabulary(vocabulary(cfg["vocab_size"]))
    last = str(cfg["eos_token_id"])
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = last
    save(spec, folder)


def merged(w, name, parts):
    return (np.concatenate([w[f"{name}.{part}_proj.weight"] for part in parts]), np.concatenate([w[f"{name}.{part}_proj.bias"] for part in parts]))


def set_layer(layer, w, name, cross):
    set_linear(layer.self_attention.linear[0], *merged(w, f"{name}.self_attn", "qkv"))
    set_linear(layer.self_attention.linear[1], *merged(w, f"{name}.self_attn", ["out"]))
    set_norm(layer.self_attention.layer_norm, w, f"{name}.self_attn_layer_norm")
    if cross:
        for place, parts in zip(layer.attention.linear, ("q", "kv", ["out"])):
            set_linear(place, *merged(w, f"{name}.encoder_attn", parts))
        set_norm(layer.attention.layer_norm, w, f"{name}.encoder_attn_layer_norm")
    set_linear(layer.ffn.linear_0, w[f"{name}.fc1.weight"], w[f"{name}.fc1.bias"])
    set_linear(layer.ffn.linear_1, w[f"{name}.fc2.weight"], w[f"{name}.fc2.bias"])
    set_norm(layer.ffn.layer_norm, w, f"{name}.final_layer_norm")


def save_seq2seq(folder, cfg, w, positions):
    spec = TransformerSpec.from_config((cfg["num_layers"], cfg["num_layers"]), cfg["num_heads"], pre_norm=False, activation=Activation.RELU)
    for stack, embeddings in ((spec.encoder, spec.encoder.embeddings[0]), (spec.decoder, spec.decoder.embeddings)):
        stack.scale_embeddings = True
        embeddings.weight = w["shared.weight"]
        stack.position_encodings.encodings = positions
    spec.decoder.projection.weight = w["shared.weight"]
    for i in range(cfg["num_layers"]):
        set_layer(spec.encoder.layer[i], w, f"encoder.layers.{i}", False)
        set_layer(spec.decoder.layer[i], w, f"decoder.layers.{i}", True)
    words = vocabulary(cfg["vocab_size"])
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.config.add_source_eos = spec.config.add_source_bos = False
    spec.config.eos_token = str(cfg["eos_token_id"])
    spec.config.bos_token = spec.config.decoder_start_token = str(cfg["decoder_start_token_id"])
    spec.config.unk_token = words[-1]
    save(spec, folder)


def version():
    return ctranslate2.__version__
