"""The world of this example: dialled telephone numbers as sound, and what somebody wrote down of them. numpy alone.

A number is 4 to 8 keys of a telephone; each key sounds as two tones (DTMF) for about a tenth of a second. In the place of some there is noise
alone, so that the sound does not tell them; the rough transcript has these right, but others wrong, left out or as "?". Only both together tell all.
"""
import pathlib
import sys
import zlib

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "whisper"))
import audio  # noqa: E402

KEYS = "0123456789*#"
WORDS = ("<pad>", "<start>", "<stop>", *KEYS, "?")
START, STOP = 1, 2
IDS = {word: index for index, word in enumerate(WORDS)}
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477)
PAD = ("123", "456", "789", "*0#")
SECONDS, STEP = 2, 3200  # of sound at most; samples from a key to the next
SHORTEST, LONGEST = 4, 8  # keys of a number


def tones(key):
    """The two frequencies of a key."""
    row = next(i for i, keys in enumerate(PAD) if key in keys)
    return LOW[row], HIGH[PAD[row].index(key)]


def sound(number, drowned, rng, narrow=False):
    """The samples of a dialled number, f64 in -1 to 1 at 16,000 a second; in the place of DROWNED keys is noise. NARROW: nothing above
    4,000 Hz, as telephones record it.
    """
    samples = rng.normal(0, 0.01, STEP * len(number) + 1600)
    for place, key in enumerate(number):
        begin, count, loud = STEP * place + int(rng.integers(200, 1200)), int(rng.integers(1400, 2000)), rng.uniform(0.15, 0.4)
        if drowned[place]:
            samples[begin:begin + count] += rng.normal(0, 0.75 * loud, count)
        else:
            time, (low, high) = np.arange(count) / audio.RATE, tones(key)
            samples[begin:begin + count] += loud * (np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time))
    if narrow:
        spectrum = np.fft.rfft(samples)
        spectrum[len(spectrum) // 2:] = 0
        samples = np.fft.irfft(spectrum, len(samples))
    return np.clip(samples, -1, 1)


def written(number, drowned, rng):
    """The rough transcript: some of the keys that can be heard are wrong, left out, or "?"."""
    rough = ""
    for key, hidden in zip(number, drowned):
        fate = rng.random()
        if hidden or fate > 0.35:
            rough += key
        elif fate > 0.2:
            rough += "?"
        elif fate > 0.1:
            rough += KEYS[rng.integers(10)]
    return rough or "?"


def held_out(number):
    """A quarter of all numbers, in whatever sound and transcript, is never trained on."""
    return zlib.crc32(number.encode()) % 4 == 0


def example(rng, held):
    """A number, its samples and its rough transcript; HELD: one that is held out, else one to train on."""
    while True:
        number = "".join(KEYS[i] for i in rng.integers(0, 10, rng.integers(SHORTEST, LONGEST + 1)))
        if rng.random() < 0.2:
            number = "*#"[rng.integers(2)] + number[1:]
        if held_out(number) == held:
            break
    drowned = rng.random(len(number)) < 0.2
    return number, sound(number, drowned, rng, narrow=rng.random() < 0.5), written(number, drowned, rng)


def test_examples(count):
    """What the model is tested on."""
    return [example(np.random.default_rng(7000 + i), held=True) for i in range(count)]


def inputs(sounds, roughs, bands=80):
    """The model's inputs: mel f32[batch, bands, 200] and rough i32[batch, draft], each with its lengths."""
    mel = np.stack([audio.log_mel(samples, bands, SECONDS) for samples in sounds])
    frames = [min(-(-len(samples) // (2 * audio.HOP)), mel.shape[2] // 2) for samples in sounds]
    rows, rough_len = [[IDS[key] for key in rough] for rough in roughs], [len(rough) for rough in roughs]
    rough = np.array([row + [0] * (max(max(rough_len), 1) - len(row)) for row in rows], np.int32)
    return {"mel": mel, "mel_len": np.array(frames, np.int32), "rough": rough, "rough_len": np.array(rough_len, np.int32)}


def encode(number):
    """Token ids with the stop token."""
    return [IDS[key] for key in number] + [STOP]


def decode(ids):
    """The number up to the stop token."""
    ids = list(map(int, ids))
    return "".join(WORDS[i] for i in (ids[:ids.index(STOP)] if STOP in ids else ids))
