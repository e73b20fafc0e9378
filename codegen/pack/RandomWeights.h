// RandomWeights: a checkpoint drawn from a seed, for sizes, speed and tests (`--random-weights=SEED`).
// A tensor depends on its name, its shape and the seed alone. Matrices are normal with deviation 1/sqrt(fan-in) (the product of all
// dimensions but the first), embedding-like tables (first dimension much longer than the second) 0.05; of vectors, those named
// `...bias` are normal with deviation 0.02, all others (gains) are 1 plus that. So activations stay of the order of 1 at any depth.
#ifndef WEFT_CODEGEN_PACK_RANDOMWEIGHTS_H
#define WEFT_CODEGEN_PACK_RANDOMWEIGHTS_H

#include "Weft.h"
#include "WeightStore.h"
#include <memory>

namespace weft {

/// A store with every tensor that the model's weights name, under its first prefix.
std::unique_ptr<WeightStore> makeRandomWeights(ModelOp model, uint64_t seed);

} // namespace weft

#endif
