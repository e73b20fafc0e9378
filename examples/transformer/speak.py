"""English spelling in, phonemes out: transformer.weft with the trained weights of ../g2p, which are in its layout.

speak.py [WORD]...   as ../g2p/phonemes.py
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "g2p"))
import phonemes  # noqa: E402

if __name__ == "__main__":
    phonemes.main(HERE / "transformer.weft")
