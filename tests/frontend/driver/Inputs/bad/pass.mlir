// weft: after pass 2, weft-fuse-attention
weft.model @m {
  weft.dim @n in 1 to 4
  weft.graph @forward(%x: !weft.tensor<[n], f32>) inputs ["x"] {
    weft.output %x : !weft.tensor<[n], f32> names ["y"]
  }
}
