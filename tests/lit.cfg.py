"""lit's configuration: FileCheck tests on .weft and .mlir text. Run by ctest, or: .venv/bin/lit build/tests/FILTER."""
import os
import pathlib
import platform

import lit.formats
from lit.llvm import llvm_config

config.name = "weft"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".weft", ".mlir", ".test"]
config.excludes = ["Inputs", "unit", "fuzz", "e2e", "support", "structure"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.weft_build_dir, "tests")

config.environment["FILECHECK_OPTS"] = "-enable-var-scope --allow-unused-prefixes=false"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%examples", os.path.join(config.weft_source_dir, "examples")))
config.substitutions.append(("%python", config.weft_python))
if platform.machine() == "x86_64":
    config.available_features.add("x86_64")
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    for flag in ("avx2", "avx512f"):
        if flag in flags:
            config.available_features.add(flag)

llvm_config.use_default_substitutions()
llvm_config.add_tool_substitutions(["weft", "weft-opt"], [config.weft_tools_dir])
