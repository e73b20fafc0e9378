// Checkpoints of one file, of shards, and folders; headers that lie.
// LINK: weft_syntax
#include "frontend/Checkpoint.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

using namespace weft;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// A folder that is gone after the test.
class CheckpointTest : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("weft-checkpoint", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) const { return (folder + "/" + name).str(); }

  std::string write(llvm::StringRef name, llvm::StringRef text) const {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << text;
    EXPECT_FALSE(error) << error.message();
    return path(name);
  }
  static std::string safetensors(llvm::StringRef header, llvm::StringRef data, std::optional<uint64_t> length = std::nullopt) {
    uint64_t size = length.value_or(header.size());
    return std::string(reinterpret_cast<const char *>(&size), 8) + header.str() + data.str();
  }
  std::string writeTensors(llvm::StringRef name, llvm::StringRef header, llvm::StringRef data) const {
    return write(name, safetensors(header, data));
  }
  /// The error without the folder's name.
  std::string openError(llvm::StringRef file) const {
    llvm::Expected<std::unique_ptr<Checkpoint>> checkpoint = Checkpoint::open(file);
    if (checkpoint)
      return "no error";
    std::string message = llvm::toString(checkpoint.takeError());
    for (size_t at; (at = message.find(folder.str().str() + "/")) != std::string::npos;)
      message.erase(at, folder.size() + 1);
    return message;
  }
  std::string headerError(llvm::StringRef header, llvm::StringRef data = "12345678") const {
    return openError(writeTensors("m.safetensors", header, data));
  }

  llvm::SmallString<128> folder;
};

constexpr llvm::StringLiteral twoTensors = R"({"__metadata__": {"format": "pt"},
  "b": {"dtype": "F32", "shape": [1, 1], "data_offsets": [4, 8]}, "a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}})";

TEST_F(CheckpointTest, OneFile) {
  auto checkpoint = llvm::cantFail(Checkpoint::open(writeTensors("m.safetensors", twoTensors, "abcdefgh")));
  EXPECT_THAT(checkpoint->names(), ElementsAre("a", "b"));
  std::optional<WeightTensor> a = checkpoint->find("a"), b = checkpoint->find("b");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->type, WeightType::BF16);
  EXPECT_THAT(a->shape, ElementsAre(2));
  EXPECT_EQ(std::string(reinterpret_cast<const char *>(a->data), a->bytes), "abcd");
  EXPECT_EQ(b->type, WeightType::F32);
  EXPECT_THAT(b->shape, ElementsAre(1, 1));
  EXPECT_EQ(std::string(reinterpret_cast<const char *>(b->data), b->bytes), "efgh");
  EXPECT_EQ(b->file, path("m.safetensors"));
  EXPECT_FALSE(checkpoint->find("c"));
  EXPECT_EQ(checkpoint->getConfigPath(), "");
}

TEST_F(CheckpointTest, Dtypes) {
  struct {
    const char *name;
    unsigned bytes;
    WeightType type;
  } cases[] = {{"F64", 8, WeightType::F64}, {"F32", 4, WeightType::F32}, {"F16", 2, WeightType::F16},
               {"BF16", 2, WeightType::BF16}, {"I64", 8, WeightType::I64}, {"I32", 4, WeightType::I32},
               {"BOOL", 1, WeightType::Bool}, {"U8", 1, WeightType::Other}, {"F8_NEW", 3, WeightType::Other}};
  for (const auto &each : cases) {
    std::string header = "{\"t\": {\"dtype\": \"" + std::string(each.name) + "\", \"shape\": [1], \"data_offsets\": [0, " +
                         std::to_string(each.bytes) + "]}}";
    auto checkpoint = llvm::cantFail(Checkpoint::open(writeTensors("m.safetensors", header, std::string(each.bytes, 'x'))));
    EXPECT_EQ(checkpoint->find("t")->type, each.type) << each.name;
    EXPECT_EQ(checkpoint->getDtype("t"), each.name);
  }
}

TEST_F(CheckpointTest, ScalarsAndEmptyTensors) {
  auto checkpoint = llvm::cantFail(Checkpoint::open(writeTensors("m.safetensors",
      R"({"s": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}, "e": {"dtype": "F32", "shape": [0, 7], "data_offsets": [4, 4]}})", "abcd")));
  EXPECT_TRUE(checkpoint->find("s")->shape.empty());
  EXPECT_EQ(checkpoint->find("e")->bytes, 0u);
}

TEST_F(CheckpointTest, ReleasedPagesComeBack) {
  std::string data(1 << 16, 'x');
  std::string header = R"({"t": {"dtype": "U8", "shape": [65536], "data_offsets": [0, 65536]}})";
  auto checkpoint = llvm::cantFail(Checkpoint::open(writeTensors("m.safetensors", header, data)));
  WeightTensor tensor = *checkpoint->find("t");
  checkpoint->release(tensor);
  EXPECT_EQ(std::memcmp(tensor.data, data.data(), data.size()), 0);
}

TEST_F(CheckpointTest, NearestName) {
  auto checkpoint = llvm::cantFail(Checkpoint::open(writeTensors("m.safetensors",
      R"({"encoder.layer.0.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})", "abcd")));
  EXPECT_EQ(checkpoint->findNearest("encoder.layers.0.weight"), "encoder.layer.0.weight");
  EXPECT_EQ(checkpoint->findNearest("wte"), "");
}

constexpr llvm::StringLiteral oneTensor = R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})";
constexpr llvm::StringLiteral otherTensor = R"({"b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})";

TEST_F(CheckpointTest, ShardsAndFolders) {
  writeTensors("model-1.safetensors", oneTensor, "aaaa");
  writeTensors("model-2.safetensors", otherTensor, "bbbb");
  std::string index = write("model.safetensors.index.json",
                            R"({"metadata": {}, "weight_map": {"b": "model-2.safetensors", "a": "model-1.safetensors"}})");
  write("config.json", "{}");
  for (const std::string &opened : {index, folder.str().str()}) {
    auto checkpoint = llvm::cantFail(Checkpoint::open(opened));
    EXPECT_THAT(checkpoint->names(), ElementsAre("a", "b"));
    EXPECT_EQ(checkpoint->find("b")->data[0], 'b');
    EXPECT_EQ(checkpoint->find("b")->file, path("model-2.safetensors"));
    EXPECT_THAT(checkpoint->getFiles(), ElementsAre(index, path("model-1.safetensors"), path("model-2.safetensors")));
    EXPECT_EQ(checkpoint->getConfigPath(), opened == index ? "" : path("config.json"));
  }
}

TEST_F(CheckpointTest, FoldersWithoutAnIndex) {
  EXPECT_THAT(openError(folder), HasSubstr("holds no .safetensors file"));
  write("pytorch_model.bin", "x");
  EXPECT_THAT(openError(folder), HasSubstr("convert its PyTorch weights"));
  writeTensors("one.safetensors", oneTensor, "aaaa");
  writeTensors("two.safetensors", otherTensor, "bbbb");
  EXPECT_THAT(llvm::cantFail(Checkpoint::open(folder))->names(), ElementsAre("a", "b"));
  writeTensors("three.safetensors", oneTensor, "aaaa");
  EXPECT_EQ(openError(folder), "three.safetensors: tensor 'a' is in one.safetensors too");
}

TEST_F(CheckpointTest, BadIndex) {
  writeTensors("m.safetensors", oneTensor, "aaaa");
  auto error = [&](llvm::StringRef text) { return openError(write("i.json", text)); };
  EXPECT_EQ(error("{}"), "i.json: no index of a sharded checkpoint: it has no object 'weight_map'");
  EXPECT_THAT(error("{"), HasSubstr("i.json: not valid JSON"));
  EXPECT_EQ(error(R"({"weight_map": {"a": 1}})"), "i.json: the file of tensor 'a' is no string");
  EXPECT_EQ(error(R"({"weight_map": {"b": "m.safetensors"}})"), "i.json: tensor 'b' is not in m.safetensors");
  EXPECT_EQ(error(R"({"weight_map": {"a": "../m.safetensors"}})"),
            "i.json: the file of tensor 'a' lies outside the checkpoint: ../m.safetensors");
  EXPECT_EQ(error(R"({"weight_map": {"a": "none.safetensors"}})"), "none.safetensors: no such file or directory");
}

TEST_F(CheckpointTest, BadFrames) {
  EXPECT_EQ(openError(path("none.safetensors")), "none.safetensors: no such file or directory");
  EXPECT_THAT(openError(write("m.safetensors", "")), HasSubstr("0 bytes are too short for a header"));
  EXPECT_THAT(openError(write("m.safetensors", safetensors("{}", "", 1000))),
              HasSubstr("the header should have 1000 bytes, but only 2 follow"));
  EXPECT_THAT(openError(write("m.safetensors", safetensors("{}", "", UINT64_MAX))), HasSubstr("truncated or no safetensors file"));
  EXPECT_THAT(openError("/dev/zero"), HasSubstr("is no regular file"));
}

TEST_F(CheckpointTest, HeaderLargerThanTheFormatAllows) {
  std::string file = write("m.safetensors", safetensors("{}", "", 100'000'001));
  int descriptor;
  ASSERT_FALSE(llvm::sys::fs::openFileForReadWrite(file, descriptor, llvm::sys::fs::CD_OpenExisting, llvm::sys::fs::OF_None));
  llvm::sys::fs::resize_file_sparse(descriptor, 100'000'100); // holes: takes no disk
  llvm::sys::fs::closeFile(descriptor);
  EXPECT_THAT(openError(file), HasSubstr("more than the format's limit of 100 MB"));
}

TEST_F(CheckpointTest, BadHeaders) {
  EXPECT_THAT(headerError("nonsense"), HasSubstr("m.safetensors: bad header at byte 10: not valid JSON"));
  EXPECT_THAT(headerError("[1]"), HasSubstr("bad header: expected a JSON object"));
  EXPECT_THAT(headerError(std::string(200000, '[')), HasSubstr("nested more than 100 levels deep"));
  EXPECT_THAT(headerError("{\"\xff\": 1}"), HasSubstr("not valid UTF-8"));
  EXPECT_THAT(headerError(R"({"a": 1})"), HasSubstr("tensor 'a': its description is no JSON object"));
  EXPECT_THAT(headerError(R"({"a": {"dtype": "F32"}})"), HasSubstr("tensor 'a': its description lacks dtype, shape or data_offsets"));
  EXPECT_THAT(headerError(R"({"a": {}, "a": {}})"), HasSubstr("the key \"a\" stands twice"));
}

TEST_F(CheckpointTest, LyingShapesAndOffsets) {
  auto error = [&](llvm::StringRef shape, llvm::StringRef offsets) {
    return headerError((R"({"a": {"dtype": "F32", "shape": )" + shape + R"(, "data_offsets": )" + offsets + "}}").str());
  };
  EXPECT_EQ(error("[2]", "[0, 8]"), "no error");
  EXPECT_THAT(error("[3]", "[0, 8]"), HasSubstr("its shape and dtype need 12 bytes, but its data_offsets span 8"));
  EXPECT_THAT(error("[4611686018427387904, 4]", "[0, 8]"), HasSubstr("larger than any file"));
  EXPECT_THAT(error("[-2]", "[0, 8]"), HasSubstr("holds something that is no size"));
  EXPECT_THAT(error("[1.5]", "[0, 8]"), HasSubstr("holds something that is no size"));
  EXPECT_THAT(error("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "[0, 8]"), HasSubstr("its shape has 17 dimensions"));
  EXPECT_THAT(error("[2]", "[8, 0]"), HasSubstr("its data_offsets are no range"));
  EXPECT_THAT(error("[2]", "[0]"), HasSubstr("its data_offsets are no range"));
  EXPECT_THAT(error("[2]", "[8, 16]"), HasSubstr("truncated: tensor 'a' ends at byte"));
  EXPECT_THAT(error("[2]", "[9223372036854775799, 9223372036854775807]"), HasSubstr("truncated: tensor 'a'"));
  EXPECT_THAT(error("[1]", "[4, 8]"), HasSubstr("the 4 bytes before tensor 'a' belong to no tensor"));
  EXPECT_THAT(error("[1]", "[0, 4]"), HasSubstr("the last 4 bytes of the file belong to no tensor"));
}

TEST_F(CheckpointTest, OverlappingTensors) {
  EXPECT_THAT(headerError(R"({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                              "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}})"),
              HasSubstr("tensors 'a' and 'b' overlap"));
}

} // namespace
