// RUN: quant-opt %s -qt-group-kernels -verify-diagnostics

func.func @vectors(%x: vector<16xf32>) -> vector<16xf32> {
  // expected-error @below {{'nn.unary' op has a value of type 'vector<16xf32>'; supported in kernels: ranked tensors}}
  %0 = nn.unary relu %x : vector<16xf32>
  return %0 : vector<16xf32>
}
