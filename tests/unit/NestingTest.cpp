// IR text that nests too deeply is found before MLIR's parser recurses over it.
// LINK: weft_ir
#include "Nesting.h"
#include <gtest/gtest.h>
#include <string>

using namespace weft;

static std::string nested(unsigned depth, const std::string &open, const std::string &close) {
  std::string text;
  for (unsigned i = 0; i < depth; ++i)
    text += open;
  for (unsigned i = 0; i < depth; ++i)
    text += close;
  return text;
}

TEST(Nesting, CountsEveryKindOfBracket) {
  EXPECT_FALSE(findTooDeepNesting(nested(maxIrNesting, "(", ")")));
  for (const char *pair : {"()", "[]", "{}", "<>"})
    EXPECT_EQ(findTooDeepNesting(nested(maxIrNesting + 1, std::string(1, pair[0]), std::string(1, pair[1]))), maxIrNesting);
  EXPECT_TRUE(findTooDeepNesting(nested(maxIrNesting, "([", "])")));
}

TEST(Nesting, StringsCommentsAndArrowsDoNotCount) {
  EXPECT_FALSE(findTooDeepNesting("\"" + std::string(1000, '(') + "\""));
  EXPECT_FALSE(findTooDeepNesting("\"\\\"" + std::string(1000, '(') + "\""));
  EXPECT_FALSE(findTooDeepNesting("// " + std::string(1000, '(')));
  EXPECT_TRUE(findTooDeepNesting("// comment\n" + std::string(1000, '(')));
  EXPECT_TRUE(findTooDeepNesting(nested(maxIrNesting + 1, "(() -> ", ")")));
}

TEST(Nesting, SiblingsAreNotNested) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "{()}";
  EXPECT_FALSE(findTooDeepNesting(text));
}
