"""Compiled decoders, convolutions and cross-attention stay inside of their buffers: between forbidden pages, scratch filled with NaN."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import gpt2  # noqa: E402
import llama  # noqa: E402
import t5  # noqa: E402
import vit  # noqa: E402
import whisper  # noqa: E402
from family import FamilyTest  # noqa: E402
from guarded import GuardedTest  # noqa: E402
from harness import main  # noqa: E402


class Memory(GuardedTest, FamilyTest):
    def check_family(self, source, family, cfg, cases):
        """CASES: (run-time dimensions, inputs)."""
        tensors = family.random_checkpoint(cfg)
        library = self.build(source, cfg, tensors)
        for dims, inputs in cases:
            self.check_guarded(library, dims, inputs, family.forward(cfg, tensors, **inputs))

    def test_gpt2(self):
        cfg = gpt2.config(n_embd=35, n_head=5, n_layer=2, vocab_size=77, n_positions=48)
        self.check_family("gpt2/gpt2.weft", gpt2, cfg, [({"batch": b, "time": t}, gpt2.batch(cfg, b, t)) for b, t in ((1, 1), (3, 17), (2, 48))])

    def test_llama(self):
        cfg = llama.config(hidden_size=36, num_attention_heads=6, num_key_value_heads=2, num_hidden_layers=2, intermediate_size=70, vocab_size=61,
                           max_position_embeddings=40)
        self.check_family("llama/llama.weft", llama, cfg, [({"batch": b, "time": t}, llama.batch(cfg, b, t)) for b, t in ((1, 1), (2, 33))])

    def test_t5(self):
        cfg = t5.config(d_model=40, num_heads=3, d_kv=8, num_layers=2, num_decoder_layers=2, d_ff=72, vocab_size=55)
        self.check_family("t5/t5.weft", t5, cfg, [({"batch": len(n), "src": max(n), "tgt": t}, t5.batch(cfg, n, t)) for n, t in (([1], 1), ([19, 7], 18))])

    def test_vit(self):
        cfg = vit.config(hidden_size=36, num_attention_heads=3, num_hidden_layers=2, intermediate_size=80, image_size=28, patch_size=7,
                         id2label=dict.fromkeys("01234", "class"))
        self.check_family("vit/vit.weft", vit, cfg, [({"batch": b}, vit.batch(cfg, b)) for b in (1, 3)])

    def test_whisper(self):
        cfg = whisper.config(d_model=32, encoder_attention_heads=4, decoder_attention_heads=2, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=64,
                             decoder_ffn_dim=48, num_mel_bins=10, max_source_positions=50, max_target_positions=30, vocab_size=70)
        sizes = ((1, 1, 1), (2, 21, 11), (1, 50, 30))
        self.check_family("whisper/whisper.weft", whisper, cfg, [({"batch": b, "frames": f, "time": t}, whisper.batch(cfg, b, f, t)) for b, f, t in sizes])


if __name__ == "__main__":
    main()
