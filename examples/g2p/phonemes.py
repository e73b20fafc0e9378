"""English spelling in, phonemes out: compiles g2p.weft with its trained weights and runs the library by `weft run --generate`.

phonemes.py [WORD]...      the phonemes (ARPAbet, no stress marks) of each word
phonemes.py --heldout      the phoneme and word error rates on the words that training never saw, as result.json states them
"""
import argparse
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compiled import Model, until  # noqa: E402

WORDS = ["weaving", "transformer", "phonemes", "compiler", "knight", "through"]
MOST_PHONEMES = 24
VOCAB = json.loads((HERE / "vocab.json").read_text())
IDS = {symbol: index for index, symbol in enumerate(VOCAB)}
STOP = IDS["</s>"]


def encode(words):
    """Letters as token ids, the end symbol after them, padded on the right: the model's inputs."""
    lengths = np.array([len(word) + 1 for word in words], np.int32)
    source = np.zeros((len(words), lengths.max()), np.int32)
    for row, word in zip(source, words):
        row[:len(word) + 1] = [IDS[letter] for letter in word] + [STOP]
    return {"source": source, "source_len": lengths}


def pronounce(model, words):
    """The phonemes of each word, as lists."""
    result = []
    for at in range(0, len(words), 64):  # as many at a time as both descriptions take
        tokens = model.generate("--max", MOST_PHONEMES, **encode(words[at:at + 64]))
        result += [[VOCAB[index] for index in until(row, {STOP})] for row in tokens]
    return result


def edits(a, b):
    """The fewest insertions, deletions and replacements that make b of a."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]


def measure(model):
    """Prints the error rates on heldout.tsv: word, dictionary's phonemes, the training program's own answer."""
    rows = [line.split("\t") for line in (HERE / "heldout.tsv").read_text().splitlines()]
    told = pronounce(model, [word for word, _, _ in rows])
    errors = [edits(answer, right.split()) for answer, (_, right, _) in zip(told, rows)]
    phonemes = sum(len(right.split()) for _, right, _ in rows)
    same = sum(" ".join(answer) == theirs for answer, (_, _, theirs) in zip(told, rows))
    print(f"{len(rows)} words: phoneme error rate {sum(errors) / phonemes:.2%}, word error rate {sum(e > 0 for e in errors) / len(rows):.2%}")
    print(f"{same} answers are the training program's")


def main(source=HERE / "g2p.weft"):
    """Pronounces the words of the command line; ../transformer comes in by its description."""
    parser = argparse.ArgumentParser(description="Says how English words are pronounced.")
    parser.add_argument("word", nargs="*", help="a word of English letters and apostrophes")
    parser.add_argument("--heldout", action="store_true", help="measure the error rates on the held-out words instead")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()
    words = [word.lower() for word in options.word] or WORDS
    for word in words:
        if not word or len(word) > 63 or not all("a" <= letter <= "z" or letter == "'" for letter in word):
            sys.exit(f"error: '{word}' is no word of 1 to 63 letters a to z and apostrophes")
    model = Model(source, HERE, options.out)
    if options.heldout:
        return measure(model)
    for word, phonemes in zip(words, pronounce(model, words)):
        print(f"{word:20} {' '.join(phonemes)}")


if __name__ == "__main__":
    main()
