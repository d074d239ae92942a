// RUN: quant-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{blob has 4 bytes, type 'tensor<2xf32>' needs 8}}
func.func private @f() attributes {a = #qt.blob<"0x00000000"> : tensor<2xf32>}

// -----

// expected-error @below {{'0x0' is not 0x and pairs of hexadecimal digits}}
func.func private @f() attributes {a = #qt.blob<"0x0"> : tensor<1xi8>}

// -----

// expected-error @below {{'0xZZ' is not 0x and pairs of hexadecimal digits}}
func.func private @f() attributes {a = #qt.blob<"0xZZ"> : tensor<1xi8>}

// -----

// expected-error @below {{element type 'i4' has no bytes; supported: floats, i1, i8, i16, i32, i64 and index}}
func.func private @f() attributes {a = #qt.blob<"0x00"> : tensor<2xi4>}

// -----

// expected-error @below {{type 'tensor<?xi8>' is not static, or larger than 2^63 bytes}}
func.func private @f() attributes {a = #qt.blob<"0x00"> : tensor<?xi8>}

// -----

// expected-error @below {{type 'tensor<4611686018427387904x4xi64>' is not static, or larger than 2^63 bytes}}
func.func private @f() attributes {a = #qt.blob<"0x00"> : tensor<4611686018427387904x4xi64>}

// -----

// expected-error @below {{#qt.blob needs the type of a ranked tensor}}
func.func private @f() attributes {a = #qt.blob<"0x00">}

// -----

// expected-error @below {{#qt.blob needs the type of a ranked tensor, not 'i8'}}
func.func private @f() attributes {a = #qt.blob<"0x00"> : i8}

// -----

// expected-error @below {{cannot open '/nonexistent/file'}}
func.func private @f() attributes {a = #qt.blob<file "/nonexistent/file", offset = 0, hash = ""> : tensor<1xi8>}

// -----

func.func @f() {
  // expected-error @below {{the file's resources have no bytes for blob 'nothing'}}
  %w = qt.weight #qt.blob<nothing> : tensor<4xi8>
  return
}

// -----

func.func @f() {
  // expected-error @below {{blob 'short' has 2 bytes, type 'tensor<4xi8>' needs 4}}
  %w = qt.weight #qt.blob<short> : tensor<4xi8>
  return
}
{-#
  dialect_resources: {
    qt: {
      short: "0x400000000001"
    }
  }
#-}
