// The one place where Halide's errors are caught.
#include "codegen/HalideCall.h"
#include "Halide.h"

namespace weft {

namespace {
class QuietReporter final : public Halide::CompileTimeErrorReporter {
public:
  void warning(const char *) override {}
  void error(const char *message) override { throw Halide::CompileError(message); }
};
} // namespace

llvm::Error halideCall(llvm::function_ref<llvm::Error()> call) {
  QuietReporter reporter;
  Halide::set_custom_compile_time_error_reporter(&reporter);
  llvm::Error error = llvm::Error::success();
  llvm::consumeError(std::move(error));
  try {
    error = call();
  } catch (const Halide::Error &thrown) {
    error = llvm::createStringError(llvm::StringRef(thrown.what()).rtrim());
  }
  Halide::set_custom_compile_time_error_reporter(nullptr);
  return error;
}

} // namespace weft
