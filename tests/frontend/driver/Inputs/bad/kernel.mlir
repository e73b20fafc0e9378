weft.model @m {
  weft.dim @n in 1 to 4
  weft.graph @forward(%x: !weft.tensor<[n, 4], f32>) inputs ["x"] {
    %y = weft.launch @none(%x) dims {m = #weft.dim<"n">} slots [-1] : (!weft.tensor<[n, 4], f32>) -> !weft.tensor<[n, 4], f32>
    weft.output %y : !weft.tensor<[n, 4], f32> names ["y"]
  }
}
