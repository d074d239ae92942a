// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{attribute 'ways' failed to satisfy constraint: 64-bit signless integer attribute whose value is one of {2, 4}}}
  %r = qt.dot 3, %a, %b, %c {bound = #qt.bound<lhs = 0..1, rhs = 0..1, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{operands of type 'vector<32xi8>' and 'vector<16xi8>' differ}}
  %r = qt.dot 4, %a, %e, %c {bound = #qt.bound<lhs = 0..1, rhs = 0..1, chain = 1>} : vector<32xi8>, vector<16xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{'vector<32xi8>' in 2 ways does not give 'vector<8xi32>'}}
  %r = qt.dot 2, %a, %b, %c {bound = #qt.bound<lhs = 0..1, rhs = 0..1, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<8xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{4 ways of i8 in i16 lanes; supported: 2 of i8 in i16}}
  %r = qt.dot 4, %a, %b, %d {bound = #qt.bound<lhs = 0..1, rhs = 0..1, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<8xi16>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{lhs range 0..256 does not fit an unsigned i8}}
  %r = qt.dot 4, %a, %b, %c {bound = #qt.bound<lhs = 0..256, rhs = 0..1, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{rhs range -129..0 does not fit a signed i8}}
  %r = qt.dot 4, %a, %b, %c {bound = #qt.bound<lhs = 0..255, rhs = -129..0, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{sums of 2 products of 0..255 by -127..127 reach -64770..64770, i16 lanes hold -32768..32767}}
  %r = qt.dot 2, %a, %b, %d {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{sums of lanes -129..128 by 0..255 reach -32895..32640, i16 lanes hold -32768..32767}}
  %r = qt.dot 2, %a, %b, %d {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 2, lane = -129..128>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{sums of 18 products of 0..255 by -8..7 reach -36720..32130, i16 lanes hold -32768..32767}}
  %r = qt.dot 2, %a, %b, %d {bound = #qt.bound<lhs = 0..255, rhs = -8..7, chain = 9>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{sums of 66844 products of 0..255 by -127..126 reach -2164742940..2147697720, i32 lanes hold -2147483648..2147483647}}
  %r = qt.dot 4, %a, %b, %c {bound = #qt.bound<lhs = 0..255, rhs = -127..126, chain = 16711>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{reach -260104..2147483907, i32 lanes hold}}
  %r = qt.dot 4, %a, %b, %c {bound = #qt.bound<lhs = 0..255, rhs = -128..127, chain = 1, init = -129544..2147354367>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %b: vector<32xi8>, %c: vector<8xi32>, %d: vector<16xi16>, %e: vector<16xi8>, %h: vector<16xi16>) {
  // expected-error @below {{a table of 17 entries; supported: 1 to 16}}
  %r = qt.lookup %a in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17] : vector<32xi8>
  return
}

// -----

func.func @f(%half: vector<16xi8>, %a: vector<24xi8>) {
  // expected-error @below {{of 'vector<24xi8>'; supported: whole groups of 16 bytes}}
  %r = qt.pick %half, %half at %a : vector<16xi8>, vector<24xi8>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %c: vector<8xi32>) {
  // expected-error @below {{rhs range 0..128 does not fit a signed i8}}
  %r = qt.dot 4, %a, %a, %c {bound = #qt.bound<lhs = 0..1, rhs = 0..128, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<16xi16>, %c: vector<8xi32>) {
  // expected-error @below {{lhs range 0..32768 does not fit a signed i16}}
  %r = qt.dot 2, %a, %a, %c {bound = #qt.bound<lhs = 0..32768, rhs = 0..1, chain = 1>} : vector<16xi16>, vector<16xi16>, vector<8xi32>
  return
}

// -----

func.func @f(%a: vector<32xi8>, %c: vector<[8]xi32>) {
  // expected-error @below {{operand #2 must be fixed-length vector of}}
  %r = qt.dot 4, %a, %a, %c {bound = #qt.bound<lhs = 0..1, rhs = 0..1, chain = 1>} : vector<32xi8>, vector<32xi8>, vector<[8]xi32>
  return
}
