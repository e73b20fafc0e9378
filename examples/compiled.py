"""What the examples' programs share: compile a description beside its weights, run the library by `weft run`, exchange arrays by files.

A program that calls the library itself (C, C++) needs none of this; see g2p/, bert/ and gpt2/.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
WEFT = pathlib.Path(os.environ.get("WEFT", ROOT / "build" / "bin" / "weft"))


def weft(*arguments):
    """Runs the compiler; its own message is the error message."""
    try:
        done = subprocess.run([str(WEFT), *map(str, arguments)])
    except OSError as error:
        sys.exit(f"error: {WEFT}: {error.strerror}: run ./setup first")
    if done.returncode:
        sys.exit(done.returncode)


def config_of(folder, name="config.json"):
    """What a checkpoint folder's config.json says; its absence and what is no JSON are errors."""
    path = pathlib.Path(folder) / name
    try:
        return json.loads(path.read_text())
    except OSError as error:
        sys.exit(f"error: {path}: {error.strerror}: a checkpoint is a folder with config.json, model.safetensors and tokenizer.json")
    except ValueError as error:
        sys.exit(f"error: {path}: {error}")


def stops_of(folder):
    """The tokens that end a text, as the compiled model has them: generation_config.json's, else config.json's."""
    beside = config_of(folder, "generation_config.json") if (pathlib.Path(folder) / "generation_config.json").exists() else {}
    stop = beside.get("eos_token_id", config_of(folder).get("eos_token_id"))
    return set() if stop is None else {stop} if np.isscalar(stop) else set(stop)


def tokenizer_of(folder):
    """The tokenizer of a checkpoint folder."""
    from tokenizers import Tokenizer

    config_of(folder)
    path = pathlib.Path(folder) / "tokenizer.json"
    if not path.is_file():
        sys.exit(f"error: {path}: No such file: text needs the tokenizer that the checkpoint was trained with")
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # of no narrower class
        sys.exit(f"error: {path}: {error}")


def ids_of(tokenizer, text):
    """A text's token ids. A warning names letters that the model does not know; a text of nothing else is an error."""
    encoded, unknown = tokenizer.encode(text), tokenizer.token_to_id("<unk>")
    strange = [text[slice(*place)] for index, place in zip(encoded.ids, encoded.offsets) if index == unknown]
    if strange and len(strange) == len(encoded.ids):
        sys.exit(f"error: '{text}': the model knows none of it")
    if strange:
        print(f"warning: '{text}': the model does not know '{strange[0]}'", file=sys.stderr)
    return encoded.ids


class Model:
    """A description compiled with a checkpoint folder; compiled again when either has changed, or is another."""

    def __init__(self, source, weights, out=None, options=()):
        self.out = pathlib.Path(out or ROOT / "build" / "examples" / source.parent.name)
        self.out.mkdir(parents=True, exist_ok=True)
        self.library = self.out / f"{source.stem}.so"
        weights = pathlib.Path(weights)
        read = [WEFT, source, *(weights.iterdir() if weights.is_dir() else [weights])]
        made_of, note = self.library.with_suffix(".made-of"), "\n".join(map(str, [source.resolve(), weights.resolve(), *options]))
        if self.library.exists() and made_of.exists() and made_of.read_text() == note:
            if self.library.stat().st_mtime > max(path.stat().st_mtime for path in read if path.exists()):
                return
        start = time.monotonic()
        weft("compile", source, "--weights", weights, "--quiet", "-o", self.library, *options)
        made_of.write_text(note)
        print(f"compiled {self.library.name}: {self.library.stat().st_size / 1e6:.1f} MB in {time.monotonic() - start:.1f} s", file=sys.stderr)

    def call(self, inputs, outputs, *options):
        """Runs `weft run` on arrays; {name: array} of the outputs."""
        file = self.out / "inputs.npz"
        np.savez(file, **inputs)
        arguments = ["run", self.library, "--input", file, "--quiet", *options]
        for name in outputs:
            arguments += ["--output", f"{name}={self.out / f'{name}.npy'}"]
        weft(*arguments)
        return {name: np.load(self.out / f"{name}.npy") for name in outputs}

    def run(self, outputs, **inputs):
        """The outputs, as a tuple when there are several."""
        got = self.call(inputs, outputs)
        return got[outputs[0]] if len(outputs) == 1 else tuple(got[name] for name in outputs)

    def generate(self, *options, **inputs):
        """The new tokens [batch, n]; OPTIONS as `weft run --generate` takes them."""
        return self.call(inputs, ["tokens"], "--generate", *map(str, options))["tokens"]


def until(ids, stops):
    """The ids before the first of the stop tokens."""
    kept = []
    for token in ids:
        if token in stops:
            break
        kept.append(int(token))
    return kept
