// RUN: weft-opt --weft-plan-memory --verify-diagnostics --split-input-file %s
// Text that skipped a pass: every value that needs a place of its own must be written by a launch.

!x = !weft.tensor<[m, 8], f32>
!y = !weft.tensor<[batch, 8], f32>
weft.model @output_is_input {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !y) inputs ["x"] {
    // expected-error@+1 {{needs a launch of its own for each operand}}
    weft.output %x : !y names ["y"]
  }
}

// -----

!x = !weft.tensor<[m, 8], f32>
!y = !weft.tensor<[batch, 8], f32>
weft.model @start_is_input {
  weft.dim @batch in 1 to 4
  weft.kernel @exp pointwise (%x: !x) {
    %y = weft.unary exp %x : (!x) -> !x
    weft.yield %y : !x
  }
  weft.graph @forward(%x: !y) inputs ["x"] {
    // expected-error@+1 {{needs a launch of its own for each operand}}
    %h = weft.encoder "h" layers 2 (%i, %s = %x) : (!y) {
      %t = weft.launch @exp(%s) dims {m = #weft.dim<"batch">} : (!y) -> !y
      weft.yield %t : !y
    }
    %z = weft.launch @exp(%h) dims {m = #weft.dim<"batch">} : (!y) -> !y
    weft.output %z : !y names ["y"]
  }
}

// -----

!x = !weft.tensor<[m, 8], f32>
!y = !weft.tensor<[batch, 8], f32>
weft.model @yields_argument {
  weft.dim @batch in 1 to 4
  weft.kernel @exp pointwise (%x: !x) {
    %y = weft.unary exp %x : (!x) -> !x
    weft.yield %y : !x
  }
  weft.graph @forward(%x: !y) inputs ["x"] {
    %a = weft.launch @exp(%x) dims {m = #weft.dim<"batch">} : (!y) -> !y
    %h = weft.encoder "h" layers 2 (%i, %s = %a) : (!y) {
      // expected-error@+1 {{must yield what launches in it write}}
      weft.yield %s : !y
    }
    %z = weft.launch @exp(%h) dims {m = #weft.dim<"batch">} : (!y) -> !y
    weft.output %z : !y names ["y"]
  }
}
