"""Continues a line of text: compiles gpt2.weft with a checkpoint and runs the library by `weft run --generate`.

The weights beside this file are of a small model that was trained on the descriptions of Debian's packages; --weights names another
GPT-2 checkpoint folder with its tokenizer.json.
"""
import argparse
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compiled import Model, ids_of, stops_of, tokenizer_of, until  # noqa: E402


def main(source=HERE / "gpt2.weft", texts=("python3-", "A command line tool that"), weights=HERE):
    """Continues the texts of the command line; other decoders of text (../llama) come in by their description."""
    parser = argparse.ArgumentParser(description="Continues text.")
    parser.add_argument("text", nargs="*", default=list(texts), help="the text to continue")
    parser.add_argument("--weights", type=pathlib.Path, default=weights, help="a checkpoint folder with its tokenizer.json")
    parser.add_argument("--max", type=int, default=64, help="new tokens at most")
    parser.add_argument("--sample", type=int, metavar="SEED", help="draw from the 40 likeliest tokens instead of taking the likeliest")
    parser.add_argument("--beam", type=int, help="beam search of this width")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()

    tokenizer, stops = tokenizer_of(options.weights), stops_of(options.weights)
    rows = [ids_of(tokenizer, text) for text in options.text]
    if not all(rows):
        sys.exit("error: there is nothing to continue")
    lengths = np.array([len(row) for row in rows], np.int32)
    prompt = np.zeros((len(rows), lengths.max()), np.int32)
    for row, ids in zip(prompt, rows):
        row[:len(ids)] = ids

    arguments = ["--max", options.max]
    if options.sample is not None:
        arguments += ["--temperature", 0.8, "--top-k", 40, "--seed", options.sample]
    if options.beam is not None:
        arguments += ["--beam", options.beam]
    model = Model(source, options.weights, options.out)
    for text, ids in zip(options.text, model.generate(*arguments, tokens=prompt, prompt_len=lengths)):
        print(text + tokenizer.decode(until(ids, stops)))


if __name__ == "__main__":
    main()
