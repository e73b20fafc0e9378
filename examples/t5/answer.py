"""Answers tasks given as text: compiles t5.weft with a checkpoint and runs the library by `weft run --generate`.

answer.py --weights FOLDER [TEXT]...   FOLDER holds config.json, model.safetensors (or shards) and tokenizer.json
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "marian"))
import translate  # noqa: E402

if __name__ == "__main__":
    translate.main(HERE / "t5.weft", ["date: 3 March 2021", "number: three hundred and five"], HERE, beam=1)
