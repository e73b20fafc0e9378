"""Translates sentences: compiles marian.weft with a checkpoint and runs the library by `weft run --generate`.

translate.py --weights FOLDER [SENTENCE]...   FOLDER holds config.json, model.safetensors and tokenizer.json
"""
import argparse
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compiled import Model, ids_of, stops_of, tokenizer_of, until  # noqa: E402


def main(source=HERE / "marian.weft", texts=("seventeen", "three hundred and five"), weights=HERE, beam=4):
    """Answers the texts of the command line; other encoder-decoders of text (../t5) come in by their description."""
    parser = argparse.ArgumentParser(description="Turns text into text.")
    parser.add_argument("text", nargs="*", default=list(texts), help="the text to work on")
    parser.add_argument("--weights", type=pathlib.Path, default=weights, help="a checkpoint folder with its tokenizer.json")
    parser.add_argument("--max", type=int, default=128, help="new tokens at most")
    parser.add_argument("--beam", type=int, default=beam, help="width of the search; 1 is greedy")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()

    tokenizer, stops = tokenizer_of(options.weights), stops_of(options.weights)
    if not all(text.strip() for text in options.text):
        sys.exit("error: there is an empty text")
    rows = [ids_of(tokenizer, text) for text in options.text]
    rows = [ids if ids[-1] in stops else ids + [min(stops)] for ids in rows]
    lengths = np.array([len(ids) for ids in rows], np.int32)
    padded = np.zeros((len(rows), lengths.max()), np.int32)
    for row, ids in zip(padded, rows):
        row[:len(ids)] = ids

    model = Model(source, options.weights, options.out)
    search = ["--beam", options.beam] if options.beam > 1 else []
    for text, ids in zip(options.text, model.generate("--max", options.max, *search, source=padded, source_len=lengths)):
        print(f"{text}\n  {tokenizer.decode(until(ids, stops))}")


if __name__ == "__main__":
    main()
