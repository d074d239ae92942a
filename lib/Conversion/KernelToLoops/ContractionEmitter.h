//===- ContractionEmitter.h - Emits a contraction's kernel ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_CONTRACTIONEMITTER_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_CONTRACTIONEMITTER_H

#include "ContractionUnits.h"
#include "IndexEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {

/// Tiles of \p rows rows, as equal as can be, with \p most at most.
llvm::SmallVector<int64_t> splitEvenly(int64_t rows, int64_t most);

/// One contraction with packed weights. ContractionKernel.cpp has the loops
/// over units, chunks of K and tiles; ContractionForms.cpp the loops over K of
/// each form; ContractionEpilogue.cpp what is done with a tile's sums.
class ContractionEmitter : IndexEmitter, ContractionUnits {
public:
  using OpBuilder = mlir::OpBuilder;
  using Value = mlir::Value;
  using VectorType = mlir::VectorType;
  using Values = llvm::SmallVector<mlir::Value>;

  ContractionEmitter(KernelBuilder &kernel, qt::ContractOp contract);
  llvm::LogicalResult emit();

private:
  using PanelBody = llvm::function_ref<void(OpBuilder &, Value panel)>;
  using TileBody =
      llvm::function_ref<void(OpBuilder &, Value row, int64_t count)>;

  // Index arithmetic.
  Value plus(OpBuilder &b, Value x, int64_t constant);
  Value times(OpBuilder &b, Value x, int64_t factor);

  // Vectors of `factor` times as many elements as an accumulator has lanes.
  VectorType vectorOf(mlir::Type element, int64_t factor = 1);
  Value loadInteger(OpBuilder &b, Value buffer, Value at);
  Value loadFromBytes(OpBuilder &b, Value buffer, Value at, VectorType type);
  Value broadcastActivations(OpBuilder &b, Value at);
  Value splat(OpBuilder &b, Value scalar);
  Value zeros(OpBuilder &b, VectorType type);
  void prefetch(OpBuilder &b, Value at, int64_t bytes);
  void prefetchNextPanel(OpBuilder &b, Value head, Value row, int64_t count);

  // Where activations lie: ConvolutionAccess.cpp for a convolution.
  int64_t getRowStride();
  int64_t getPlaceOffset(int64_t place);
  int64_t getRowOffset(int64_t row);
  int64_t getBlockOffset(int64_t row);
  Value getRowAt(OpBuilder &b, Value row);
  Value getStepAt(OpBuilder &b, Value base, Value p, int64_t offset = 0);
  void prepareConvolution();
  void emitTapTable();

  // Depthwise.cpp: every channel is a group of its own.
  void emitDepthwise(OpBuilder &b, Value last);
  void emitDepthwiseTile(OpBuilder &b, Value row, int64_t count, Value at,
                         int64_t lanes, int64_t split, Value mask);
  Values sumTaps(OpBuilder &b, Value rowAt, Value at, int64_t count,
                 int64_t lanes, int64_t split, Value mask);
  Values sumShiftedTaps(OpBuilder &b, Value rowAt, Value at, int64_t count,
                        int64_t lanes, int64_t split, Value mask);
  Values sumPairedTaps(OpBuilder &b, Value base, Value at, int64_t count,
                       int64_t lanes, Value mask);
  Value loadLaneShifts(OpBuilder &b, Value position, Value at, int64_t lanes,
                       int64_t split);
  Value loadLanes(OpBuilder &b, Value buffer, Value at, VectorType type,
                  Value mask);
  // DepthwiseLines.cpp: the same line by line.
  using LineBody = llvm::function_ref<void(OpBuilder &, Value from, Value to,
                                           int64_t v, Value mask)>;
  void emitLines();
  void prepareLines();
  void emitUnitOfLines(OpBuilder &b);
  void emitFactors(OpBuilder &b, Value at);
  void emitLineWeights(OpBuilder &b, Value v);
  Value joinHalves(OpBuilder &b, Value low, Value high);
  Value getLineInput();
  llvm::ArrayRef<int64_t> getLinePads();
  Value getChannelMask(OpBuilder &b, Value channel, int64_t bytes = 1);
  Value loadChannels(OpBuilder &b, Value at, mlir::Type element, Value channel);
  std::pair<Value, Value> findInputLine(OpBuilder &b, Value line);
  void forEachOfLine(OpBuilder &b, Value slot, LineBody body);
  Value getSlotAt(OpBuilder &b, Value slot);
  void emitInputLine(OpBuilder &b, Value slot);
  void emitInputCodes(OpBuilder &b, Value pair);
  void emitResultLine(OpBuilder &b, Value line, Value v);
  Values sumWindows(OpBuilder &b, llvm::ArrayRef<Value> slots, Value weights,
                    Value window, int64_t count);
  struct Place;
  void emitWindows(OpBuilder &b, llvm::ArrayRef<Value> sums,
                   const Place &first);
  void storeLargestOfLines(OpBuilder &b, Value number, Value block);
  // WinogradTiles.cpp: 2 x 2 results of 3 x 3 taps at once.
  struct WindowTile {
    Value row;          ///< among the unit's tiles
    Value line, column; ///< its place among the tiles of the image
  };
  using WindowTileBody =
      llvm::function_ref<void(OpBuilder &, const WindowTile &)>;
  void prepareWindowTiles();
  void emitWindowTiles();
  void setStrip(OpBuilder &b, Value block);
  void forEachWindowTile(OpBuilder &b, WindowTileBody body);
  void emitTileInputs(OpBuilder &b);
  void emitTileInput(OpBuilder &b, const WindowTile &tile);
  void emitTileProducts(OpBuilder &b, Value panel);
  void forEachTileOfStrip(OpBuilder &b, TileBody body);
  void emitTileResults(OpBuilder &b);
  void emitTileResult(OpBuilder &b, const WindowTile &tile);

  void setLine(OpBuilder &b, Value line);
  bool isOfImage(Value operand);
  void loadImageOperands(OpBuilder &b);
  Value setLines(OpBuilder &b, Value block);

  void requireSizes();
  void setBuffers();

  // Units, chunks, tiles.
  void emitUnit(OpBuilder &b, Value last);
  void emitFewFloats(OpBuilder &b, Value last);
  void emitWhole(OpBuilder &b, Value panel, Value last,
                 llvm::ArrayRef<int64_t> sizes);
  void emitTile(OpBuilder &b, Value panel, Value row, int64_t count);
  void emitChunks(OpBuilder &b, Value last);
  bool shouldWalkPanels();
  int64_t getDecodedSize();
  void forEachPanel(OpBuilder &b, PanelBody body);
  void forEachTile(OpBuilder &b, Value first, Value last,
                   llvm::ArrayRef<int64_t> sizes, TileBody body);
  void forEachTileOfImages(OpBuilder &b, llvm::ArrayRef<int64_t> sizes,
                           TileBody body);
  /// Where \p sizes are those of all tiles, they follow one by one.
  void forEachTileOfRun(OpBuilder &b, Value first, Value last,
                        llvm::ArrayRef<int64_t> sizes, bool areAll,
                        TileBody body);
  std::optional<int64_t> getLineLength();
  int64_t getRowsOfImage();
  int64_t getRowsOfUnit();
  llvm::SmallVector<int64_t> getTileSizes(int64_t most);
  llvm::SmallVector<int64_t> getFallingSizes(int64_t most);
  int64_t getFewRows();
  void setPanel(OpBuilder &b, Value panel);
  void setChunk(OpBuilder &b, Value panel, Value number, int64_t size);
  Value getSumsAt(OpBuilder &b, Value row);
  Values loadSums(OpBuilder &b, Value row, int64_t count);
  void storeSums(OpBuilder &b, llvm::ArrayRef<Value> sums, Value row);

  // The forms. A tile is `count` rows from `row` on, times the panel.
  mlir::Type getSumType();
  Values startTile(OpBuilder &b, int64_t count);
  Values sumTile(OpBuilder &b, Value row, int64_t count, Values sums);
  Values finishTile(OpBuilder &b, Value row, int64_t count, Values sums);
  Values sumFloats(OpBuilder &b, Value row, int64_t count, Values sums);
  bool canShareTaps();
  Values sumSharedTaps(OpBuilder &b, Value row, int64_t count, Values sums);
  Values sumFloatBlocks(OpBuilder &b, Value row, int64_t count, Values sums);
  /// Gives the weights of p + offset, a register for each part of the panel. p
  /// is a multiple of 4 unless it stands in a tail.
  using WeightLoader = llvm::function_ref<Values(OpBuilder &, Value p,
                                                 int64_t offset, bool isTail)>;
  Values sumFloatSteps(OpBuilder &b, Value row, int64_t count, Value first,
                       Value last, Values sums, WeightLoader load);
  Values loadFloatWeights(OpBuilder &b, Value p, int64_t offset, bool isTail);
  int64_t getFloatUnroll();
  Value decodeNibble(OpBuilder &b, Value words, mlir::OpFoldResult j);
  Values decodeWeights(OpBuilder &b, Value p, int64_t offset, bool isTail);
  void emitDecodeFloats(OpBuilder &b);
  int64_t getFloatBlockBytes();
  Values sumS8(OpBuilder &b, Value row, int64_t count, Values sums);
  Values sumMatched(OpBuilder &b, Value row, int64_t count, Values sums);
  Values sumW4I(OpBuilder &b, Value row, int64_t count, Values sums);
  Values sumW4S(OpBuilder &b, Value row, int64_t count, Values sums);
  VectorType getNibbleSumType();
  Value dotNibbles(OpBuilder &b, Value x, Value weights, Value sum);
  Value addBias(OpBuilder &b, Value weights, Value sum);
  Values startBlock(OpBuilder &b, int64_t count);
  using SumBody = llvm::function_ref<void(int64_t index, Value sum)>;
  Values sumNibbles(OpBuilder &b, Value block, Value row, Value offset,
                    int64_t count, Values sums, Values *biases,
                    SumBody finish = nullptr);
  Values sumB32(OpBuilder &b, Value row, int64_t count, Values sums);
  /// Integer sums whose blocks are shifted: ContractionIntegers.cpp.
  Values sumShiftedBlocks(OpBuilder &b, Value row, int64_t count, Values sums);
  Values sumShiftedCodes(OpBuilder &b, Value row, int64_t count, Values sums);
  Values sumShiftedNibbles(OpBuilder &b, Value row, int64_t count, Values sums);
  /// The same with codes of 16 bits: ContractionWidened.cpp.
  int64_t getWideStride();
  void emitWidenRows(OpBuilder &b, Value last);
  void emitWidenWeights(OpBuilder &b);
  Values sumWidened(OpBuilder &b, Value row, int64_t count, Values sums);
  /// Two steps in 16 bits: ContractionChains.cpp.
  int64_t getOrderedStride();
  void prepareChains();
  Value sumChain(OpBuilder &b, llvm::ArrayRef<Value> x,
                 llvm::ArrayRef<Value> weights, Value start);
  Value sumSignedChain(OpBuilder &b, llvm::ArrayRef<Value> x,
                       llvm::ArrayRef<Value> weights);
  Values loadChain(OpBuilder &b, Value at, int64_t v);
  numerics::ChainedPanel getChainedPanel() const;
  void enterChains(OpBuilder &b);
  Value loadPlace(OpBuilder &b, Value at);
  Value loadFactor(OpBuilder &b, Value at);
  Value loadChainFactor(OpBuilder &b, Value block, Value row, int64_t r,
                        Value at);
  enum class ChainKind { Started, Plain, Signed };
  Values addChains(OpBuilder &b, Value first, Value last, ChainKind kind,
                   Value row, int64_t count, Values sums);
  void emitFactorsOfRows(OpBuilder &b, Value last);
  void emitOrderRows(OpBuilder &b, Value row, int64_t count);
  Values sumChained(OpBuilder &b, Value row, int64_t count, Values sums);
  Value loadShift(OpBuilder &b, Value at);
  Values loadShifts(OpBuilder &b, Value block, Value row, Value offset,
                    int64_t count);
  bool hasCodesOfFloats();
  bool decodesPanels();
  bool treatsManyRows();
  /// A block of a panel whose weights are taken apart.
  struct BlockToDecode {
    OpBuilder body;
    Value block, head; ///< its number, and where it begins
    Value source;      ///< where its weights begin
    Value target;      ///< in `decoded`
  };
  BlockToDecode enterBlocksToDecode(OpBuilder &b);
  void emitDecode(OpBuilder &b);
  /// Of w4s, a register for each part of the panel.
  struct NibbleFactors {
    Values multipliers, zeros;
  };
  NibbleFactors loadNibbleFactors(OpBuilder &b, Value head);
  std::pair<Value, Value> decodeNibbles(OpBuilder &b, Value at, int64_t v,
                                        const NibbleFactors &factors);
  Value dot(OpBuilder &b, int64_t ways, Value lhs, Value rhs, Value acc,
            qt::BoundAttr bound);
  Value dotByHalves(OpBuilder &b, llvm::ArrayRef<Value> x,
                    llvm::ArrayRef<Value> weights, Value sum,
                    qt::BoundAttr bound, int64_t count);
  qt::BoundAttr makeBound(int64_t rhsLow, int64_t rhsHigh, int64_t chain);
  Values loadStarts(OpBuilder &b, Value at, int64_t count);
  Values loadColumns(OpBuilder &b, Value at, VectorType type);
  using BlockBody =
      llvm::function_ref<Values(OpBuilder &, Value block, Values sums)>;
  Values forEachBlock(OpBuilder &b, Value row, int64_t count, Values sums,
                      BlockBody body);

  // The largest magnitudes of parts: ContractionMagnitudes.cpp.
  void prepareMagnitudes();
  void clearLargest(OpBuilder &b);
  void forEachLargest(OpBuilder &b, llvm::function_ref<void(OpBuilder &)> body);
  void storeLargestOfPanel(OpBuilder &b, Value number);
  void storeLargest(OpBuilder &b, Value number);
  void atEndOfImage(OpBuilder &b, Value line, int64_t place,
                    llvm::function_ref<void(OpBuilder &)> body);
  void keepMagnitudes(OpBuilder &b, llvm::function_ref<void()> body);
  void storeLargestOfPart(OpBuilder &b, Value lanes, Value at);
  void noteLargest(OpBuilder &b, Value value, Value mask, int64_t number);
  void mergeLargest(OpBuilder &b);

  // The epilogue.
  void emitEpilogue(OpBuilder &b, llvm::ArrayRef<Value> values, Value row,
                    int64_t count);
  void emitEpilogueOfTile(OpBuilder &b, llvm::ArrayRef<Value> values, Value row,
                          int64_t count);
  /// Whether it has ops whose code is a polynomial.
  bool isEpilogueLong();
  /// A register of the result: its row, its first column and, where not all
  /// columns exist, which do.
  struct Place {
    Value row, at, mask;
    int64_t vector = 0; ///< its number in the panel
  };
  Place getPlace(OpBuilder &b, Value row, int64_t v);
  void emitStores(OpBuilder &b, llvm::ArrayRef<Value> accumulators,
                  llvm::ArrayRef<Place> places);
  Value join(OpBuilder &b, Values values);
  Values applyEpilogue(OpBuilder &b, llvm::ArrayRef<Value> accumulators,
                       llvm::ArrayRef<Place> places);
  bool isOfRows(Value operand);
  bool isOfColumns(Value operand);
  Value loadEpilogueOperand(OpBuilder &b, Value operand, const Place &place);
  Value operandOffset(OpBuilder &b, Value operand, Value row);

  // Shifts by numbers of rows: ContractionShifts.cpp.
  /// A shift of the epilogue to the right by a number for each row.
  struct EpilogueShift {
    nn::BinaryOp op;
    Value operand;                    ///< of the kernel: the places
    bool isJoined = false;            ///< a product's own shift is part of it
    std::optional<int64_t> mostUsual; ///< places, of units of the usual kind
    int64_t first = 0;                ///< of its numbers
    Value half, places;               ///< those of the row at hand
  };
  bool hasStraightRows();
  void findShifts();
  void allocateShifts();
  void prepareShifts(OpBuilder &b, Value last);
  int64_t getNumbersAt(int64_t number);
  void loadShiftsOfRow(OpBuilder &b, Value row);
  EpilogueShift *findShift(mlir::Operation *op);
  Value applyShift(OpBuilder &b, const EpilogueShift &shift,
                   const mlir::IRMapping &mapping);
  void forUsualShifts(OpBuilder &b, llvm::function_ref<void(OpBuilder &)> body);

  const numerics::FormTraits &traits;
  bool hasVnni;
  bool hasPairs; ///< an instruction sums products of two pairs of 16 bits
  int64_t panelsAtOnce = 1;
  int64_t groupPanels; ///< panels of a unit
  llvm::SmallVector<mlir::AffineExpr> resultSizes;
  Value lhsBuffer, scalesBuffer, packed, resultBuffer;
  Value rows, firstRow, firstPanel, lastPanel;
  Value column, sumOffset; ///< of the panel at hand
  Value header;            ///< where the panel of the unit begins
  Value chunkBase;         ///< the panel's data of the chunk
  Value from, to;          ///< the chunk in units of K
  Value decoded;           ///< scratch: a chunk of a panel's codes, one by one
  Value wideRows; ///< scratch: a chunk of the unit's rows, 16 bits each
  /// Chains: where the panel's orders, the places of its chains and their
  /// starts begin, and how many chains have a start and have none.
  Value orders, chainList, starts, numStarted, numPlain;
  /// Scratch for the rows of a tile in the panel's order, and for the powers of
  /// two of the unit's rows, or those of all shifts of a convolution's blocks.
  Value ordered, factors;
  Value decodedOffset; ///< of the panel at hand, where several are there
  Value decodedBiases; ///< scratch: what bias makes of its blocks' sums
  Value sumBuffer;     ///< scratch: sums between chunks
  Value tile;          ///< scratch: a tile of results for a long epilogue
  Value firstColumn;   ///< of the group at hand
  Value groupPacked;   ///< where its panels begin
  /// A convolution: rows are positions of the result, in lines along the last
  /// spatial dimension. A unit is some whole lines, or a part of one.
  int64_t blockSteps = 8; ///< of a block of 32 of K, those that are not filled
  int64_t tableUnit = 0;  ///< of K, for each entry of the table of offsets
  int64_t positionSize = 0; ///< elements of a position of the input
  int64_t lineStep = 0;     ///< positions between windows of a line
  int64_t linesOfUnit = 1;  ///< whole lines, if lineParts is 1
  /// Of images with a known number of lines.
  int64_t unitsOfImage = 1, imagesOfUnit = 1, linesOfImage = 0;
  /// Where tiles go from line to line of a small image: its rows, elements from
  /// the windows of one line to those of the next, and where in the image the
  /// tile at hand begins; none where it lies in one line.
  int64_t imageRows = 0, lineJump = 0;
  std::optional<int64_t> tileStart;
  llvm::SmallVector<mlir::AffineExpr> inputSizes, outputSizes; ///< spatial
  mlir::AffineExpr lines, lineParts;
  Value tapTable, groupStart;
  Value unitRows;   ///< number of the unit's rows among those of all units
  Value groupPanel; ///< the first panel of the group at hand among all
  /// The results of parts, the registers of the part at hand and where those of
  /// the tile at hand begin, what the tile has, its panel among all, whether
  /// channels have numbers of their own, and whether parts end with images.
  Value magnitudesBuffer, largest, largestAt, magnitudesPanel;
  Values ofTile;
  bool keepsChannels = false;
  bool endsImages = false;
  Value firstLine, lastLine, lineFirstRow, lineBase, image;
  /// Epilogue operands with one number for each image: that of the line's.
  llvm::DenseMap<Value, Value> imageOperands;
  /// Tiles of 4 x 4 inputs. A unit is a strip of an image's tiles, or those of
  /// several whole images.
  std::optional<int64_t> imageTiles; ///< of an image, where that is known
  int64_t tilesOfStrip = 0;
  int64_t rowStride = 0;                  ///< elements from tile to tile
  int64_t inputStride = 0, sumStride = 0; ///< from one of the 16 to the next
  mlir::AffineExpr tileLines, tileColumns, stripsOfImage;
  Value tileInputs, tileZeros;
  Value memberAt; ///< where tiles begin of the one of the 16 at hand
  Value firstImage, lastImage, strip, firstTile, lastTile;
  /// Lines of a depthwise image: elements of a slot; slots that a window sees;
  /// where of two lines a window can begin; of a unit's channels the weights,
  /// the factors of codes and of sums; taps as words.
  int64_t slotElements = 0, windowSlots = 0, windowPhases = 1;
  Value inputLines, lineWeights, lineInverses, lineFactors, tapWords;
  bool hasIntegerSums; ///< the accumulator is i32, of blocks with shifts
  bool keepsSums;      ///< the sums of a tile lie in scratch during its loop
  bool useDecoded = false;
  bool walksPanels = false; ///< each tile goes along the panels of a unit
  /// What the rows of a tile have loaded of operands that they share, for each
  /// register of the panel, and the registers of a row.
  llvm::SmallVector<llvm::DenseMap<Value, Value>> *columnOperands = nullptr;
  llvm::DenseMap<std::pair<Value, Value>, Value> rowOperands;
  /// The shifts of the epilogue, and whether numbers of a row are at hand;
  /// scratch for those of the unit's rows, of 32 and of 64 bits; whether all of
  /// them are usual, and whether the code is what they get.
  llvm::SmallVector<EpilogueShift, 4> shifts;
  bool hasShiftsOfRow = false;
  Value unitShifts, unitJoinedShifts, hasUsualShifts;
  bool isUsual = false;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_CONTRACTIONEMITTER_H
