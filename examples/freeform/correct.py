"""Corrects what was written down of a dialled number by listening to it: compiles freeform.weft with the weights that train.py made.

correct.py                    dials some numbers, writes their sounds as .wav files, and corrects rough transcripts of them
correct.py FILE.wav ROUGH     a recording of a telephone's dial tones (two seconds at most), and what was written down of it: "4?5#"
correct.py --score            how many of 400 held-out numbers are told right, from both and from each alone, beside what result.json states
"""
import argparse
import json
import os
import pathlib
import sys
import wave

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import dial  # noqa: E402
from compiled import Model  # noqa: E402


def tell(model, given):
    """The numbers of a batch, greedily, 16 at a time."""
    told = []
    for at in range(0, len(given["mel"]), 16):
        told += [dial.decode(row) for row in model.generate("--max", 12, **{name: value[at:at + 16] for name, value in given.items()})]
    return told


def score(model):
    """Prints how many of the test's numbers are right; a memory of length 0 is not seen."""
    numbers, sounds, roughs = zip(*dial.test_examples(400))
    given, stated = dial.inputs(sounds, roughs), json.loads((HERE / "result.json").read_text())
    none = np.zeros(len(numbers), np.int32)
    for what, lengths, name in (("sound and rough text", {}, "right"), ("sound alone", {"rough_len": none}, "right_by_sound_alone"),
                                ("rough text alone", {"mel_len": none}, "right_by_rough_alone")):
        right = sum(a == b for a, b in zip(tell(model, given | lengths), numbers))
        print(f"{what}: {right} of {len(numbers)} right; in training: {stated[name]}")


def save(path, samples):
    """Writes a .wav file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(dial.audio.RATE)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


def main():
    parser = argparse.ArgumentParser(description="Corrects what was written down of a dialled number by listening to it.")
    parser.add_argument("wav", nargs="?", type=pathlib.Path, help="a recording of dial tones")
    parser.add_argument("rough", nargs="?", help="what was written down: keys of a telephone, and ? for one not understood")
    parser.add_argument("--score", action="store_true", help="count how many of 400 held-out numbers are told right")
    parser.add_argument("--seed", type=int, default=3, help="of the numbers that are dialled")
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()
    rough = options.rough or ""
    if options.wav and not (1 <= len(rough) <= dial.LONGEST and set(rough) <= {*dial.KEYS, "?"}):
        sys.exit(f"error: '{rough}' is no rough number: 1 to {dial.LONGEST} of the keys {dial.KEYS} and ?")
    try:
        heard = options.wav and dial.audio.read_wav(options.wav)
    except dial.audio.AudioError as error:
        sys.exit(f"error: {error}")
    if options.wav and len(heard) > dial.SECONDS * dial.audio.RATE:
        sys.exit(f"error: {options.wav}: {len(heard) / dial.audio.RATE:.1f} seconds; {dial.SECONDS} at most")
    model = Model(HERE / "freeform.weft", HERE, options.out)
    if options.score:
        return score(model)
    if options.wav:
        return print(*tell(model, dial.inputs([heard], [rough])))
    rng = np.random.default_rng(options.seed)
    numbers, sounds, roughs = zip(*(dial.example(rng, held=True) for _ in range(4)))
    for place, (number, rough, told) in enumerate(zip(numbers, roughs, tell(model, dial.inputs(sounds, roughs))), 1):
        path = model.out / f"{place}.wav"
        save(path, sounds[place - 1])
        print(f"{os.path.relpath(path)}, written down as {rough}\n  told    {told}\n  dialled {number}")


if __name__ == "__main__":
    main()
