// weft verify: pending.
#include "tools/driver/Command.h"

int weft::tools::verifyMain(llvm::ArrayRef<std::string> arguments) { return endWith(llvm::createStringError("verify: pending")); }
