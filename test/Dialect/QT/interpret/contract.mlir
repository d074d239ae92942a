// RUN: quant-opt %s -interpret
// The expected values come from an independent model of the definition.

!rows8 = !qt.block<[1, ?], s8, scale = f32>
!blocks8 = !qt.block<[1, 32], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
#range = #qt.encoding<absmax, -127..127>
#s8 = #qt.layout<s8, panel = 4, rows = 4, bias = 128>
#matched = #qt.layout<matched, panel = 4, rows = 4, bias = 128>
#b32 = #qt.layout<b32, panel = 4, rows = 4>
#b32n = #qt.layout<b32n, panel = 4, rows = 4, bias = 128>
#w4s = #qt.layout<w4s, panel = 4, rows = 4, bias = 128>
#w4i = #qt.layout<w4i, panel = 4, rows = 4, bias = 128>
#f32 = #qt.layout<f32, panel = 4, rows = 4>
#s8f = #qt.layout<s8f, panel = 4, rows = 4>
#b32f = #qt.layout<b32f, panel = 4, rows = 4>
#w4f = #qt.layout<w4f, panel = 4, rows = 4>

qt.global @a : tensor<3x67xf32> {
  %a = qt.weight #qt.blob<"0x5A26BB3F58D903C0DE13A5BEC6A2C4BE5B1F913F3DC98CBF059130BE54BB60BF52E82C3D6133153F17E18CBF4E86923FA6CE663F78A3003F7F9E663FCA082FBFDFADFBBD968E6FBFA02889BE60C5073FAE1031BF4723CBBE8DEA2FBF665F58BFC9D62BBF2E7F4FBC07048FBFAB0A703E6674D43F9BF63D3F8A7044BEA73B63BFC4453FBF5AA2D83FCB1B503D261223BF597F433E956A0640E615F63D06011E3FEDAF993E185AB4BE093E92BF0DDDB2BE5FE855BEF02C163F9EC7563FB55C6E3F8038923E9D98623F392041BFFC5DA03F5E4F033FA09F98BE0D1FFA3E58C59ABD3BD9903F5C89C23F78E00B4064C0B2BFB9D8B8BFAD2401BFC2E0233E9B4C603FE79AA13EBF6B01C0C6C69CBE25F6533FF49D6B3E2A13433FFDA963BE86934DBEF3093F3E4AF2D13E150F4B3ECEBAF33D86B02BBF0A50C13E6E7DF93DEE92903F2476993FA5993D3E5925C0BED68323BF41D4D83E78649E3D970DB0BE9E92323D60B81EBF3AB2323F09EEE4BEABBC9C3F7596CE3EC3F4173F12268CBF97722D3E1C953D3FB92574BFCB4D88BED596053D4FC2AFBF925CA13EFC9D583F3D095CBFC37AB33EE7F8A7BF2F7F1EBDA1D1CEBF9E8A8F3F695BD13E80A9C9BCFE7046BF6F0AA33FFDC9FB3F5AD2EDBF9F3A9E3FDC56D03FDE0FAD3E9D8199BF33045D3F2C4339BE8B9A1ABF8C729DBF06F00C3F64F54A3FB69F1FBF7E44053FC77992BFC4464D3F5ABD3E3D250C3FBE2460D0BD536F5E3FFA1A403F0A8B073F8C010D3EAF609F3D2B4E1E3F0E136E3EB0BB2E3FA0C79EBE62D41BC034F8843F79F70B4085FAE13E301ECDBD2CB80BBEAFD2F3BD2D9E8E3C4F9E8FBF4D6004BF263D7FBF35C57E3E59E197BE578CFD3E63E532BE76807C3FA2A85A3E6D340C40F4BBF2BF559C25BFD8C7663F17D021401D9A7EBE42DE323DECBE67BE306DAA3F041A93BE0F192E3F09BDA3BE35E3A2BF5489A03EB8D0003F6D88A53F0D32E2BD710B1EBF1C11103FC983763E55B38F3E1DBC95BDF985943F262EBD3EDBCBF33F1B378E3F7DB7283FE64FD0BF99311A3F3B2FD73E879A4F3F47B0853FE83FCDBE08F2523F40F30FBF7239FA3F647DAABF3E5EE1BFD64AD3BF73FB63BF2C3F8FBFCB60FA3FF12AA7BE"> : tensor<3x67xf32>
  qt.yield %a : tensor<3x67xf32>
}
qt.global @w : tensor<5x67xf32> {
  %w = qt.weight #qt.blob<"0xCDDCABBF1AA48E3F6F2616BF36519EBFFB36603FAA941F3FA4B2DEBE452AB43F3433043E34F8CE3FA0B3003FF186C73F850EE03D96209CBF75C21C40DBB70BBF279C4BBE514D33BFA24650BE577E783E92AC4E3EA038293F7165E53F21B6F6BDE6D69DBF335697BFE36E2ABF0C4CD6BF2835533FD915FFBE6C399FBEA2EBF7BA75C4B2BF3B7F5CBFE5B92C3F95581E3F6EE7E2BE9CBFE73F0F22A7BF2AA2B0BE41616CBEE8C132C0F200F83FDF8FBB3E1BB585BF6D460340F2ED153FDAEADB3E3F641BBF4D8BD93D7E49C3BFD5864B3F61B6BFBEEE43093EEFDC993F81CA913E2262863E51918D3EB0B73BBF6804563FCB8CC53F1641423F6289623F869560BF4E275EBFA06EB8BF78BA9D3FDD2382BE162EB33F5D2B48BF2D01E0BE3A6EC33D27E46B3F33D5783D1631583ED264873CB370353E7DE88EBF1CBDA53D900E3FBEC9C068BD8913FC3EEC402EBF8B12ADBDD13F98BE9CA8D53EBBE6483FC09674BF3AFE153FCB350440DF4EBCBF258654BF896D61BFE6E58EBE85B9CF3F2FC55A3C71D731BF842E1F3FCA8C19BFF8CB8F3FF64B9C3E86C3B13FDB4D29BF90F94140FA17533F9192273FFAAA51BDBCC039BF17265EBFA43D0BBEDF194CBFDFBA903E1F7B53BF47FF1E3F64C4743FF7B134BFF0A9983F0DA773BE79E0933F5757E03E74A88F3FB03C7FBFCEB6DABD6FC8B93FAA371EBF816102C0C3A6F8BF866920C0764E07C05EC2D2BECFA6A33FE06BE2BE61A5A53E3843E1BDE0100C3C513C2CBE555C32BEB31DEC3E9A8696BFD94B813F4C866B3F1DBD47BE432E4E3F4F8B33BF738709BFA103203E4DC942BEFEC0E5BE8E252CBFF9B70EBF5D6D703FD2BEF8BF247AB43E871C72BEFC513A3FDDDB033F0B1532C066AB153F4607A63EB119B33C04F6EFBEA3705A3F9478D3BE07D8EA3F657B103F2DD20840C21849BF2CC2E0BF73FC363FD04A5A3FC0D5103D2DF7C4BF8552E5BE4D341E3FB8983CBEA489EDBD84AB33BE08156FBF057408BF5E99B6BF834CE23F1364F3BE5289F43E29CD82BF34664B3FBDC3EFBF6FAD6B3FF5DD10BD27140740823CA7BF5F6D9C3DCF05BC3EA4CF9D3FB580D8BE4014B13D2D1E09C0F28554BF353AE73E96558D3FBC3F90BE549B0340D94FE13FBF6E78BDD5761AC04C87E3BFC22147BFE2D38E3F02DC9E3E280806C097416ABEA082CE3F66E6BFBE02FE3FBFF67E0340F5C35A3D1454F5BE1C49B33E0A9D8C3C89B8DBBEB2AE9A3F51CF8E3FB442573F89B6D2BDA2CD923FEF944BBDDEEBEE3EDA4F843F6D104F3FAE16E53FB30EE73E478FD7BF748094BF4DD0AC3FF39DA9BE75E8C53EFFF859BFE21C803FBC08C5BE4AA3BA3F7D4008BFFF1E8F3F39A52C3FADEE38BFE9AB8C3F85D166BF368D52BF12C2383F6A1620BF190618BFC113B0BE8B0580BF60C2853F9FC71B3F34FC8DBDA9FCDDBDC97AE63E80F6E13FE1F75E3F3F2A02BFF204473F4D3EF3BD2EC64BBE89E8EE3F077FD6BEBA57F5BE96DEF9BF857FB3BF96F9E63E56E631BF29F2033F18B48EBF6B6E44BFAAB02C3F86FEBA3F4CAC173F8552993F2430DA3FA421853FE31E6BBFF8BED7BD8154213FD066D4BE7965E73ECB21CABFF72054BFAA64073F6D2C0FC086C98DBF012691BC1E15DCBFB5F7693D25AF4CBFE34B95BE679984BE13D6413E755410BF82ADB73D69E519BFD55A0E3FBDCED83F3B98493E35F22D3E37FE94BF7380313FB31042BF9C104FBF5AB40E3F3862393EEDB78D3F31B0B83F92280ABF4275033E4955E13F1E6F773F628A363FC331A73F43C71ABF21F7223F6A62B43F0E7ACF3F21624EBF71DB80BE3EF3C33E76F793BE239CC8BEB61A2F3F27F2B4BE54DAE4BF0D44B93E1E57D9BE9D453BBF1C6AC8BFEFC4813F03890EC0C383D9BF"> : tensor<5x67xf32>
  qt.yield %w : tensor<5x67xf32>
}

func.func @rows() {
  %a = qt.global_ref @a : tensor<3x67xf32>
  %w = qt.global_ref @w : tensor<5x67xf32>
  %ac, %as = qt.quantize %a {encoding = #range, format = !rows8} : tensor<3x67xf32> -> tensor<3x67xi8>, tensor<3x1xf32>
  %wc, %ws = qt.quantize %w {encoding = #range, format = !rows8} : tensor<5x67xf32> -> tensor<5x67xi8>, tensor<5x1xf32>
  %y = qt.contract lhs(%ac, %as : tensor<3x67xi8>, tensor<3x1xf32>) rhs(%wc, %ws : tensor<5x67xi8>, tensor<5x1xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !rows8, rhs_format = !rows8} -> tensor<3x5xf32>
  %e = arith.constant dense<[[0x40886C18, 0x411FAFB8, 0xC02EC842, 0x40F2F1A8, 0x40CC2547], [0x3F49F7BF, 0xC0D3C19D, 0x4054A698, 0xC0109AC7, 0xC0E2637F], [0xBF47D93C, 0x40CAF72E, 0x40C18D6C, 0x40E970AB, 0xC09ADEDF]]> : tensor<3x5xf32>
  check.expect_eq %y, %e : tensor<3x5xf32>, tensor<3x5xf32>
  // The layout s8 gives the same.
  %s8_c, %s8_s = qt.quantize %a {encoding = #range, format = !rows8, layout = #s8} : tensor<3x67xf32> -> tensor<3x128xi8>, tensor<3x1xf32>
  %s8_p = qt.pack %wc, %ws {format = !rows8, layout = #s8} : tensor<5x67xi8>, tensor<5x1xf32> -> tensor<?xi8>
  %s8_y = qt.contract lhs(%s8_c, %s8_s : tensor<3x128xi8>, tensor<3x1xf32>) rhs(%s8_p : tensor<?xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #s8, lhs_format = !rows8, rhs_format = !rows8} -> tensor<3x5xf32>
  check.expect_eq %s8_y, %e : tensor<3x5xf32>, tensor<3x5xf32>
  // The layout matched gives the same.
  %matched_c, %matched_s = qt.quantize %a {encoding = #range, format = !rows8, layout = #matched} : tensor<3x67xf32> -> tensor<3x128xi8>, tensor<3x1xf32>
  %matched_p = qt.pack %wc, %ws {format = !rows8, layout = #matched} : tensor<5x67xi8>, tensor<5x1xf32> -> tensor<?xi8>
  %matched_y = qt.contract lhs(%matched_c, %matched_s : tensor<3x128xi8>, tensor<3x1xf32>) rhs(%matched_p : tensor<?xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #matched, lhs_format = !rows8, rhs_format = !rows8} -> tensor<3x5xf32>
  check.expect_eq %matched_y, %e : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

func.func @blocks() {
  %a = qt.global_ref @a : tensor<3x67xf32>
  %w = qt.global_ref @w : tensor<5x67xf32>
  %ac, %as = qt.quantize %a {encoding = #range, format = !blocks8} : tensor<3x67xf32> -> tensor<3x67xi8>, tensor<3x3xf32>
  %wc, %ws = qt.quantize %w {encoding = #range, format = !blocks8} : tensor<5x67xf32> -> tensor<5x67xi8>, tensor<5x3xf32>
  %y = qt.contract lhs(%ac, %as : tensor<3x67xi8>, tensor<3x3xf32>) rhs(%wc, %ws : tensor<5x67xi8>, tensor<5x3xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !blocks8, rhs_format = !blocks8} -> tensor<3x5xf32>
  %e = arith.constant dense<[[0x4089DA81, 0x4120581E, 0xC02F953D, 0x40F22E30, 0x40CD11F5], [0x3F4627DC, 0xC0D51188, 0x4056F225, 0xC0121E68, 0xC0E2605C], [0xBF5375CC, 0x40C897B6, 0x40C220A9, 0x40EB0050, 0xC09A891B]]> : tensor<3x5xf32>
  check.expect_eq %y, %e : tensor<3x5xf32>, tensor<3x5xf32>
  %pc, %ps = qt.quantize %a {encoding = #range, format = !blocks8, layout = #b32} : tensor<3x67xf32> -> tensor<3x128xi8>, tensor<3x3xf32>
  %p = qt.pack %wc, %ws {format = !blocks8, layout = #b32} : tensor<5x67xi8>, tensor<5x3xf32> -> tensor<960xi8>
  %z = qt.contract lhs(%pc, %ps : tensor<3x128xi8>, tensor<3x3xf32>) rhs(%p : tensor<960xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #b32, lhs_format = !blocks8, rhs_format = !blocks8} -> tensor<3x5xf32>
  check.expect_eq %z, %e : tensor<3x5xf32>, tensor<3x5xf32>
  // Narrow codes.
  %nc, %ns = qt.quantize %w {encoding = #qt.encoding<absmax, -64..64>, format = !blocks8} : tensor<5x67xf32> -> tensor<5x67xi8>, tensor<5x3xf32>
  %n = qt.contract lhs(%ac, %as : tensor<3x67xi8>, tensor<3x3xf32>) rhs(%nc, %ns : tensor<5x67xi8>, tensor<5x3xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !blocks8, rhs_format = !blocks8} -> tensor<3x5xf32>
  %bc, %bs = qt.quantize %a {encoding = #range, format = !blocks8, layout = #b32n} : tensor<3x67xf32> -> tensor<3x128xi8>, tensor<3x3xf32>
  %np = qt.pack %nc, %ns {format = !blocks8, layout = #b32n} : tensor<5x67xi8>, tensor<5x3xf32> -> tensor<960xi8>
  %nz = qt.contract lhs(%bc, %bs : tensor<3x128xi8>, tensor<3x3xf32>) rhs(%np : tensor<960xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #b32n, lhs_format = !blocks8, rhs_format = !blocks8} -> tensor<3x5xf32>
  check.expect_eq %nz, %n : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

// Integer multipliers: the sum over blocks is exact. Its value is checked
// against floats, the packed form against the plain one.
func.func @multipliers() {
  %a = qt.global_ref @a : tensor<3x67xf32>
  %w = qt.global_ref @w : tensor<5x67xf32>
  %ac, %as = qt.quantize %a {encoding = #range, format = !rows8} : tensor<3x67xf32> -> tensor<3x67xi8>, tensor<3x1xf32>
  %wc, %ws, %wo = qt.quantize %w {encoding = #qt.encoding<search, -8..7>, format = !w4} : tensor<5x67xf32> -> tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32>
  %y = qt.contract lhs(%ac, %as : tensor<3x67xi8>, tensor<3x1xf32>) rhs(%wc, %ws, %wo : tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !rows8, rhs_format = !w4} -> tensor<3x5xf32>
  %ad = qt.dequantize %ac, %as {format = !rows8} : tensor<3x67xi8>, tensor<3x1xf32> -> tensor<3x67xf32>
  %wd = qt.dequantize %wc, %ws, %wo {format = !w4} : tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32> -> tensor<5x67xf32>
  %f = nn.matmul %ad, %wd : tensor<3x67xf32>, tensor<5x67xf32> -> tensor<3x5xf32>
  check.expect_close %y, %f {relative = 1.0e-5 : f64, absolute = 1.0e-5 : f64} : tensor<3x5xf32>, tensor<3x5xf32>
  // 4 bits are near the weights.
  %near = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%w : tensor<5x67xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<3x5xf32>
  check.expect_close %y, %near {absolute = 3.0 : f64} : tensor<3x5xf32>, tensor<3x5xf32>
  %pc, %ps = qt.quantize %a {encoding = #range, format = !rows8, layout = #w4i} : tensor<3x67xf32> -> tensor<3x128xi8>, tensor<3x1xf32>
  %p = qt.pack %wc, %ws, %wo {format = !w4, layout = #w4i} : tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32> -> tensor<544xi8>
  %z = qt.contract lhs(%pc, %ps : tensor<3x128xi8>, tensor<3x1xf32>) rhs(%p : tensor<544xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #w4i, lhs_format = !rows8, rhs_format = !w4} -> tensor<3x5xf32>
  check.expect_eq %z, %y : tensor<3x5xf32>, tensor<3x5xf32>
  %sc, %ss = qt.quantize %a {encoding = #range, format = !rows8, layout = #w4s} : tensor<3x67xf32> -> tensor<3x128xi8>, tensor<3x1xf32>
  %sp = qt.pack %wc, %ws, %wo {format = !w4, layout = #w4s} : tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32> -> tensor<496xi8>
  %sz = qt.contract lhs(%sc, %ss : tensor<3x128xi8>, tensor<3x1xf32>) rhs(%sp : tensor<496xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #w4s, lhs_format = !rows8, rhs_format = !w4} -> tensor<3x5xf32>
  check.expect_eq %sz, %y : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

// Floats: packed or not, with an epilogue.
func.func @float() {
  %a = qt.global_ref @a : tensor<3x67xf32>
  %w = qt.global_ref @w : tensor<5x67xf32>
  %bias = arith.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0]> : tensor<5xf32>
  %f = nn.matmul %a, %w : tensor<3x67xf32>, tensor<5x67xf32> -> tensor<3x5xf32>
  %g = nn.binary add %f, %bias : tensor<3x5xf32>, tensor<5xf32> -> tensor<3x5xf32>
  %h = nn.gelu erf %g : tensor<3x5xf32>
  %p = qt.pack %w {format = f32, layout = #f32} : tensor<5x67xf32> -> tensor<2144xi8>
  %y = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%p : tensor<2144xi8>) epilogue(%bias : tensor<5xf32>)
      {acc = f32, geometry = #qt.matmul, layout = #f32, lhs_format = f32, rhs_format = f32} {
  ^bb0(%acc: f32, %b: f32):
    %0 = nn.binary add %acc, %b : f32, f32 -> f32
    %1 = nn.gelu erf %0 : f32
    qt.yield %1 : f32
  } -> tensor<3x5xf32>
  check.expect_eq %y, %h : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

// Weights alone are quantised: near the product with the decoded weights, and
// the same packed.
func.func @weights_rows() {
  %a = qt.global_ref @a : tensor<3x67xf32>
  %w = qt.global_ref @w : tensor<5x67xf32>
  %wc, %ws = qt.quantize %w {encoding = #range, format = !rows8} : tensor<5x67xf32> -> tensor<5x67xi8>, tensor<5x1xf32>
  %y = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%wc, %ws : tensor<5x67xi8>, tensor<5x1xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = !rows8} -> tensor<3x5xf32>
  %wd = qt.dequantize %wc, %ws {format = !rows8} : tensor<5x67xi8>, tensor<5x1xf32> -> tensor<5x67xf32>
  %f = nn.matmul %a, %wd : tensor<3x67xf32>, tensor<5x67xf32> -> tensor<3x5xf32>
  check.expect_close %y, %f {relative = 1.0e-5 : f64, absolute = 1.0e-5 : f64} : tensor<3x5xf32>, tensor<3x5xf32>
  %p = qt.pack %wc, %ws {format = !rows8, layout = #s8f} : tensor<5x67xi8>, tensor<5x1xf32> -> tensor<576xi8>
  %z = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%p : tensor<576xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #s8f, lhs_format = f32, rhs_format = !rows8} -> tensor<3x5xf32>
  check.expect_eq %z, %y : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

func.func @weights_blocks() {
  %a = qt.global_ref @a : tensor<3x67xf32>
  %w = qt.global_ref @w : tensor<5x67xf32>
  %wc, %ws = qt.quantize %w {encoding = #range, format = !blocks8} : tensor<5x67xf32> -> tensor<5x67xi8>, tensor<5x3xf32>
  %y = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%wc, %ws : tensor<5x67xi8>, tensor<5x3xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = !blocks8} -> tensor<3x5xf32>
  %wd = qt.dequantize %wc, %ws {format = !blocks8} : tensor<5x67xi8>, tensor<5x3xf32> -> tensor<5x67xf32>
  %f = nn.matmul %a, %wd : tensor<3x67xf32>, tensor<5x67xf32> -> tensor<3x5xf32>
  check.expect_close %y, %f {relative = 1.0e-5 : f64, absolute = 1.0e-5 : f64} : tensor<3x5xf32>, tensor<3x5xf32>
  %p = qt.pack %wc, %ws {format = !blocks8, layout = #b32f} : tensor<5x67xi8>, tensor<5x3xf32> -> tensor<864xi8>
  %z = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%p : tensor<864xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #b32f, lhs_format = f32, rhs_format = !blocks8} -> tensor<3x5xf32>
  check.expect_eq %z, %y : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

func.func @weights_multipliers() {
  %a = qt.global_ref @a : tensor<3x67xf32>
  %w = qt.global_ref @w : tensor<5x67xf32>
  %wc, %ws, %wo = qt.quantize %w {encoding = #qt.encoding<search, -8..7>, format = !w4} : tensor<5x67xf32> -> tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32>
  %y = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%wc, %ws, %wo : tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = !w4} -> tensor<3x5xf32>
  %wd = qt.dequantize %wc, %ws, %wo {format = !w4} : tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32> -> tensor<5x67xf32>
  %f = nn.matmul %a, %wd : tensor<3x67xf32>, tensor<5x67xf32> -> tensor<3x5xf32>
  check.expect_close %y, %f {relative = 1.0e-5 : f64, absolute = 1.0e-5 : f64} : tensor<3x5xf32>, tensor<3x5xf32>
  %p = qt.pack %wc, %ws, %wo {format = !w4, layout = #w4f} : tensor<5x34xi8>, tensor<5x3xi8>, tensor<5x1xf32> -> tensor<512xi8>
  %z = qt.contract lhs(%a : tensor<3x67xf32>) rhs(%p : tensor<512xi8>)
      {acc = f32, geometry = #qt.matmul<k = 67>, layout = #w4f, lhs_format = f32, rhs_format = !w4} -> tensor<3x5xf32>
  check.expect_eq %z, %y : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

// Sums of products of 32-bit codes exceed 64 bits, and are exact.
func.func @wide() {
  %c = arith.constant dense<2147483647> : tensor<1x4xi32>
  %s = arith.constant dense<0> : tensor<1x1xi32>
  %y = qt.contract lhs(%c, %s : tensor<1x4xi32>, tensor<1x1xi32>) rhs(%c, %s : tensor<1x4xi32>, tensor<1x1xi32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !qt.block<[1, ?], s32, scale = exp<32>>, rhs_format = !qt.block<[1, ?], s32, scale = exp<32>>} -> tensor<1x1xf32>
  // 4 * (2^31 - 1)^2 is 2^64 but for a part of 2^30.
  %e = arith.constant dense<18446744073709551616.0> : tensor<1x1xf32>
  check.expect_eq %y, %e : tensor<1x1xf32>, tensor<1x1xf32>
  return
}

// Nibbles of integer-only networks: the shift of a block of activations meets
// the multiplier of one of weights, packed or not.
!blk8 = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>
!n4 = !qt.block<[1, 32], s4, scale = s8, outer = exp<8>>
func.func @shifted() {
  %q = arith.constant dense<[[3, -5]]> : tensor<1x2xi8>
  %k = arith.constant dense<2> : tensor<1x1xi8>
  %e = arith.constant dense<[[-7]]> : tensor<1x1xi8>
  %wc = arith.constant dense<[[34], [-113]]> : tensor<2x1xi8>
  %wm = arith.constant dense<[[3], [-1]]> : tensor<2x1xi8>
  %we = arith.constant dense<0> : tensor<2x1xi8>
  // (3 * 2 - 5 * 2) * 3 << 2, (3 * -1 - 5 * -8) * -1 << 2
  %y_e = arith.constant dense<[[-48, -148]]> : tensor<1x2xi32>
  %y = qt.contract lhs(%q, %k, %e : tensor<1x2xi8>, tensor<1x1xi8>, tensor<1x1xi8>) rhs(%wc, %wm, %we : tensor<2x1xi8>, tensor<2x1xi8>, tensor<2x1xi8>)
      {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !n4} -> tensor<1x2xi32>
  check.expect_eq %y, %y_e : tensor<1x2xi32>, tensor<1x2xi32>
  %b = arith.constant dense<"0x837B0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"> : tensor<1x64xi8>
  %p = qt.pack %wc, %wm, %we {format = !n4, k = 2, layout = #w4i} : tensor<2x1xi8>, tensor<2x1xi8>, tensor<2x1xi8> -> tensor<112xi8>
  %z = qt.contract lhs(%b, %k, %e : tensor<1x64xi8>, tensor<1x1xi8>, tensor<1x1xi8>) rhs(%p : tensor<112xi8>)
      {acc = i32, geometry = #qt.matmul<k = 2>, layout = #w4i, lhs_format = !blk8, rhs_format = !n4} -> tensor<1x2xi32>
  check.expect_eq %z, %y_e : tensor<1x2xi32>, tensor<1x2xi32>
  return
}

// Chains give what the parts give: the weights of a block stand in an order of
// their own, and what is too large behind them.
!w8 = !qt.block<[1, ?], s8, scale = exp<8>>
#chained = #qt.layout<chained, panel = 16, rows = 4, bias = 128>
func.func @chained() {
  %x = arith.constant dense<[[3, -5, 7, 127, -127]]> : tensor<1x5xi8>
  %k = arith.constant dense<2> : tensor<1x1xi8>
  %e = arith.constant dense<0> : tensor<1x1xi8>
  %w = arith.constant dense<[[127, 126, -125, 127, 127], [1, 2, 3, 4, 5]]> : tensor<2x5xi8>
  %o = arith.constant dense<0> : tensor<2x1xi8>
  %y = qt.contract lhs(%x, %k, %e : tensor<1x5xi8>, tensor<1x1xi8>, tensor<1x1xi8>) rhs(%w, %o : tensor<2x5xi8>, tensor<2x1xi8>)
      {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !w8} -> tensor<1x2xi32>
  // 4 (381 - 630 - 875 + 0), 4 (3 - 10 + 21 + 508 - 635)
  %sums = arith.constant dense<[[-4496, -452]]> : tensor<1x2xi32>
  check.expect_eq %y, %sums : tensor<1x2xi32>, tensor<1x2xi32>
  %b = arith.constant dense<"0x837B87FF010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"> : tensor<1x64xi8>
  %p = qt.pack %w, %o {format = !w8, layout = #chained} : tensor<2x5xi8>, tensor<2x1xi8> -> tensor<?xi8>
  %z = qt.contract lhs(%b, %k, %e : tensor<1x64xi8>, tensor<1x1xi8>, tensor<1x1xi8>) rhs(%p : tensor<?xi8>)
      {acc = i32, geometry = #qt.matmul<k = 5>, layout = #chained, lhs_format = !blk8, rhs_format = !w8} -> tensor<1x2xi32>
  check.expect_eq %z, %sums : tensor<1x2xi32>, tensor<1x2xi32>
  return
}
