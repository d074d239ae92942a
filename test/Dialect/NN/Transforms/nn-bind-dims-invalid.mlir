// RUN: not quant-opt %s '-nn-bind-dims=dims=batch=8' -split-input-file 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not quant-opt %s '-nn-bind-dims=dims=n=-8' -split-input-file 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not quant-opt %s '-nn-bind-dims=dims=n=9223372036854775807' -split-input-file 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: not quant-opt %s '-nn-bind-dims=dims=n=9..8' -split-input-file 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not quant-opt %s '-nn-bind-dims=dims=n' 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not quant-opt %s '-nn-bind-dims=dims=k=2' 2>&1 | FileCheck %s --check-prefix=UNEQUAL
// RUN: not quant-opt %s '-nn-bind-dims=dims=b=2' -split-input-file 2>&1 | FileCheck %s --check-prefix=UNNAMED

// UNKNOWN: there is no dim 'batch' to fix or bound; there are n, k, m
// NEGATIVE: 'n=-8': sizes are not negative
// HUGE: 'n=9223372036854775807': a size of more than 2^47 cannot be addressed
// RANGE: 'n=9..8': sizes are not negative, and MIN is at most MAX
// FORM: NAME=N
// UNEQUAL: no run has these sizes: windows do not fit into them, or operands differ
func.func @both(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32>
    attributes {qt.dim_names = ["n", "k", "m"],
                qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0, s2)>, affine_map<()[s0, s1, s2] -> (s1, s0)>],
                qt.equal_sizes = [affine_map<()[s0, s1, s2] -> (0, (s1 - 3) floordiv 281474976710656)>]} {
  return %x : tensor<?x?xf32>
}

// -----

// UNNAMED: 'qt.arg_shapes' has affine_map<()[s0, s1] -> (s1)>, but there are 1 names of dims
func.func @unnamed(%x: tensor<?x4xf32>, %y: tensor<?xf32>) -> tensor<?x4xf32>
    attributes {qt.dim_names = ["b"],
                qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s1)>]} {
  return %x : tensor<?x4xf32>
}
