// TracedModel: a compiled model, loaded into this process, whose launches can be watched.
#ifndef WEFT_TOOLS_DRIVER_TRACEDMODEL_H
#define WEFT_TOOLS_DRIVER_TRACEDMODEL_H

#include "runtime/Descriptor.h"
#include "runtime/cli/Inputs.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

namespace weft::tools {

class TracedModel {
public:
  /// Loads a shared library that was compiled with tracing under this NAME.
  static llvm::Expected<std::unique_ptr<TracedModel>> load(llvm::StringRef path, llvm::StringRef name);
  ~TracedModel();
  TracedModel(const TracedModel &) = delete;
  TracedModel &operator=(const TracedModel &) = delete;

  const weft_model_descriptor &descriptor() const { return *model; }

  using Watcher = llvm::function_ref<void(int32_t launch, int64_t layer, const void *const *results)>;
  /// Runs on one thread; all outputs are computed.
  llvm::Expected<std::vector<io::Tensor>> run(const cli::BoundInputs &inputs, Watcher watch);

private:
  TracedModel() = default;
  void *library = nullptr;
  void **hook = nullptr;
  const weft_model_descriptor *model = nullptr;
};

} // namespace weft::tools

#endif
