"""Translates sentences: compiles marian.weft with a checkpoint and runs the library by `weft run --generate`.

translate.py --weights FOLDER [SENTENCE]...   FOLDER holds config.json, model.safetensors and tokenizer.json
"""
import argparse
import json
import pathlib
import sys

import numpy as np
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compiled import Model, until  # noqa: E402


def main(source=HERE / "marian.weft", texts=("seventeen", "three hundred and five"), weights=HERE, beam=4):
    """Answers the texts of the command line; other encoder-decoders of text (../t5) come in by their description."""
    parser = argparse.ArgumentParser(description="Turns text into text.")
    parser.add_argument("text", nargs="*", default=list(texts), help="the text to work on")
    parser.add_argument("--weights", type=pathlib.Path, default=weights, help="a checkpoint folder with its tokenizer.json")
    parser.add_argument("--max", type=int, default=128, help="new tokens at most")
    parser.add_argument("--beam", type=int, default=beam, help="width of the search; 1 is greedy")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()

    tokenizer = Tokenizer.from_file(str(options.weights / "tokenizer.json"))
    stop = json.loads((options.weights / "config.json").read_text())["eos_token_id"]
    rows = [tokenizer.encode(text).ids for text in options.text]
    rows = [ids if ids[-1:] == [stop] else ids + [stop] for ids in rows]
    lengths = np.array([len(ids) for ids in rows], np.int32)
    padded = np.zeros((len(rows), lengths.max()), np.int32)
    for row, ids in zip(padded, rows):
        row[:len(ids)] = ids

    model = Model(source, options.weights, options.out)
    search = ["--beam", options.beam] if options.beam > 1 else []
    for text, ids in zip(options.text, model.generate("--max", options.max, *search, source=padded, source_len=lengths)):
        print(f"{text}\n  {tokenizer.decode(until(ids, stop))}")


if __name__ == "__main__":
    main()
