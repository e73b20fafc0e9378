// The promises of decoders and of `generate`, checked over the built IR: position t never depends on a later position.
//
// Follows positions forward through the ops, asking each how its results depend on a dimension of an operand (StreamOpInterface,
// which knows what masks hide). What mixes positions is a leak if it reaches the stream, told at the operation that mixes.
#ifndef WEFT_FRONTEND_STACKCHECK_H
#define WEFT_FRONTEND_STACKCHECK_H

#include "Source.h"
#include "ir/Weft.h"

namespace weft {

/// What a decoder's header binds besides its stream.
struct DecoderHeader {
  mlir::Operation *decoder = nullptr;
  llvm::StringRef stream;
  SourceRange streamRange;
  struct Memory {
    llvm::StringRef name;
    SourceRange range;
    mlir::Value value;
  };
  std::vector<Memory> memories;
};

/// `generate input from output`, or nulls.
struct Generation {
  mlir::Value input, output;
  llvm::StringRef inputName, outputName;
  SourceRange outputRange;
};

/// Reports every leak of a decoder, and what `generate` can't compute position by position, with how positions got there.
void checkStreams(GraphOp graph, llvm::ArrayRef<DecoderHeader> decoders, const Generation &generation,
                  const SourceManager &sources, Diagnostics &diagnostics);

} // namespace weft

#endif // WEFT_FRONTEND_STACKCHECK_H
