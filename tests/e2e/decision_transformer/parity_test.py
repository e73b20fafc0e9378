"""examples/decision_transformer against float64: both forms, trained and random, and the hopper's sizes."""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import decision  # noqa: E402
from checkpoint import load_safetensors  # noqa: E402
from family import EXAMPLES, FamilyTest  # noqa: E402
from harness import WEFT, main  # noqa: E402

FOLDER = EXAMPLES / "decision_transformer"
SMALL = {"state_dim": 5, "act_dim": 2, "hidden_size": 32, "n_layer": 2, "n_head": 2, "max_ep_len": 50}
FORMS = {"decision_transformer": (decision.random_checkpoint, decision.forward, "actions"),
         "state_memory": (decision.random_memory_checkpoint, decision.forward_memory, "previous")}


class DecisionTransformer(FamilyTest):
    def check_config(self, form, cfg, sizes):
        draw, forward, action = FORMS[form]
        cfg = cfg | {"model_type": form}
        tensors = draw(cfg)
        library = self.build(f"decision_transformer/{form}.weft", cfg, tensors)
        for rows, time in sizes:
            inputs = decision.batch(cfg, rows, time, time, action)
            self.check(library, inputs, forward(cfg, tensors, **inputs))

    def test_small(self):
        for form in FORMS:
            with self.subTest(form=form):
                self.check_config(form, decision.config(**SMALL), ((1, 1), (3, 13), (1, 50)))

    def test_no_tanh(self):
        self.check_config("decision_transformer", decision.config(**SMALL | {"action_tanh": False, "n_inner": 50}), ((2, 7),))

    def test_hopper(self):
        for form in FORMS:
            with self.subTest(form=form):
                self.check_config(form, decision.config(), ((1, 20), (2, 200)))

    def test_trained(self):
        for form, (_, forward, action) in FORMS.items():
            with self.subTest(form=form):
                cfg, tensors = json.loads((FOLDER / form / "config.json").read_text()), load_safetensors(FOLDER / form / "model.safetensors")
                library = self.compile(FOLDER / f"{form}.weft", f"{form}.so", weights=FOLDER / form)
                inputs = decision.batch(cfg, 3, 20, 1, action)
                self.check(library, inputs, forward(cfg, tensors, **inputs))

    def test_returns(self):
        """Played from the compiled models, the mean returns are the stated ones: less where less was asked for."""
        try:
            import gymnasium  # noqa: F401
        except ImportError:
            self.skipTest("gymnasium is not installed")
        for form in FORMS:
            with self.subTest(form=form):
                done = subprocess.run([sys.executable, FOLDER / "play.py", form, "--out", self.dir / "out"], capture_output=True, text=True,
                                      env=os.environ | {"WEFT": str(WEFT)})
                self.assertEqual(done.returncode, 0, done.stderr)
                stated = json.loads((FOLDER / form / "result.json").read_text())
                self.assertEqual(stated["return"], sorted(stated["return"], reverse=True))
                for wanted, reached in zip(stated["wanted"], stated["return"]):
                    found = re.search(rf"asked for {wanted:.0f}: (-?\d+)", done.stdout)
                    self.assertIsNotNone(found, done.stdout)
                    self.assertAlmostEqual(float(found[1]), reached, delta=0.1 * abs(reached) + 10)


if __name__ == "__main__":
    main()
