"""Plays gymnasium's Pendulum-v1 with a compiled Decision Transformer, asked for a good return and for a bad one.

play.py [FORM] [--wanted RETURN]...   FORM: decision_transformer (default) or state_memory. Needs gymnasium.
"""
import argparse
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from compiled import Model  # noqa: E402


def chooser(form, model):
    """The compiled model as `pendulum.play` wants it."""
    def choose(returns, states, actions, timesteps):
        inputs = {"returns": returns, "states": states, "timesteps": timesteps}
        if form == "state_memory":
            inputs["previous"] = np.concatenate([np.zeros_like(actions[:, :1]), actions[:, :-1]], 1)
        else:
            inputs["actions"] = actions
        return model.run(["action_preds"], **inputs)[:, -1]
    return choose


def main():
    parser = argparse.ArgumentParser(description="Swings a pendulum up with a compiled Decision Transformer.")
    parser.add_argument("form", nargs="?", choices=["decision_transformer", "state_memory"], default="decision_transformer")
    parser.add_argument("--wanted", type=float, action="append", help="a return to ask for")
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--out", type=pathlib.Path, help="where files are written")
    options = parser.parse_args()
    if not 1 <= options.episodes <= 64 or not np.isfinite(options.wanted or [0]).all():
        parser.error("--episodes goes from 1 to 64, and --wanted is a number")
    try:
        import pendulum
    except ImportError:
        sys.exit("error: gymnasium is missing: .venv/bin/python -m pip install --no-deps -r examples/requirements.txt")
    stated = json.loads((HERE / options.form / "result.json").read_text())
    model = Model(HERE / f"{options.form}.weft", HERE / options.form, options.out)
    print(f"the data's episodes reached {stated['data_mean']:.0f} on average")
    for wanted in options.wanted or stated["wanted"]:
        reached = pendulum.play(chooser(options.form, model), wanted, options.episodes)
        print(f"asked for {wanted:.0f}: {reached.mean():.0f} on average over {options.episodes} episodes")


if __name__ == "__main__":
    main()
