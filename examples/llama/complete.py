"""Continues text: compiles llama.weft with a checkpoint and runs the library by `weft run --generate`.

complete.py --weights FOLDER [TEXT]...   FOLDER holds config.json, model.safetensors (or shards) and tokenizer.json
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "gpt2"))
import complete  # noqa: E402

if __name__ == "__main__":
    complete.main(HERE / "llama.weft", ["17+25=", "88+77="], HERE)
