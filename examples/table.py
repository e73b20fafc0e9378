"""Compile time, artifact size and kernels of every family, as one table: .venv/bin/python examples/table.py [FAMILY]... >table.md

Weights are random, sizes those of a published model (the descriptions' defaults, or what ROWS says). Artifacts go to a temporary folder and
are deleted one by one.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
WEFT = pathlib.Path(os.environ.get("WEFT", HERE.parent / "build" / "bin" / "weft"))

SMOL = {"hidden_size": 576, "num_attention_heads": 9, "num_key_value_heads": 3, "num_hidden_layers": 30, "intermediate_size": 1536,
        "vocab_size": 49152, "tie_word_embeddings": True}
T5_11 = {"num_heads": 6, "d_ff": 1024, "num_layers": 8, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
VIT_L = {"hidden_size": 1024, "num_attention_heads": 16, "num_hidden_layers": 24, "intermediate_size": 4096}
BERT_L = {"hidden_size": 1024, "num_attention_heads": 16, "num_hidden_layers": 24, "intermediate_size": 4096}
MINILM = {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536}
GPT2_M = {"n_embd": 1024, "n_head": 16, "n_layer": 24}
# name, description, config.json
ROWS = [
    ("MiniLM-L6", "bert/bert.weft", MINILM), ("BERT-base", "bert/bert.weft", {}), ("BERT-large", "bert/bert.weft", BERT_L),
    ("ViT-B/16", "vit/vit.weft", {}), ("ViT-L/16", "vit/vit.weft", VIT_L), ("ViT-B/16, patches only", "vit/patches.weft", {}),
    ("Transformer base", "transformer/transformer.weft", {}), ("spelling to phonemes", "g2p/g2p.weft", {}),
    ("OPUS-MT", "marian/marian.weft", {}), ("T5-small", "t5/t5.weft", {}), ("T5 1.1 small", "t5/t5.weft", T5_11),
    ("GPT-2", "gpt2/gpt2.weft", {}), ("GPT-2 medium", "gpt2/gpt2.weft", GPT2_M), ("SmolLM-135M", "llama/llama.weft", SMOL),
    ("Whisper tiny", "whisper/whisper.weft", {}), ("CLIP ViT-B/32", "clip/clip.weft", {}),
    ("ViT + GPT-2 captioner", "captioner/captioner.weft", {}), ("Decision Transformer", "decision_transformer/decision_transformer.weft", {}),
    ("state memory", "decision_transformer/state_memory.weft", {}), ("free form", "freeform/freeform.weft", {}),
]


def weft(*arguments):
    done = subprocess.run([str(WEFT), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: weft {' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def measure(source, config, folder, target):
    """Seconds, bytes of the library, parameters, distinct kernels and launches of one compilation; every mask and norm is fused."""
    (folder / "config.json").write_text(json.dumps(config))
    options = ["--config", folder / "config.json", "--random-weights=1", f"--target={target}", "--require-fusion"]
    told = weft("explain", HERE / source, *options)
    begin = time.monotonic()
    weft("compile", HERE / source, *options, "--quiet", "-o", folder / "model.so")
    seconds, size = time.monotonic() - begin, (folder / "model.so").stat().st_size
    (folder / "model.so").unlink()
    kernels = re.search(r"kernels +(\d+) distinct, (\d+) launches", told)
    return seconds, size, int(re.search(r"parameters +(\d+)", told)[1]), *map(int, kernels.groups())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", nargs="*", help="folders of examples/; all when none is named")
    parser.add_argument("--target", default="native")
    options = parser.parse_args()
    print("| model | description | parameters | kernels | launches a run | compile time | library |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, source, config in ROWS:
        if options.family and source.split("/")[0] not in options.family:
            continue
        with tempfile.TemporaryDirectory() as folder:
            seconds, size, parameters, kernels, launches = measure(source, config, pathlib.Path(folder), options.target)
        lines = len((HERE / source).read_text().splitlines())
        print(f"| {name} | `{source}`, {lines} lines | {parameters / 1e6:.1f} M | {kernels} | {launches} | {seconds:.1f} s | {size / 1e6:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
