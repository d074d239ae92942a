// Two additions of a constant to rows of four numbers, as the stage `lower`
// leaves kernels; the constant is there twice.
module attributes {qt.stage = "lower"} {
  qt.global @w0 : tensor<4xf32> {
    %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    qt.yield %c : tensor<4xf32>
  }
  qt.global @w1 : tensor<4xf32> {
    %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    qt.yield %c : tensor<4xf32>
  }
  func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
      attributes {qt.dim_names = ["n"], qt.dim_bounds = {n = array<i64: 0, 1000>},
                  qt.arg_shapes = [affine_map<()[s0] -> (s0, 4)>], qt.arg_names = ["x"],
                  qt.result_shapes = [affine_map<()[s0] -> (s0, 4)>, affine_map<()[s0] -> (s0, 4)>, affine_map<()[s0] -> (s0, 4)>],
                  qt.result_names = ["y", "z", "same"]} {
    %w0 = qt.global_ref @w0 : tensor<4xf32>
    %w1 = qt.global_ref @w1 : tensor<4xf32>
    %0 = qt.launch @k0(%x, %w0) sizes affine_map<()[s0] -> (s0)> : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32> loc("first")
    %1 = qt.launch @k0(%0, %w1) sizes affine_map<()[s0] -> (s0)> : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32> loc("second")
    %2 = qt.launch @k0(%1, %w1) sizes affine_map<()[s0] -> (s0)> : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32> loc("third")
    return %2, %x, %2 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
  }
  module @k0 attributes {qt.grain = 3 : i64, qt.iterations = affine_map<()[s0] -> (s0)>,
                         qt.scratch = affine_map<()[s0] -> (0)>, qt.result_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
    func.func @k0(%begin: i64, %end: i64, %args: !llvm.ptr, %scratch: !llvm.ptr) -> i32 {
      %one = arith.constant 1 : i64
      %ok = arith.constant 0 : i32
      %wSlot = llvm.getelementptr %args[1] : (!llvm.ptr) -> !llvm.ptr, i64
      %ySlot = llvm.getelementptr %args[2] : (!llvm.ptr) -> !llvm.ptr, i64
      %x = llvm.load %args : !llvm.ptr -> !llvm.ptr
      %w = llvm.load %wSlot : !llvm.ptr -> !llvm.ptr
      %y = llvm.load %ySlot : !llvm.ptr -> !llvm.ptr
      %b = llvm.load %w {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
      scf.for %i = %begin to %end step %one : i64 {
        %from = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, vector<4xf32>
        %to = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, vector<4xf32>
        %a = llvm.load %from {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
        %sum = arith.addf %a, %b : vector<4xf32>
        llvm.store %sum, %to {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr
      }
      return %ok : i32
    }
  }
}
