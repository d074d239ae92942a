// RUN: %python -c "import struct,sys; open(sys.argv[1],'wb').write(b'head' + struct.pack('<1500f', *range(1500)))" %t.bin
// RUN: sed "s|FILE|%t.bin|" %s > %t.mlir
// RUN: quant-opt %t.mlir | FileCheck %s
// RUN: quant-opt %t.mlir --emit-bytecode | quant-opt | FileCheck %s
// RUN: quant-opt %t.mlir | quant-opt -interpret
// RUN: sed "s|87394d47|00000000|" %t.mlir > %t.stale.mlir
// RUN: not quant-opt %t.stale.mlir 2>&1 | FileCheck %s --check-prefix=STALE
// RUN: sed "s|offset = 4|offset = 8|" %t.mlir > %t.outside.mlir
// RUN: not quant-opt %t.outside.mlir 2>&1 | FileCheck %s --check-prefix=OUTSIDE

// STALE: '{{.*}}.bin' at offset 4 has hash 87394d4766956845, not 0000000066956845: it is another file now
// OUTSIDE: '{{.*}}.bin' has 6004 bytes; 6000 at offset 8 do not lie within it

// A span of a file, with what the bytes hash to.
// CHECK: qt.weight #qt.blob<file "{{.*}}.bin", offset = 4, hash = "87394d4766956845"> : tensor<1500xf32>
func.func @mapped() {
  %w = qt.weight #qt.blob<file "FILE", offset = 4, hash = "87394d4766956845"> : tensor<1500xf32>
  %from = arith.constant dense<1499> : tensor<1xi64>
  %to = arith.constant dense<1500> : tensor<1xi64>
  %axis = arith.constant dense<0> : tensor<1xi64>
  %step = arith.constant dense<1> : tensor<1xi64>
  %n = nn.slice %w, %from, %to, %axis, %step : tensor<1500xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1xf32>
  %e = arith.constant dense<1499.0> : tensor<1xf32>
  check.expect_eq %n, %e : tensor<1xf32>, tensor<1xf32>
  return
}

// Memory of our own travels in the file's resources; a short one as digits.
// CHECK: qt.weight #qt.blob<"0x0001FF80"> : tensor<4xi8>
func.func @owned() {
  %w = qt.weight #qt.blob<bytes> : tensor<4xi8>
  %e = qt.weight #qt.blob<"0x0001FF80"> : tensor<2x2xi8>
  %a = qt.alias %e : tensor<2x2xi8> to tensor<4xi8>
  check.expect_eq %w, %a : tensor<4xi8>, tensor<4xi8>
  return
}

{-#
  dialect_resources: {
    qt: {
      bytes: "0x400000000001FF80"
    }
  }
#-}
