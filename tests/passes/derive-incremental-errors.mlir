// RUN: weft-opt --pass-pipeline='builtin.module(weft.model(weft-derive-incremental))' -split-input-file -verify-diagnostics %s
// What can't be continued position by position is an error at the op; the twin that can stands in derive-incremental.mlir.
!x = !weft.tensor<[batch, time, 8], f32>
weft.model @unmasked {
  // expected-note@+1 {{'tokens' grows one position at a time here}}
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.weight @table "table" : !weft.tensor<[30, 8], f32>
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    %table = weft.weight_ref @table : !weft.tensor<[30, 8], f32>
    %x = weft.lookup %table, %tokens : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    // expected-error@+1 {{can't be computed position by position: un-masked attention}}
    %y = weft.attention %x, %x, %x heads 2 kv_heads 2 scale 0.5 : (!x, !x, !x) -> !x
    %logits = weft.linear %y, %table : (!x, !weft.tensor<[30, 8], f32>) -> !weft.tensor<[batch, time, 30], f32>
    weft.output %logits : !weft.tensor<[batch, time, 30], f32> names ["logits"]
  }
}

// -----

!x = !weft.tensor<[batch, time, 8], f32>
weft.model @ahead {
  // expected-note@+1 {{'tokens' grows}}
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.weight @table "table" : !weft.tensor<[30, 8], f32>
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    %table = weft.weight_ref @table : !weft.tensor<[30, 8], f32>
    %x = weft.lookup %table, %tokens : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    %mask = weft.window_mask before 3 after 1 : () -> !weft.tensor<[time, time], i1>
    // expected-error@+1 {{can't be computed position by position: attention whose mask shows later positions}}
    %y = weft.attention %x, %x, %x mask %mask heads 2 kv_heads 2 scale 0.5 : (!x, !x, !x, !weft.tensor<[time, time], i1>) -> !x
    %logits = weft.linear %y, %table : (!x, !weft.tensor<[30, 8], f32>) -> !weft.tensor<[batch, time, 30], f32>
    weft.output %logits : !weft.tensor<[batch, time, 30], f32> names ["logits"]
  }
}

// -----

!x = !weft.tensor<[batch, time, 8], f32>
weft.model @mean {
  // expected-note@+1 {{'tokens' grows}}
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.weight @table "table" : !weft.tensor<[30, 8], f32>
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    %table = weft.weight_ref @table : !weft.tensor<[30, 8], f32>
    %x = weft.lookup %table, %tokens : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    // expected-error@+1 {{can't be computed position by position: mean over the dimension}}
    %m = weft.reduce mean %x axis 1 keep : (!x) -> !weft.tensor<[batch, 1, 8], f32>
    %y = weft.add %x, %m : (!x, !weft.tensor<[batch, 1, 8], f32>) -> !x
    %logits = weft.linear %y, %table : (!x, !weft.tensor<[30, 8], f32>) -> !weft.tensor<[batch, time, 30], f32>
    weft.output %logits : !weft.tensor<[batch, time, 30], f32> names ["logits"]
  }
}

// -----

!x = !weft.tensor<[batch, time, 8], f32>
weft.model @two_grow {
  // expected-note@+1 {{'tokens' grows}}
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.weight @table "table" : !weft.tensor<[30, 8], f32>
  // expected-error@+1 {{input 'types' would have to grow with 'tokens', but generation chooses only that: it has dimension 'time' too}}
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>, %types: !weft.tensor<[batch, time], i32>) inputs ["tokens", "types"] {
    %table = weft.weight_ref @table : !weft.tensor<[30, 8], f32>
    %x = weft.lookup %table, %tokens : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    %t = weft.lookup %table, %types : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    %y = weft.add %x, %t : (!x, !x) -> !x
    %logits = weft.linear %y, %table : (!x, !weft.tensor<[30, 8], f32>) -> !weft.tensor<[batch, time, 30], f32>
    weft.output %logits : !weft.tensor<[batch, time, 30], f32> names ["logits"]
  }
}

// -----

!x = !weft.tensor<[batch, time, 8], f32>
weft.model @length {
  // expected-note@+1 {{'tokens' grows}}
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.weight @table "table" : !weft.tensor<[30, 8], f32>
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    %table = weft.weight_ref @table : !weft.tensor<[30, 8], f32>
    %x = weft.lookup %table, %tokens : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    // expected-error@+1 {{can't be computed position by position: it depends on the length of 'time'}}
    %n = weft.dim_size <"time"> : !weft.tensor<[], i32>
    %f = weft.cast %n : (!weft.tensor<[], i32>) -> !weft.tensor<[], f32>
    %y = weft.mul %x, %f : (!x, !weft.tensor<[], f32>) -> !x
    %logits = weft.linear %y, %table : (!x, !weft.tensor<[30, 8], f32>) -> !weft.tensor<[batch, time, 30], f32>
    weft.output %logits : !weft.tensor<[batch, time, 30], f32> names ["logits"]
  }
}

// -----

!x = !weft.tensor<[batch, time, 8], f32>
weft.model @convolved {
  // expected-note@+1 {{'tokens' grows}}
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.weight @table "table" : !weft.tensor<[30, 8], f32>
  weft.weight @kernel "kernel" : !weft.tensor<[8, 8, 3], f32>
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    %table = weft.weight_ref @table : !weft.tensor<[30, 8], f32>
    %x = weft.lookup %table, %tokens : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    %c = weft.transpose %x [0, 2, 1] : (!x) -> !weft.tensor<[batch, 8, time], f32>
    %kernel = weft.weight_ref @kernel : !weft.tensor<[8, 8, 3], f32>
    // expected-error@+1 {{can't be computed position by position: a convolution over neighbouring positions: only attention keeps what it needs of earlier positions}}
    %d = weft.conv1d %c, %kernel stride 1 pad 1 : (!weft.tensor<[batch, 8, time], f32>, !weft.tensor<[8, 8, 3], f32>) -> !weft.tensor<[batch, 8, time], f32>
    %y = weft.transpose %d [0, 2, 1] : (!weft.tensor<[batch, 8, time], f32>) -> !x
    %logits = weft.linear %y, %table : (!x, !weft.tensor<[30, 8], f32>) -> !weft.tensor<[batch, time, 30], f32>
    weft.output %logits : !weft.tensor<[batch, time, 30], f32> names ["logits"]
  }
}

// -----

weft.model @no_stream {
  // expected-error@+1 {{no graph has the input 'words' and the output 'logits'}}
  weft.generate "words" from "logits" stop [2] limit 40
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    weft.output %tokens : !weft.tensor<[batch, time], i32> names ["logits"]
  }
}

// -----

weft.model @wrong_output {
  // expected-error@+1 {{'logits' must be f32 [batch, time, vocabulary], not [batch, time]}}
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    weft.output %tokens : !weft.tensor<[batch, time], i32> names ["logits"]
  }
}

// -----

weft.model @two {
  weft.generate "tokens" from "logits" stop [2] limit 40
  // expected-error@+1 {{a model generates one input}}
  weft.generate "tokens" from "logits" stop [2] limit 40
}
