// weft.launch: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // CHECK: weft.launch @relu(%x) dims {m = #weft.dim<"batch*seq">} slots [-1] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %y = weft.launch @relu(%x) dims {m = #weft.dim<"batch*seq">} slots [-1] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output %y : !weft.tensor<[batch, seq, 4], f32> names ["y"]
  }
}

// -----

weft.model @bad {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{operand 0 is '!weft.tensor<[batch, seq, 4], f32>', which can't pass as '!weft.tensor<[m, 4], f32>'}}
    %y = weft.launch @relu(%x) dims {m = #weft.dim<"batch">} : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{passes 2 operands for 1}}
    %y = weft.launch @relu(%x, %x) dims {m = #weft.dim<"batch">} : (!weft.tensor<[batch, 4], f32>, !weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[batch, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{runs @relu, which is no kernel}}
    %y = weft.launch @relu(%x) dims {m = #weft.dim<"batch">} : (!weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{gives dimension m as 3 : i64, not as a #weft.dim}}
    %y = weft.launch @relu(%x) dims {m = 3 : i64} : (!weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @packed {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    // CHECK: weft.launch @relu(%{{.*}}) dims {m = #weft.dim<"batch*seq">} slots [0] packed : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %y = weft.launch @relu(%p) dims {m = #weft.dim<"batch*seq">} slots [0] packed : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    // expected-error@+1 {{is not packed, but an operand is}}
    %y = weft.launch @relu(%p) dims {m = #weft.dim<"batch*seq">} : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.kernel @relu pointwise (%x: !weft.tensor<[b, s, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[b, s, 4], f32>) -> !weft.tensor<[b, s, 4], f32>
    weft.yield %y : !weft.tensor<[b, s, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    // expected-error@+1 {{is packed, but no dimension of its kernel is batch*seq}}
    %y = weft.launch @relu(%p) dims {b = #weft.dim<"batch">, s = #weft.dim<"seq">} packed : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // Values in a circle end the search for what packed them.
    // expected-error@+1 {{operand #0 does not dominate this use}}
    %y = weft.launch @relu(%z) dims {m = #weft.dim<"batch*seq">} packed : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    // expected-note@+1 {{operand defined here}}
    %z = weft.launch @relu(%y) dims {m = #weft.dim<"batch*seq">} packed : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{is packed, but no operand is}}
    %y = weft.launch @relu(%x) dims {m = #weft.dim<"batch*seq">} packed : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}
