// weft.kernel: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  // CHECK: weft.kernel @relu pointwise (%[[X:.*]]: !weft.tensor<[m, 4], f32>) attributes {argLayouts = [#weft.layout<rowStride = 16>], resultLayouts = [#weft.layout<rowStride = 4, padded = false>]} {
  weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) attributes {argLayouts = [#weft.layout<rowStride = 16>], resultLayouts = [#weft.layout<rowStride = 4, padded = false>]} {
    // CHECK-NEXT: weft.unary relu %[[X]]
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
    weft.yield %y : !weft.tensor<[m, 4], f32>
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{must end in weft.yield}}
  weft.kernel @k pointwise (%x: !weft.tensor<[m, 4], f32>) {
    %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{has 1 layouts for 0 arguments}}
  weft.kernel @k pointwise () attributes {argLayouts = [#weft.layout<rowStride = 4>]} {
    weft.yield
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{a layout is a #weft.layout, not 3 : i64}}
  weft.kernel @k pointwise (%x: !weft.tensor<[m, 4], f32>) attributes {argLayouts = [3]} {
    weft.yield
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{'swift' is no anchor kind}}
  weft.kernel @k swift () {
    weft.yield
  }
}

// -----

weft.model @bad {
  weft.kernel @k pointwise (%x: !weft.tensor<[m, 4], f32>) {
    // expected-error@+1 {{has regions, but a kernel is straight-line}}
    %z = weft.group pointwise {
      weft.yield %x : !weft.tensor<[m, 4], f32>
    } : !weft.tensor<[m, 4], f32>
    weft.yield
  }
}
