//===- ArtifactMain.cpp - main of executable artifacts -------------------------------------------------------===//
#include "runtime/cli/Cli.h"

extern "C" const weft_model_descriptor *weft_artifact_descriptor(void);

int main(int argc, char **argv) { return weft_cli_main(weft_artifact_descriptor(), argc, argv); }
