"""Draws images of coloured shapes and says what is on them: the world of examples/clip and examples/captioner, by numpy alone.

An image is f32[3, 32, 32] with values from -1 to 1. A scene is a list of (size, colour, shape, place); its caption is a sentence.
"""
import itertools

import numpy as np

SIDE = 32
SIZES = ("small", "large")
COLOURS = {"red": (0.9, 0.1, 0.1), "green": (0.1, 0.7, 0.2), "blue": (0.1, 0.2, 0.9), "yellow": (0.9, 0.85, 0.1),
           "purple": (0.6, 0.1, 0.7), "white": (0.95, 0.95, 0.95)}
SHAPES = ("circle", "square", "triangle", "cross", "ring")
PLACES = {"left": (0.5, 0.25), "right": (0.5, 0.75), "top": (0.25, 0.5), "bottom": (0.75, 0.5), "centre": (0.5, 0.5)}
WORDS = ("<pad>", "<start>", "a", "and", "on", "the", "in", "at", "above", "below", "beside", *SIZES, *COLOURS, *SHAPES, *PLACES, "<end>")
IDS = {word: index for index, word in enumerate(WORDS)}
END = IDS["<end>"]  # the largest id, as CLIP wants it
PREPOSITION = {"left": "on", "right": "on", "top": "at", "bottom": "at", "centre": "in"}


def inside(shape, y, x, radius):
    """Which points (relative to the centre) a shape covers."""
    distance = np.hypot(y, x)
    if shape == "circle":
        return distance <= radius
    if shape == "ring":
        return (distance <= radius) & (distance >= 0.55 * radius)
    if shape == "square":
        return np.maximum(abs(y), abs(x)) <= 0.85 * radius
    if shape == "cross":
        return (np.maximum(abs(y), abs(x)) <= radius) & (np.minimum(abs(y), abs(x)) <= 0.3 * radius)
    return (y <= 0.7 * radius) & (abs(x) <= 0.55 * (y + radius))  # triangle


def draw(scene, rng):
    """The image of a scene; places, sizes, colours and the background vary a little with RNG."""
    fine = 2 * SIDE  # drawn at twice the size, then averaged, for soft edges
    grid = (np.arange(fine) + 0.5) / fine
    image = np.full((3, fine, fine), rng.uniform(0.2, 0.45)) + rng.uniform(-0.05, 0.05, (3, 1, 1))
    for size, colour, shape, place in scene:
        y, x = np.array(PLACES[place]) + rng.uniform(-0.05, 0.05, 2)
        radius = {"small": 0.11, "large": 0.22}[size] * rng.uniform(0.9, 1.1)
        covered = inside(shape, grid[:, None] - y, grid[None, :] - x, radius)
        paint = np.clip(np.array(COLOURS[colour]) + rng.uniform(-0.07, 0.07, 3), 0, 1)
        image = np.where(covered, paint[:, None, None], image)
    image = image.reshape(3, SIDE, 2, SIDE, 2).mean((2, 4)) + rng.normal(0, 0.02, (3, SIDE, SIDE))
    return (np.clip(image, 0, 1) * 2 - 1).astype(np.float32)


def single_scenes():
    """Every scene of one shape."""
    return [[parts] for parts in itertools.product(SIZES, COLOURS, SHAPES, PLACES)]


def random_pair(rng):
    """A scene of two different shapes, the first beside (on the left of) the second or above it: a drawing has one caption."""
    first, second = (("left", "right"), ("top", "bottom"))[rng.integers(2)]
    kinds = rng.choice(len(COLOURS) * len(SHAPES), 2, replace=False)
    scene = []
    for kind, place in zip(kinds, (first, second)):
        scene.append((SIZES[rng.integers(2)], list(COLOURS)[kind // len(SHAPES)], SHAPES[kind % len(SHAPES)], place))
    return scene


def random_scene(rng):
    """Two shapes mostly, one sometimes."""
    return random_pair(rng) if rng.random() < 0.8 else single_scenes()[rng.integers(300)]


def test_scenes(count):
    """The scenes that the captioner is tested on, and a drawing of each: f32[count, 3, 32, 32]."""
    scenes = [random_scene(np.random.default_rng(5000 + i)) for i in range(count)]
    return scenes, np.stack([draw(scene, np.random.default_rng(i)) for i, scene in enumerate(scenes)])


def caption(scene):
    """"a small red circle on the left", "a large blue ring above a small white cross"."""
    size, colour, shape, place = scene[0]
    if len(scene) == 1:
        return f"a {size} {colour} {shape} {PREPOSITION[place]} the {place}"
    relation = {"left": "beside", "top": "above"}[place]
    return f"a {size} {colour} {shape} {relation} a {scene[1][0]} {scene[1][1]} {scene[1][2]}"


def encode(text):
    """Token ids of a sentence, its end token included; unknown words are a KeyError."""
    return [IDS[word] for word in text.split()] + [END]


def decode(ids):
    """The sentence up to its end token."""
    ids = list(ids)
    return " ".join(WORDS[i] for i in (ids[:ids.index(END)] if END in ids else ids))


def show(image):
    """The image as text: two rows of pixels a line, in the terminal's 24-bit colours."""
    pixels = ((image.transpose(1, 2, 0) + 1) * 127.5).round().astype(int)
    lines = []
    for top, bottom in zip(pixels[0::2], pixels[1::2]):
        lines.append("".join(f"\x1b[38;2;{a[0]};{a[1]};{a[2]};48;2;{b[0]};{b[1]};{b[2]}m\u2580" for a, b in zip(top, bottom)) + "\x1b[0m")
    return "\n".join(lines)
