// weft.cache_write: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

!s = !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
!i = !weft.tensor<[batch], i32>
!p = !weft.tensor<[batch, pages], i32>
weft.model @m {
  weft.state @s : !s
  weft.state @wide : !s
  weft.state @whole : !weft.tensor<[cache_rows, 3], f32>
  weft.graph @g(%x: !weft.tensor<[batch, time, 8], f32>, %q: !weft.tensor<[batch, time, 24], f32>, %y: !weft.tensor<[batch, 3], f32>, %i: !i, %p: !p) inputs ["x", "q", "y", "i", "p"] {
    %s = weft.state_ref @s : !s
    // CHECK: weft.cache_write %{{.*}}, %x rows %p offset %i lengths %i : (
    %a = weft.cache_write %s, %x rows %p offset %i lengths %i : (!s, !weft.tensor<[batch, time, 8], f32>, !p, !i, !i) -> !s
    %t = weft.state_ref @wide : !s
    // CHECK: weft.cache_write %{{.*}}, %q rows %p {first = 16 : i64} : (
    %b = weft.cache_write %t, %q rows %p {first = 16 : i64} : (!s, !weft.tensor<[batch, time, 24], f32>, !p) -> !s
    %u = weft.state_ref @whole : !weft.tensor<[cache_rows, 3], f32>
    // CHECK: weft.cache_write %{{.*}}, %y rows %i : (
    %c = weft.cache_write %u, %y rows %i : (!weft.tensor<[cache_rows, 3], f32>, !weft.tensor<[batch, 3], f32>, !i) -> !weft.tensor<[cache_rows, 3], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @g(%s: !weft.tensor<[4], f32>, %x: !weft.tensor<[4], f32>) inputs ["s", "x"] {
    // expected-error@+1 {{needs a state that nothing else uses}}
    %a = weft.cache_write %s, %x : (!weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[4], f32>
    weft.output names []
  }
}

// -----

!s = !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
weft.model @bad {
  weft.state @s : !s
  weft.graph @g(%x: !weft.tensor<[batch, time, 6], f32>, %p: !weft.tensor<[batch, pages], i32>) inputs ["x", "p"] {
    %s = weft.state_ref @s : !s
    // expected-error@+1 {{takes}}
    %a = weft.cache_write %s, %x rows %p : (!s, !weft.tensor<[batch, time, 6], f32>, !weft.tensor<[batch, pages], i32>) -> !s
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.state @s : !weft.tensor<[cache_rows, 3], f32>
  weft.graph @g(%x: !weft.tensor<[batch, 3], f32>, %i: !weft.tensor<[batch], i32>) inputs ["x", "i"] {
    %s = weft.state_ref @s : !weft.tensor<[cache_rows, 3], f32>
    // expected-error@+1 {{only pages have an offset}}
    %a = weft.cache_write %s, %x rows %i offset %i : (!weft.tensor<[cache_rows, 3], f32>, !weft.tensor<[batch, 3], f32>, !weft.tensor<[batch], i32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[cache_rows, 3], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.state @s : !weft.tensor<[cache_rows, 3], f32>
  weft.graph @g(%x: !weft.tensor<[batch, 3], f32>, %i: !weft.tensor<[batch], i32>) inputs ["x", "i"] {
    %s = weft.state_ref @s : !weft.tensor<[cache_rows, 3], f32>
    // expected-error@+1 {{only positions of heads have lengths}}
    %a = weft.cache_write %s, %x rows %i lengths %i : (!weft.tensor<[cache_rows, 3], f32>, !weft.tensor<[batch, 3], f32>, !weft.tensor<[batch], i32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[cache_rows, 3], f32>
    weft.output names []
  }
}
