// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// Vectors of the method fixed, and what an independent model of it computes.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!row14 = !qt.block<[1, ?], s14, scale = exp<8>>
!row31 = !qt.block<[1, ?], s31, scale = exp<32>>
!row32 = !qt.block<[1, ?], s32, scale = exp<32>>
!heads = !qt.block<[1, 1, 1, ?], s32, scale = exp<32>>
!token = !qt.block<[1, 1, ?, ?], s16, scale = exp<8>>
!image = !qt.block<[1, ?, ?], s32, scale = exp<32>>
!lines = !qt.block<[1, 1, ?], s31, scale = exp<32>>
!blk8 = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>
!w8 = !qt.block<[1, ?], s8, scale = f32>

func.func @residual() {
  %ym = arith.constant dense<[[395650497, -474808780, 733186328, 623413387, 559110959, -410393050, -711332747, 595523826], [662436273, 28075183, -718727440, 25442282, -397839966, -588024903, -526513506, 466969910], [350864469, 403914923, 273789845, 735624787, 368994227, 855492476, -563129118, 521645514]]> : tensor<3x8xi32>
  %ye = arith.constant dense<[[-25], [-10], [-40]]> : tensor<3x1xi32>
  %y = qt.join %ym, %ye : tensor<3x8xi32>, tensor<3x1xi32> -> tensor<3x8x!row32>
  %mm = arith.constant dense<[[27940, 12184, 27670, 8123, 412, -5782, -22721, 1017], [9406, -17621, -23468, -4653, 5928, -11716, 29169, -27962], [-23473, 28769, 22798, 21089, 12673, -19239, -24107, 4081]]> : tensor<3x8xi16>
  %me = arith.constant dense<[[-12], [-20], [-5]]> : tensor<3x1xi8>
  %m = qt.join %mm, %me : tensor<3x8xi16>, tensor<3x1xi8> -> tensor<3x8x!row16>
  %z = nn.binary add %y, %m : tensor<3x8x!row32>, tensor<3x8x!row16> -> tensor<3x8x!row32>
  %zm_e = arith.constant dense<[[312267489, -187498726, 479929484, 344978502, 281243032, -228879597, -448731589, 301927545], [331218142, 14037583, -359363731, 12721139, -198919980, -294012457, -263256739, 233484941], [-769162929, 942702977, 747045125, 691045054, 415269216, -630422736, -789938713, 133726705]]> : tensor<3x8xi32>
  %ze_e = arith.constant dense<[[-24], [-9], [-20]]> : tensor<3x1xi32>
  %z_m, %z_x = qt.split %z : tensor<3x8x!row32> -> tensor<3x8xi32>, tensor<3x1xi32>
  check.expect_eq %z_m, %zm_e : tensor<3x8xi32>, tensor<3x8xi32>
  check.expect_eq %z_x, %ze_e : tensor<3x1xi32>, tensor<3x1xi32>
  return
}

func.func @normalise16() {
  %wm = arith.constant dense<[[450917261, -489517743, 73501696, -282682862, 418526993, 248782603, 205901548, 34824685], [-471357123, -440135521, -83904372, -523518067, 489926158, 15309761, 148077803, 462015423], [868, -622, 585, 817, -61, 256, 969, -849], [-847, -931, 839, -829, -732, -32, -830, -449], [-12, 49, 20, -28, 57, 25, 51, -29], [0, 0, 0, 0, 0, 0, 0, 0], [127, -127, 0, 1, 64, -64, 63, 5], [255, -255, 254, 1, -1, 128, 3, -2], [65535, -65535, 32768, 1, -1, 2, 0, 3], [-2147483647, 5, 1073741824, 0, 0, 0, 1, -9]]> : tensor<10x8xi32>
  %we = arith.constant dense<[[-20], [3], [-7], [0], [-5], [9], [0], [0], [-3], [-30]]> : tensor<10x1xi32>
  %w = qt.join %wm, %we : tensor<10x8xi32>, tensor<10x1xi32> -> tensor<10x8x!row32>
  %z = qt.rescale half_up %w : tensor<10x8x!row32> -> tensor<10x8x!row16>
  %zm_e = arith.constant dense<[[27522, -29878, 4486, -17254, 25545, 15184, 12567, 2126], [-28769, -26864, -5121, -31953, 29903, 934, 9038, 28199], [27776, -19904, 18720, 26144, -1952, 8192, 31008, -27168], [-27104, -29792, 26848, -26528, -23424, -1024, -26560, -14368], [-6144, 25088, 10240, -14336, 29184, 12800, 26112, -14848], [0, 0, 0, 0, 0, 0, 0, 0], [32512, -32512, 0, 256, 16384, -16384, 16128, 1280], [32640, -32640, 32512, 128, -128, 16384, 384, -256], [32767, -32767, 16384, 1, 0, 1, 0, 2], [-32767, 0, 16384, 0, 0, 0, 0, 0]]> : tensor<10x8xi16>
  %ze_e = arith.constant dense<[[-6], [17], [-12], [-5], [-14], [-100], [-8], [-7], [-2], [-14]]> : tensor<10x1xi8>
  %z_m, %z_x = qt.split %z : tensor<10x8x!row16> -> tensor<10x8xi16>, tensor<10x1xi8>
  check.expect_eq %z_m, %zm_e : tensor<10x8xi16>, tensor<10x8xi16>
  check.expect_eq %z_x, %ze_e : tensor<10x1xi8>, tensor<10x1xi8>
  return
}

func.func @heads() {
  %wm = arith.constant dense<[[[[400, -3], [5, 1000000]], [[0, 0], [0, 0]]]]> : tensor<1x2x2x2xi32>
  %we = arith.constant dense<[[[[2], [0]], [[7], [7]]]]> : tensor<1x2x2x1xi32>
  %w = qt.join %wm, %we : tensor<1x2x2x2xi32>, tensor<1x2x2x1xi32> -> tensor<1x2x2x2x!heads>
  %z = qt.rescale half_up %w : tensor<1x2x2x2x!heads> -> tensor<1x2x2x2x!token>
  %zm_e = arith.constant dense<[[[[50, 0], [0, 31250]], [[0, 0], [0, 0]]]]> : tensor<1x2x2x2xi16>
  %ze_e = arith.constant dense<[[[[5]], [[-100]]]]> : tensor<1x2x1x1xi8>
  %z_m, %z_x = qt.split %z : tensor<1x2x2x2x!token> -> tensor<1x2x2x2xi16>, tensor<1x2x1x1xi8>
  check.expect_eq %z_m, %zm_e : tensor<1x2x2x2xi16>, tensor<1x2x2x2xi16>
  check.expect_eq %z_x, %ze_e : tensor<1x2x1x1xi8>, tensor<1x2x1x1xi8>
  return
}

// Lines take the exponent of their image, and have a bit less.
func.func @lines() {
  %wm = arith.constant dense<[[[2147483646, -5], [3, -2147483646]]]> : tensor<1x2x2xi32>
  %we = arith.constant dense<-20> : tensor<1x1x1xi32>
  %w = qt.join %wm, %we : tensor<1x2x2xi32>, tensor<1x1x1xi32> -> tensor<1x2x2x!image>
  %z = qt.rescale half_up %w : tensor<1x2x2x!image> -> tensor<1x2x2x!lines>
  %zm_e = arith.constant dense<[[[1073741823, -2], [2, -1073741823]]]> : tensor<1x2x2xi32>
  %ze_e = arith.constant dense<-19> : tensor<1x2x1xi32>
  %z_m, %z_x = qt.split %z : tensor<1x2x2x!lines> -> tensor<1x2x2xi32>, tensor<1x2x1xi32>
  check.expect_eq %z_m, %zm_e : tensor<1x2x2xi32>, tensor<1x2x2xi32>
  check.expect_eq %z_x, %ze_e : tensor<1x2x1xi32>, tensor<1x2x1xi32>
  return
}

func.func @product() {
  %xm = arith.constant dense<[[16780, 12959, -16164, 11482, 24500, 7587, -12497, -11326, -21846, -25842, 1588, 25963, 11861, 1687, -24199, -7451, 22467, -25635, -3100, 28792, -20120, -28682, -10740, -2007, 20383, -2790, 27197, -22207, -27104, 9648, 10274, 19914, -254, 86, 300, 38, 264, -15, 217, -59], [-27640, -9706, -29526, -24956, -22915, 9306, 5099, -27944, -17065, -3266, -10889, 10007, -12740, -19764, 15202, -27219, 26870, -7730, -9433, -6395, -20935, 28763, 26472, -5242, -5310, 173, 27009, 4083, -4691, 12197, 26808, 9036, 272, -195, 219, -23, 141, -57, 8, 147]]> : tensor<2x40xi16>
  %xe = arith.constant dense<[[-14], [-3]]> : tensor<2x1xi8>
  %x = qt.join %xm, %xe : tensor<2x40xi16>, tensor<2x1xi8> -> tensor<2x40x!row16>
  %q = qt.quantize %x {encoding = #qt.encoding<norm, -127..127>} : tensor<2x40x!row16> -> tensor<2x40x!blk8>
  %w = arith.constant dense<[[0x41FE0000, 0x40C00000, 0x40400000, 0xC1BC0000, 0xC1040000, 0x41D60000, 0x40D80000, 0xBFC00000, 0x41040000, 0x40A80000, 0xC1DE0000, 0x40E00000, 0xC1F80000, 0x41D20000, 0x41AE0000, 0xBFE00000, 0xC1740000, 0x40600000, 0xC1880000, 0xC19C0000, 0x41FE0000, 0x41600000, 0xBFE00000, 0x40300000, 0x41AE0000, 0x40500000, 0xBFC00000, 0xC0D00000, 0x41100000, 0x41BA0000, 0xC1B20000, 0xC1880000, 0x410C0000, 0xC1B20000, 0x41BE0000, 0x41DC0000, 0x3FC00000, 0xC0E00000, 0x41780000, 0xC1F80000], [0x3F7E0000, 0x3F0E0000, 0xBF5E0000, 0xBF2E0000, 0x3F060000, 0x3F6C0000, 0x3E400000, 0xBF6A0000, 0xBEC80000, 0x3F100000, 0xBF700000, 0x3F260000, 0x3F3C0000, 0xBEEC0000, 0xBD400000, 0x3E480000, 0x3EE40000, 0x3F580000, 0x3F420000, 0xBE600000, 0x3EDC0000, 0x3F140000, 0x3F580000, 0xBE100000, 0xBE500000, 0x3EEC0000, 0x3F1C0000, 0x3E200000, 0xBDE00000, 0x3F6E0000, 0x3F600000, 0xBF3A0000, 0x3F420000, 0xBE880000, 0xBF4E0000, 0xBF6C0000, 0xBF3A0000, 0xBC000000, 0xBF100000, 0xBEF40000], [0x427E0000, 0x41B40000, 0xC1000000, 0x42100000, 0x41840000, 0x42360000, 0xC1C80000, 0xC1200000, 0x3F800000, 0x422C0000, 0xC1680000, 0x41180000, 0xC1980000, 0x40900000, 0x41300000, 0xC1380000, 0x41300000, 0xC2080000, 0x42500000, 0xC1A40000, 0x41BC0000, 0x42560000, 0x425C0000, 0xC2700000, 0x42380000, 0xC1E00000, 0x427C0000, 0x41600000, 0x41B00000, 0x41CC0000, 0xC22C0000, 0x41CC0000, 0x423A0000, 0xC1B00000, 0x426E0000, 0x40B00000, 0x42500000, 0x41180000, 0x41100000, 0xC24A0000]]> : tensor<3x40xf32>
  %wq = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>} : tensor<3x40xf32> -> tensor<3x40x!w8>
  %y = nn.matmul %q, %wq : tensor<2x40x!blk8>, tensor<3x40x!w8> -> tensor<2x3x!row31>
  %ym_e = arith.constant dense<[[-44569472, 542490, 29424128], [-9825600, 2004030, 33673856]]> : tensor<2x3xi32>
  %ye_e = arith.constant dense<[[-18], [-7]]> : tensor<2x1xi32>
  %y_m, %y_x = qt.split %y : tensor<2x3x!row31> -> tensor<2x3xi32>, tensor<2x1xi32>
  check.expect_eq %y_m, %ym_e : tensor<2x3xi32>, tensor<2x3xi32>
  check.expect_eq %y_x, %ye_e : tensor<2x1xi32>, tensor<2x1xi32>
  %b = arith.constant dense<[0x3F000000, 0xC0400000, 0x42C88000]> : tensor<3xf32>
  %z = nn.binary add %y, %b : tensor<2x3x!row31>, tensor<3xf32> -> tensor<2x3x!row32>
  %zm_e = arith.constant dense<[[-44438400, -243942, 55704064], [-9825536, 2003646, 33686688]]> : tensor<2x3xi32>
  %ze_e = arith.constant dense<[[-18], [-7]]> : tensor<2x1xi32>
  %z_m, %z_x = qt.split %z : tensor<2x3x!row32> -> tensor<2x3xi32>, tensor<2x1xi32>
  check.expect_eq %z_m, %zm_e : tensor<2x3xi32>, tensor<2x3xi32>
  check.expect_eq %z_x, %ze_e : tensor<2x1xi32>, tensor<2x1xi32>
  return
}

// A row of 14 bits, as the sum of two of 8 bits.
func.func @pooled_product() {
  %xm = arith.constant dense<[[-606, 1855, -2075, -3815, -5922, -5142, 6006, 2895, -8086, -2648, 46, -594, 6526, 1716, -6867, -2719, 890, 7150, 1912, 3279, -7521, 3739, -1982, -5416, 3334, 7311, -786, 7394, 3688, -1268, -5617, -5432, -4292, -7350, -6374, -6022, 103, 6091, 6945, 8045]]> : tensor<1x40xi16>
  %xe = arith.constant dense<-9> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x40xi16>, tensor<1x1xi8> -> tensor<1x40x!row14>
  %w = arith.constant dense<[[6.0, -27.75, 17.75, 12.25, -7.25, 31.75, 16.0, 25.0, -25.25, 27.0, -13.25, -18.75, 11.25, -17.5, 14.5, 19.0, -5.0, 25.0, -26.25, 17.5, -14.75, 26.5, -18.5, -6.5, -14.0, -10.0, 20.0, -29.0, -19.0, 13.5, 24.75, -31.5, 24.5, -5.5, -28.25, 25.5, -7.75, 22.25, -0.5, -23.0], [-15.125, -8.375, -2.375, 7.625, 13.125, 15.875, -12.375, 14.875, 3.125, -15.875, -12.0, 8.5, 2.625, -9.625, 12.75, 11.375, -9.5, -5.375, -15.625, 12.625, -13.25, -11.625, 1.375, 13.375, -15.375, 0.125, -13.25, 2.375, 0.0, 1.25, 13.5, -9.625, -2.5, -13.75, -3.25, -9.75, 4.5, 8.5, -13.0, 6.5]]> : tensor<2x40xf32>
  %wq = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>} : tensor<2x40xf32> -> tensor<2x40x!w8>
  %y = nn.matmul %x, %wq : tensor<1x40x!row14>, tensor<2x40x!w8> -> tensor<1x2x!row32>
  %ym_e = arith.constant dense<[[-11370272, -28700864]]> : tensor<1x2xi32>
  %ye_e = arith.constant dense<-16> : tensor<1x1xi32>
  %y_m, %y_x = qt.split %y : tensor<1x2x!row32> -> tensor<1x2xi32>, tensor<1x1xi32>
  check.expect_eq %y_m, %ym_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %y_x, %ye_e : tensor<1x1xi32>, tensor<1x1xi32>
  return
}

// A product whose sums do not fit 32 bits, in three parts.
func.func @long_product() {
  %p0 = arith.constant dense<[[[-8778, -20114, -4125, 12659, -26836, -25253, 23823, 5119, -23832, -6035, 8193, -26199, 29618, 3255, -15930, -27543, -24368, -1581, -2595, -25422, -14228, -24056, 6113, -2179, -26127, 24188, 7057, -21887, -15370, 11328, 11119, 8207]]]> : tensor<1x1x32xi16>
  %s0 = arith.constant dense<[1, 174, 32]> : tensor<3xi64>
  %x0 = nn.expand %p0, %s0 : tensor<1x1x32xi16>, tensor<3xi64> -> tensor<1x174x32xi16>
  %p1 = arith.constant dense<[[[-811, 244, 261, -126, -836, -485, -843, 202, 820, -665, -345, -80, -643, 169, -697, 231, -306, 209, 733, 459, -568, -727, 253, 232, 370, -553, -175, -738, 184, 520, -809, 218]]]> : tensor<1x1x32xi16>
  %s1 = arith.constant dense<[1, 174, 32]> : tensor<3xi64>
  %x1 = nn.expand %p1, %s1 : tensor<1x1x32xi16>, tensor<3xi64> -> tensor<1x174x32xi16>
  %p2 = arith.constant dense<[[[-51, 20, -33, 4, 28, 9, -4, 40, -19, 1, 16, -1, -13, -21, -27, 43, -36, 30, 41, -28, -49, 14, -21, 8, 4, 53, -15, 34, -2, -22, 19, -50]]]> : tensor<1x1x32xi16>
  %s2 = arith.constant dense<[1, 173, 32]> : tensor<3xi64>
  %x2 = nn.expand %p2, %s2 : tensor<1x1x32xi16>, tensor<3xi64> -> tensor<1x173x32xi16>
  %xs = nn.concat %x0, %x1, %x2 {axis = 1 : i64} : tensor<1x174x32xi16>, tensor<1x174x32xi16>, tensor<1x173x32xi16> -> tensor<1x521x32xi16>
  %row = arith.constant dense<[1, 16672]> : tensor<2xi64>
  %xm = nn.reshape %xs, %row : tensor<1x521x32xi16>, tensor<2xi64> -> tensor<1x16672xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x16672xi16>, tensor<1x1xi8> -> tensor<1x16672x!row16>
  %wp = arith.constant dense<[[-31.75, 31.75, -31.75, 31.75, -31.75, 31.75, 31.75, -31.75, -31.75, 31.75, 31.75, 31.75, 31.75, 31.75, -31.75, -31.75, 31.75, 31.75, -31.75, -31.75, 31.75, 31.75, 31.75, 31.75, 31.75, -31.75, 31.75, 31.75, -31.75, -31.75, 31.75, -31.75], [-9.0, 8.625, -6.75, 15.875, 7.75, -8.0, -3.25, -3.375, 13.375, 12.0, 0.0, -13.375, -10.625, -1.625, -3.125, 1.625, -7.0, 12.375, -11.5, 10.25, -2.125, 11.75, 1.625, -7.0, 6.625, -2.625, 15.625, -4.5, 5.875, 12.375, -3.75, 14.75]]> : tensor<2x32xf32>
  %wi = arith.constant dense<[2, 1, 32]> : tensor<3xi64>
  %wr = nn.reshape %wp, %wi : tensor<2x32xf32>, tensor<3xi64> -> tensor<2x1x32xf32>
  %ws = arith.constant dense<[2, 521, 32]> : tensor<3xi64>
  %we = nn.expand %wr, %ws : tensor<2x1x32xf32>, tensor<3xi64> -> tensor<2x521x32xf32>
  %rows = arith.constant dense<[2, 16672]> : tensor<2xi64>
  %w = nn.reshape %we, %rows : tensor<2x521x32xf32>, tensor<2xi64> -> tensor<2x16672xf32>
  %wq = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>} : tensor<2x16672xf32> -> tensor<2x16672x!w8>
  %y = nn.matmul %x, %wq : tensor<1x16672x!row16>, tensor<2x16672x!w8> -> tensor<1x2x!row32>
  %ym_e = arith.constant dense<[[1906592, -5472083]]> : tensor<1x2xi32>
  %ye_e = arith.constant dense<-8> : tensor<1x1xi32>
  %y_m, %y_x = qt.split %y : tensor<1x2x!row32> -> tensor<1x2xi32>, tensor<1x1xi32>
  check.expect_eq %y_m, %ym_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %y_x, %ye_e : tensor<1x1xi32>, tensor<1x1xi32>
  return
}
