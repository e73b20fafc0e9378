//===- RuntimeTest.cpp - opening, contexts, checks of a run, weights files, describe --------------------------===//
// LINK: weft_runtime
#include "FakeModel.h"
#include "runtime/core/Internal.h"
#include "runtime/weft.hpp"
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace weft::test;
using testing::Test;

namespace {

struct Buffers {
  std::vector<int32_t> ids = std::vector<int32_t>(32, 1);
  std::vector<float> scale = std::vector<float>(4, 2.0f);
  std::vector<float> doubled = std::vector<float>(32, -1);
  std::vector<int32_t> total = std::vector<int32_t>(4, -1);
  FakeArgs args(int64_t batch, int64_t seq) { return {batch, seq, ids.data(), scale.data(), doubled.data(), total.data()}; }
};

std::string failedOpen(const weft_model_descriptor &descriptor, weft_options options, weft_status expected) {
  char message[512] = "";
  options.error = message;
  options.error_size = sizeof message;
  weft_model *model = reinterpret_cast<weft_model *>(1);
  EXPECT_EQ(weft_rt_open(&descriptor, &model, &options), expected);
  EXPECT_EQ(model, nullptr);
  return message;
}

struct RuntimeTest : Test {
  weft_model_descriptor descriptor = fakeModel();
  Buffers buffers;

  /// Status and message of one run.
  std::pair<weft_status, std::string> run(const FakeArgs &args) {
    weft::Model model(&descriptor);
    weft::Context context(model);
    weft_status status = context.tryRun(args);
    return {status, context.message()};
  }
};

TEST_F(RuntimeTest, RunsAndFillsOutputs) {
  auto [status, message] = run(buffers.args(2, 3));
  EXPECT_EQ(status, WEFT_OK);
  EXPECT_EQ(message, "");
  EXPECT_EQ(buffers.doubled[5], 2.0f);
  EXPECT_EQ(buffers.doubled[6], -1.0f);
  EXPECT_EQ(buffers.total[1], 3);
}

TEST_F(RuntimeTest, DimensionsOutOfBounds) {
  EXPECT_EQ(run(buffers.args(5, 3)), std::make_pair(WEFT_ERROR_DIM_BOUNDS, std::string("dimension 'batch' is 5, expected 1..4")));
  EXPECT_EQ(run(buffers.args(1, 0)), std::make_pair(WEFT_ERROR_DIM_BOUNDS, std::string("dimension 'seq' is 0, expected 1..8")));
  EXPECT_EQ(run(buffers.args(INT64_MIN, 1)).first, WEFT_ERROR_DIM_BOUNDS);
}

TEST_F(RuntimeTest, ValueOutOfRangeNamesThePlace) {
  buffers.ids[4] = 10;
  EXPECT_EQ(run(buffers.args(2, 3)),
            std::make_pair(WEFT_ERROR_VALUE_RANGE,
                           std::string("token ids of input 'ids': 10 at [1, 1], expected 0..9 (fake.weft:7:12)")));
  EXPECT_EQ(buffers.total[0], -1) << "nothing runs after a failed check";
}

TEST_F(RuntimeTest, AFailedRunLeavesTheContextUsable) {
  weft::Model model(&descriptor);
  weft::Context context(model);
  buffers.ids[0] = -1;
  EXPECT_EQ(context.tryRun(buffers.args(1, 8)), WEFT_ERROR_VALUE_RANGE);
  buffers.ids[0] = 1;
  EXPECT_EQ(context.tryRun(buffers.args(1, 8)), WEFT_OK);
  EXPECT_STREQ(context.message(), "");
}

TEST_F(RuntimeTest, NeededInputsMustBeThere) {
  FakeArgs args = buffers.args(1, 2);
  args.scale = nullptr;
  EXPECT_EQ(run(args), std::make_pair(WEFT_ERROR_NULL, std::string("input 'scale' is NULL, but output 'doubled' needs it")));
  args.doubled = nullptr;
  EXPECT_EQ(run(args).first, WEFT_OK) << "no wanted output needs scale";
  EXPECT_EQ(buffers.total[0], 2);
}

TEST_F(RuntimeTest, UnwantedOutputsThatAreAlwaysWrittenGetScratch) {
  FakeArgs args = buffers.args(4, 8);
  args.total = nullptr;
  EXPECT_EQ(run(args).first, WEFT_OK);
  EXPECT_EQ(buffers.doubled[31], 2.0f);
}

TEST_F(RuntimeTest, SomeOutputMustBeWanted) {
  FakeArgs args = buffers.args(1, 1);
  args.doubled = nullptr;
  args.total = nullptr;
  EXPECT_EQ(run(args).first, WEFT_ERROR_NULL);
}

TEST_F(RuntimeTest, DerivedSizesMustBeWhole) {
  static const weft_term half[] = {{1, 2, {0, 1}}};
  static const weft_constraint_info constraint[] = {{{half, 1}, "seq/2"}};
  descriptor.constraints = constraint;
  descriptor.constraint_count = 1;
  EXPECT_EQ(run(buffers.args(1, 4)).first, WEFT_OK);
  EXPECT_EQ(run(buffers.args(1, 3)),
            std::make_pair(WEFT_ERROR_SHAPE, std::string("seq/2 is no whole number for the given dimensions")));
}

TEST_F(RuntimeTest, NullHandlesAndArguments) {
  EXPECT_EQ(weft_rt_run(nullptr, nullptr), WEFT_ERROR_ARGUMENT);
  EXPECT_EQ(weft_rt_open(&descriptor, nullptr, nullptr), WEFT_ERROR_ARGUMENT);
  EXPECT_EQ(weft_rt_context_create(nullptr, nullptr, nullptr), WEFT_ERROR_ARGUMENT);
  weft_rt_close(nullptr);
  weft_rt_context_destroy(nullptr);
  weft_model *model;
  weft_context *context;
  ASSERT_EQ(weft_rt_open(&descriptor, &model, nullptr), WEFT_OK);
  ASSERT_EQ(weft_rt_context_create(model, &context, nullptr), WEFT_OK);
  EXPECT_EQ(weft_rt_run(context, nullptr), WEFT_ERROR_ARGUMENT);
  weft_rt_context_destroy(context);
  weft_rt_close(model);
}

TEST_F(RuntimeTest, OtherVersionsAreRefused) {
  descriptor.abi_version = 99;
  EXPECT_EQ(failedOpen(descriptor, {}, WEFT_ERROR_VERSION), "the artifact has interface version 99, this runtime has " + std::to_string(WEFT_ABI_VERSION));
}

TEST_F(RuntimeTest, DimLimitsShrinkTheArenaAndBindRuns) {
  weft::Model model(&descriptor);
  weft::Context context(model, {2, 4});
  EXPECT_EQ(context.tryRun(buffers.args(2, 4)), WEFT_OK);
  EXPECT_EQ(context.tryRun(buffers.args(2, 5)), WEFT_ERROR_DIM_BOUNDS);
  EXPECT_STREQ(context.message(), "dimension 'seq' is 5, this context was created for at most 4");
  EXPECT_THROW(weft::Context(model, {2, 9}), weft::Error);
}

TEST_F(RuntimeTest, CallersArena) {
  int64_t limits[] = {4, 8};
  int64_t needed = weft_rt_arena_bytes(&descriptor, limits, 1);
  EXPECT_EQ(needed, 4 * 8 * 4 + 64 + 64) << "arena, scratch of a thread, the output that is always written";
  EXPECT_EQ(weft_rt_arena_bytes(&descriptor, nullptr, 1), needed);
  weft::Model model(&descriptor);
  auto *memory = static_cast<uint8_t *>(aligned_alloc(64, size_t(needed) + 64));
  char message[256];
  weft_context_options options = {};
  options.arena = memory;
  options.arena_size = size_t(needed) - 1;
  options.error = message;
  options.error_size = sizeof message;
  weft_context *context;
  EXPECT_EQ(weft_rt_context_create(model.get(), &context, &options), WEFT_ERROR_MEMORY);
  EXPECT_STREQ(message, "the arena has 255 bytes, model 'fake' needs 256");
  options.arena = memory + 1;
  EXPECT_EQ(weft_rt_context_create(model.get(), &context, &options), WEFT_ERROR_ARGUMENT);
  options.arena = memory;
  options.arena_size = size_t(needed);
  ASSERT_EQ(weft_rt_context_create(model.get(), &context, &options), WEFT_OK);
  FakeArgs args = buffers.args(4, 8);
  args.total = nullptr;
  EXPECT_EQ(weft_rt_run(context, &args), WEFT_OK);
  weft_rt_context_destroy(context);
  free(memory);
}

TEST_F(RuntimeTest, AllMemoryComesFromTheCallersAllocator) {
  struct Counter {
    int64_t bytes = 0, calls = 0;
  } counter;
  weft_options options = {};
  options.allocator.user = &counter;
  options.allocator.allocate = [](void *user, size_t bytes, size_t alignment) {
    static_cast<Counter *>(user)->bytes += int64_t(bytes);
    ++static_cast<Counter *>(user)->calls;
    return aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  options.allocator.release = [](void *user, void *memory, size_t bytes) {
    static_cast<Counter *>(user)->bytes -= int64_t(bytes);
    free(memory);
  };
  weft_model *model;
  weft_context *context;
  ASSERT_EQ(weft_rt_open(&descriptor, &model, &options), WEFT_OK);
  ASSERT_EQ(weft_rt_context_create(model, &context, nullptr), WEFT_OK);
  EXPECT_EQ(counter.calls, 3) << "model, context, arena";
  FakeArgs args = buffers.args(4, 8);
  EXPECT_EQ(weft_rt_run(context, &args), WEFT_OK);
  EXPECT_EQ(counter.calls, 3) << "a run allocates nothing";
  weft_rt_context_destroy(context);
  weft_rt_close(model);
  EXPECT_EQ(counter.bytes, 0);
}

TEST_F(RuntimeTest, AllocationFailureIsAStatus) {
  weft_options options = {};
  options.allocator.allocate = [](void *, size_t, size_t) -> void * { return nullptr; };
  options.allocator.release = [](void *, void *, size_t) {};
  EXPECT_NE(failedOpen(descriptor, options, WEFT_ERROR_MEMORY).find("can't allocate"), std::string::npos);
}

TEST_F(RuntimeTest, PicksTheLastTargetThatRuns) {
  weft_target_info targets[3] = {baselineTarget(), baselineTarget(), baselineTarget()};
  targets[1].name = "better";
  targets[2].name = "best";
  targets[2].features = ~uint64_t(0);
  descriptor.targets = targets;
  descriptor.target_count = 3;
  EXPECT_EQ(weft::Model(&descriptor).target(), "better");
  EXPECT_EQ(weft::Model(&descriptor, {1, "", "baseline", false}).target(), "baseline");
  weft_options options = {};
  options.target = "best";
  EXPECT_EQ(failedOpen(descriptor, options, WEFT_ERROR_TARGET), "this processor can't run target best of model 'fake'");
  options.target = "unknown";
  EXPECT_EQ(failedOpen(descriptor, options, WEFT_ERROR_TARGET),
            "model 'fake' has no target 'unknown'; it was compiled for baseline, better, best");
  targets[0].features = targets[1].features = ~uint64_t(0);
  EXPECT_EQ(failedOpen(descriptor, {}, WEFT_ERROR_TARGET), "this processor can't run target baseline, better, best of model 'fake'");
}

#if defined(__x86_64__)
TEST_F(RuntimeTest, HostFeaturesAgreeWithTheCompilersView) {
  uint64_t features = weft::rt::hostFeatures();
  EXPECT_EQ((features & WEFT_CPU_X86_64_V2) == WEFT_CPU_X86_64_V2, bool(__builtin_cpu_supports("x86-64-v2")));
  EXPECT_EQ((features & WEFT_CPU_X86_64_V3) == WEFT_CPU_X86_64_V3, bool(__builtin_cpu_supports("x86-64-v3")));
  EXPECT_EQ((features & WEFT_CPU_X86_64_V4) == WEFT_CPU_X86_64_V4, bool(__builtin_cpu_supports("x86-64-v4")));
  EXPECT_EQ(bool(features & WEFT_CPU_BIT(WEFT_CPU_AVX512VNNI)), bool(__builtin_cpu_supports("avx512vnni")));
  EXPECT_EQ(bool(features & WEFT_CPU_BIT(WEFT_CPU_AVX512BF16)), bool(__builtin_cpu_supports("avx512bf16")));
}
#endif

TEST_F(RuntimeTest, LevelsAreWhatTheyAreCalled) {
  EXPECT_EQ(WEFT_CPU_X86_64_V2, (WEFT_CPU_BIT(WEFT_CPU_LAHF) << 1) - 1);
  EXPECT_EQ(WEFT_CPU_X86_64_V3, (WEFT_CPU_BIT(WEFT_CPU_MOVBE) << 1) - 1);
  EXPECT_EQ(WEFT_CPU_X86_64_V4, (WEFT_CPU_BIT(WEFT_CPU_AVX512VL) << 1) - 1);
}

TEST_F(RuntimeTest, DescribeIsSnprintfLikeJson) {
  size_t length = weft_rt_describe(&descriptor, nullptr, 0);
  std::string text(length + 1, '?');
  EXPECT_EQ(weft_rt_describe(&descriptor, text.data(), text.size()), length);
  text.pop_back();
  EXPECT_NE(text.find("\"doc\":\"A \\\"fake\\\" model.\""), std::string::npos) << text;
  EXPECT_NE(text.find("{\"name\":\"ids\",\"dtype\":\"i32\",\"shape\":[\"batch\",\"seq\"],\"doc\":\"token ids\"}"), std::string::npos) << text;
  EXPECT_NE(text.find("\"needs\":[\"ids\",\"scale\"]"), std::string::npos) << text;
  EXPECT_NE(text.find("{\"name\":\"baseline\",\"runs_here\":true}"), std::string::npos) << text;
  char small[8];
  EXPECT_EQ(weft_rt_describe(&descriptor, small, sizeof small), length);
  EXPECT_EQ(std::string(small), text.substr(0, 7));
}

//===-- Packed rows ---------------------------------------------------------------------------------------------------===//

/// Rows of 2 floats, 3 apart where they are packed, 4 apart in their places: [4, 3], of which `lengths` are not padding.
struct RowsTest : Test {
  std::vector<int32_t> lengths = {2, 0, 9, -4};
  std::vector<float> places = std::vector<float>(4 * 3 * 4, -1), packed = std::vector<float>(4 * 3 * 3, -1);

  RowsTest() {
    for (int row = 0; row < 12; ++row)
      places[size_t(row) * 4] = float(row), places[size_t(row) * 4 + 1] = float(row) + 0.5f;
  }
  void move(bool unpack, int32_t threads) {
    auto *outer = reinterpret_cast<uint8_t *>(places.data()), *inner = reinterpret_cast<uint8_t *>(packed.data());
    weft_row_move rows = {unpack ? inner : outer, unpack ? outer : inner, lengths.data(), 4, 3, unpack ? 12 : 16, unpack ? 16 : 12, 8, unpack};
    weft_frame frame = {};
    frame.threads = threads;
    for (int32_t thread = threads; thread-- > 0;)
      weft_rt_move_rows(&frame, thread, &rows);
  }
};

TEST_F(RowsTest, CountsWhatLengthsLeave) {
  EXPECT_EQ(weft_rt_count_rows(lengths.data(), 4, 3), 5);
  EXPECT_EQ(weft_rt_count_rows(lengths.data() + 1, 1, 3), 1) << "kernels want a row";
  EXPECT_EQ(weft_rt_count_rows(nullptr, 4, 3), 1);
}

TEST_F(RowsTest, ComeTogetherAndGoBack) {
  for (int32_t threads : {1, 2, 3, 7}) {
    SCOPED_TRACE(threads);
    std::fill(packed.begin(), packed.end(), -1.0f);
    move(false, threads);
    const int expected[] = {0, 1, 6, 7, 8};
    for (size_t row = 0; row < 5; ++row) {
      EXPECT_EQ(packed[row * 3], float(expected[row]));
      EXPECT_EQ(packed[row * 3 + 1], float(expected[row]) + 0.5f);
      EXPECT_EQ(packed[row * 3 + 2], -1) << "beside the row's width nothing is written";
    }
    EXPECT_EQ(packed[15], -1) << "nothing behind the last row is written";
    std::fill(places.begin(), places.end(), -1.0f);
    move(true, threads);
    for (size_t row = 0; row < 12; ++row) {
      bool isPadding = row == 2 || (row >= 3 && row < 6) || row >= 9;
      EXPECT_EQ(places[row * 4 + 1], isPadding ? 0 : float(row) + 0.5f) << row;
      EXPECT_EQ(places[row * 4 + 2], -1);
    }
  }
}

TEST_F(RowsTest, WhereAllIsPaddingOneRowOfZerosStays) {
  lengths = {0, 0, -1, 0};
  move(false, 2);
  EXPECT_EQ(packed[0], 0);
  EXPECT_EQ(packed[1], 0);
  EXPECT_EQ(packed[2], -1);
  EXPECT_EQ(packed[3], -1);
}

TEST(Sha256Test, KnownDigests) {
  auto digest = [](const std::string &text) {
    uint8_t raw[32];
    char hex[65];
    weft::rt::sha256(reinterpret_cast<const uint8_t *>(text.data()), text.size(), raw);
    weft::rt::hexDigest(raw, hex);
    return std::string(hex);
  };
  EXPECT_EQ(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/// A model whose weights are in a file.
struct WeightsFileTest : RuntimeTest {
  std::string path = testing::TempDir() + "weights-" + std::to_string(getpid()) + ".bin";
  std::string content = std::string(100, 'w');
  weft_weights_header header = {};

  void SetUp() override {
    descriptor.weights.bytes = content.size();
    descriptor.weights.file = path.c_str();
    weft::rt::sha256(reinterpret_cast<const uint8_t *>(content.data()), content.size(), descriptor.weights.sha256);
    memcpy(header.magic, WEFT_WEIGHTS_MAGIC, 8);
    header.abi_version = WEFT_ABI_VERSION;
    header.data_offset = WEFT_WEIGHTS_DATA_OFFSET;
    header.bytes = content.size();
    memcpy(header.sha256, descriptor.weights.sha256, 32);
  }
  void TearDown() override { unlink(path.c_str()); }

  void write() {
    std::string file(WEFT_WEIGHTS_DATA_OFFSET, '\0');
    memcpy(file.data(), &header, sizeof header);
    std::ofstream(path, std::ios::binary) << file << content;
  }
};

TEST_F(WeightsFileTest, MapsTheFile) {
  write();
  weft::Model model(&descriptor, {1, "", "", true});
  EXPECT_EQ(model.get()->weights[99], 'w');
  EXPECT_EQ(reinterpret_cast<uintptr_t>(model.get()->weights) % WEFT_ALIGNMENT, 0u);
}

/// Whether an address lies in the memory that holds the weights file.
static bool isMapped(const uint8_t *address, const std::string &path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    sscanf(line.c_str(), "%lx-%lx", &begin, &end);
    auto at = reinterpret_cast<unsigned long>(address);
    if (begin <= at && at < end)
      return line.find(path) != std::string::npos;
  }
  return false;
}

TEST_F(WeightsFileTest, LargeWeightsAreCopiedIntoHugePages) {
  content = std::string(5 << 20, 'w');
  SetUp();
  write();
  weft::Model moved(&descriptor);
  weft::Options options;
  options.mapWeights = true;
  weft::Model mapped(&descriptor, options);
  for (const weft::Model *model : {&moved, &mapped})
    EXPECT_EQ(memcmp(model->get()->weights, content.data(), content.size()), 0);
  EXPECT_TRUE(isMapped(mapped.get()->weights, path));
  if (weft::rt::hasHugePages()) {
    EXPECT_FALSE(isMapped(moved.get()->weights, path));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(moved.get()->weights) % weft::rt::kHugePage, 0u);
  }
}

TEST_F(WeightsFileTest, AnAllocatorKeepsTheWeightsMapped) {
  content = std::string(5 << 20, 'w');
  SetUp();
  write();
  weft_options options = {};
  options.allocator.allocate = [](void *, size_t bytes, size_t alignment) { return aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment); };
  options.allocator.release = [](void *, void *memory, size_t) { free(memory); };
  weft_model *model;
  ASSERT_EQ(weft_rt_open(&descriptor, &model, &options), WEFT_OK);
  EXPECT_TRUE(isMapped(model->weights, path));
  weft_rt_close(model);
}

TEST_F(WeightsFileTest, MissingFileIsNamed) {
  EXPECT_EQ(failedOpen(descriptor, {}, WEFT_ERROR_WEIGHTS), "can't open weights file '" + path + "': No such file or directory");
}

TEST_F(WeightsFileTest, TruncatedFile) {
  content.pop_back();
  write();
  EXPECT_EQ(failedOpen(descriptor, {}, WEFT_ERROR_WEIGHTS), "weights file '" + path + "' has 4195 bytes, expected 4196");
}

TEST_F(WeightsFileTest, FileOfAnotherModel) {
  header.sha256[0] ^= 1;
  write();
  EXPECT_NE(failedOpen(descriptor, {}, WEFT_ERROR_WEIGHTS).find("belongs to another compilation"), std::string::npos);
}

TEST_F(WeightsFileTest, NotAWeightsFile) {
  header.magic[0] = 'X';
  write();
  EXPECT_EQ(failedOpen(descriptor, {}, WEFT_ERROR_WEIGHTS), "'" + path + "' is not a packed weights file");
}

TEST_F(WeightsFileTest, DamageIsFoundOnRequest) {
  content[50] = 'x';
  write();
  weft::Model unverified(&descriptor);
  weft_options options = {};
  options.verify_weights = 1;
  EXPECT_NE(failedOpen(descriptor, options, WEFT_ERROR_WEIGHTS).find("is damaged"), std::string::npos);
}

} // namespace
