// weft: after pass 18, weft-pack-weights
weft.model @m {
  weft.dim @n in 1 to 4
  weft.graph @forward(%x: !weft.tensor<[n], f32>) inputs ["x"] {
    %y = weft.unary relu %x : (!weft.tensor<[n], f32>) -> !weft.tensor<[n], f32>
    weft.output %y : !weft.tensor<[n], f32> names ["y"]
  }
}
