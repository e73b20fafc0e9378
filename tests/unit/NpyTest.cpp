//===- NpyTest.cpp - .npy, .npz, .safetensors: what is read, what is refused, what is written ----------------===//
// LINK: weft_io weft_runtime
#include "runtime/io/Json.h"
#include "runtime/io/Npy.h"
#include "runtime/io/Safetensors.h"
#include <cmath>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace weft::io;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::string npy(const std::string &header, const std::string &data, char version = 1) {
  std::string text = header + "\n", file = "\x93NUMPY";
  file += version;
  file += '\0';
  file += char(text.size() & 255);
  file += char(text.size() >> 8);
  if (version > 1)
    file.append(2, '\0');
  return file + text + data;
}

std::string dict(const std::string &descr, const std::string &shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
}

template <typename T> std::string raw(std::initializer_list<T> values) {
  return std::string(reinterpret_cast<const char *>(values.begin()), values.size() * sizeof(T));
}

const uint8_t *bytes(const std::string &text) { return reinterpret_cast<const uint8_t *>(text.data()); }

/// The message of reading and converting, "" when it worked.
std::string read(const std::string &file, weft_dtype wanted, Tensor &tensor) {
  FileArray array;
  Error error = parseNpy(bytes(file), file.size(), "'x.npy'", array);
  if (!error)
    error = toTensor(array, wanted, "'x.npy'", tensor);
  return error.text();
}

std::string problem(const std::string &file, weft_dtype wanted = WEFT_F32) {
  Tensor tensor;
  return read(file, wanted, tensor);
}

std::vector<float> floats(const std::string &file) {
  Tensor tensor;
  EXPECT_EQ(read(file, WEFT_F32, tensor), "");
  return {tensor.as<float>(), tensor.as<float>() + tensor.elements()};
}

std::vector<int32_t> integers(const std::string &file) {
  Tensor tensor;
  EXPECT_EQ(read(file, WEFT_I32, tensor), "");
  return {tensor.as<int32_t>(), tensor.as<int32_t>() + tensor.elements()};
}

TEST(NpyTest, ReadsEveryFloat) {
  EXPECT_THAT(floats(npy(dict("<f4", "(2,)"), raw({1.5f, -2.0f}))), ElementsAre(1.5f, -2.0f));
  EXPECT_THAT(floats(npy(dict("<f8", "(1,)"), raw({0.1}))), ElementsAre(0.1f));
  EXPECT_THAT(floats(npy(dict(">f4", "(1,)"), "\x3f\x80" + std::string(2, '\0'))), ElementsAre(1.0f));
  EXPECT_THAT(floats(npy(dict("<f2", "(4,)"), raw<uint16_t>({0x3c00, 0xc000, 0x0001, 0x7c00}))),
              ElementsAre(1.0f, -2.0f, std::ldexp(1.0f, -24), INFINITY));
  EXPECT_TRUE(std::isnan(floats(npy(dict("<f2", "(1,)"), raw<uint16_t>({0x7e00})))[0]));
}

TEST(NpyTest, ReadsIntegersThatFit) {
  EXPECT_THAT(integers(npy(dict("<i8", "(2,)"), raw<int64_t>({-5, INT32_MAX}))), ElementsAre(-5, INT32_MAX));
  EXPECT_THAT(integers(npy(dict(">i4", "(1,)"), std::string("\0\0\1\2", 4))), ElementsAre(258));
  EXPECT_THAT(integers(npy(dict("|i1", "(1,)"), "\xff")), ElementsAre(-1));
  EXPECT_THAT(integers(npy(dict("|u1", "(1,)"), "\xff")), ElementsAre(255));
  EXPECT_THAT(integers(npy(dict("<u4", "(1,)"), raw<uint32_t>({7}))), ElementsAre(7));
  EXPECT_EQ(problem(npy(dict("<i8", "(1, 2)"), raw<int64_t>({0, 5000000000})), WEFT_I32),
            "'x.npy': value 5000000000 at [0, 1] does not fit i32");
  EXPECT_THAT(problem(npy(dict("<u4", "(1,)"), raw<uint32_t>({0x80000000})), WEFT_I32), HasSubstr("2147483648"));
  EXPECT_THAT(problem(npy(dict("<u8", "(1,)"), raw<uint64_t>({~0ull})), WEFT_I32), HasSubstr("18446744073709551615"));
}

TEST(NpyTest, ReadsBool) {
  Tensor tensor;
  EXPECT_EQ(read(npy(dict("|b1", "(3,)"), std::string("\1\0\2", 3)), WEFT_BOOL, tensor), "");
  EXPECT_THAT(tensor.data, ElementsAre(1, 0, 1));
}

TEST(NpyTest, ElementsAreNotGuessed) {
  EXPECT_EQ(problem(npy(dict("<i4", "(1,)"), raw({1})), WEFT_F32), "'x.npy': elements are i32, expected f32");
  EXPECT_EQ(problem(npy(dict("<f4", "(1,)"), raw({1.0f})), WEFT_I32), "'x.npy': elements are f32, expected i32");
  EXPECT_EQ(problem(npy(dict("|u1", "(1,)"), "\1"), WEFT_BOOL), "'x.npy': elements are u8, expected bool");
}

TEST(NpyTest, FortranOrderIsTurned) {
  EXPECT_THAT(integers(npy(dict("<i4", "(2, 3)", true), raw({0, 10, 1, 11, 2, 12}))), ElementsAre(0, 1, 2, 10, 11, 12));
  EXPECT_THAT(integers(npy(dict(">i2", "(2, 2)", true), std::string("\0\1\0\2\0\3\0\4", 8))), ElementsAre(1, 3, 2, 4));
}

TEST(NpyTest, ShapesOfEveryRank) {
  Tensor tensor;
  EXPECT_EQ(read(npy(dict("<f4", "()"), raw({7.0f})), WEFT_F32, tensor), "");
  EXPECT_THAT(tensor.shape, ElementsAre());
  EXPECT_EQ(read(npy(dict("<f4", "(0, 5)"), ""), WEFT_F32, tensor), "");
  EXPECT_THAT(tensor.shape, ElementsAre(0, 5));
  EXPECT_EQ(read(npy(dict("<f4", "(1L, 2L)"), raw({7.0f, 8.0f})), WEFT_F32, tensor), "") << "as Python 2 wrote it";
  EXPECT_EQ(read(npy(dict("<f4", "(2,)"), raw({7.0f, 8.0f}), 2), WEFT_F32, tensor), "");
  EXPECT_EQ(read(npy(dict("<f4", "(2,)"), raw({7.0f, 8.0f}), 3), WEFT_F32, tensor), "");
}

TEST(NpyTest, MalformedFilesAreRefused) {
  EXPECT_EQ(problem(""), "'x.npy': not an .npy file");
  EXPECT_EQ(problem("PK\3\4 something else"), "'x.npy': not an .npy file");
  EXPECT_EQ(problem(npy(dict("<f4", "(2,)"), "", 4)), "'x.npy': .npy version 4 is not supported");
  EXPECT_EQ(problem(npy(dict("<f4", "(2,)"), raw({1.0f}))), "'x.npy': f32[2] needs 8 bytes of data, the file has 4");
  EXPECT_EQ(problem(npy(dict("<f4", "(1,)"), raw({1.0f, 2.0f}))), "'x.npy': f32[1] needs 4 bytes of data, the file has 8");
  EXPECT_THAT(problem(npy(dict("<f4", "(2,)"), "").substr(0, 30)), HasSubstr("truncated in the header"));
  EXPECT_EQ(problem(npy(dict("<c8", "(1,)"), std::string(8, 0))), "'x.npy': elements of type '<c8' are not supported");
  EXPECT_EQ(problem(npy(dict("|O", "(1,)"), std::string(8, 0))), "'x.npy': elements of type '|O' are not supported");
  EXPECT_EQ(problem(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "")),
            "'x.npy': structured arrays are not supported");
  EXPECT_EQ(problem(npy("{'descr': '<f4', 'shape': (1,)}", "")), "'x.npy': no 'fortran_order' in the header");
  EXPECT_EQ(problem(npy("{'descr': '<f4', 'descr': '<f4'}", "")), "'x.npy': repeated key 'descr' in the header");
  for (const char *shape : {"(-1,)", "(1", "1", "(99999999999999999999,)", "(1 2)"})
    EXPECT_EQ(problem(npy(dict("<f4", shape), "")), "'x.npy': malformed header") << shape;
  EXPECT_THAT(problem(npy(dict("<f4", "(4294967296, 4294967296)"), "")), HasSubstr("is too large"));
}

struct FilesTest : testing::Test {
  std::string folder = testing::TempDir() + "npy-" + std::to_string(getpid()) + "/";
  std::vector<float> f32{1, 2, 3, 4, 5, 6};
  std::vector<int32_t> i32{7, 8};
  std::vector<uint8_t> flags{1, 0, 1};
  std::vector<NamedTensor> tensors{{"flags", WEFT_BOOL, {3}, flags.data(), 3},
                                   {"a", WEFT_F32, {2, 3}, f32.data(), 24},
                                   {"b", WEFT_I32, {2}, i32.data(), 8}};
  void SetUp() override { mkdir(folder.c_str(), 0755); }
  void TearDown() override { EXPECT_EQ(system(("rm -rf " + folder).c_str()), 0); }

  void expectRoundTrip(const std::vector<FileArray> &arrays) {
    ASSERT_EQ(arrays.size(), 3u);
    for (const FileArray &array : arrays)
      for (const NamedTensor &tensor : tensors)
        if (tensor.name == array.name) {
          Tensor back;
          EXPECT_FALSE(toTensor(array, tensor.dtype, array.name, back));
          EXPECT_EQ(back.shape, tensor.shape);
          EXPECT_EQ(memcmp(back.data.data(), tensor.data, tensor.bytes), 0) << array.name;
        }
  }
};

TEST_F(FilesTest, NpyRoundTrip) {
  ASSERT_FALSE(writeNpy(folder + "a.npy", tensors[1]));
  File file;
  FileArray array;
  ASSERT_FALSE(file.open(folder + "a.npy"));
  ASSERT_FALSE(parseNpy(file.data(), file.size(), "a", array));
  EXPECT_THAT(array.shape, ElementsAre(2, 3));
  EXPECT_EQ(size_t(array.data - file.data()) % 64, 0u);
}

TEST_F(FilesTest, NpzRoundTrip) {
  ASSERT_FALSE(writeNpz(folder + "a.npz", tensors));
  File file;
  std::vector<FileArray> arrays;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> storage;
  ASSERT_FALSE(file.open(folder + "a.npz"));
  ASSERT_EQ(parseNpz(file.data(), file.size(), "a", arrays, storage).text(), "");
  expectRoundTrip(arrays);
}

TEST_F(FilesTest, SafetensorsRoundTrip) {
  ASSERT_FALSE(writeSafetensors(folder + "a.safetensors", tensors));
  File file;
  std::vector<FileArray> arrays;
  ASSERT_FALSE(file.open(folder + "a.safetensors"));
  ASSERT_EQ(parseSafetensors(file.data(), file.size(), "a", arrays).text(), "");
  expectRoundTrip(arrays);
}

TEST_F(FilesTest, WritersLeaveNothingHalfWritten) {
  EXPECT_EQ(writeNpy(folder + "missing/a.npy", tensors[0]).text(),
            "can't write '" + folder + "missing/a.npy': No such file or directory");
  EXPECT_EQ(writeNpy("/dev/null", tensors[0]).text(), "can't write '/dev/null': it exists and is no regular file");
  EXPECT_EQ(writeNpy(folder, tensors[0]).text(), "can't write '" + folder + "': it exists and is no regular file");
  {
    AtomicWriter writer;
    ASSERT_FALSE(writer.open(folder + "b.npy"));
    ASSERT_FALSE(writer.write("half", 4));
  }
  EXPECT_EQ(system(("test -z \"$(ls " + folder + ")\"").c_str()), 0) << "an uncommitted file is gone";
}

TEST_F(FilesTest, AFullDiskIsAnError) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = {100, before.rlim_max}; // the header fits, the data does not
  std::vector<float> data(1000);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Error error = writeNpy(folder + "a.npy", {"a", WEFT_F32, {1000}, data.data(), 4000});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(error.text(), "can't write '" + folder + "a.npy': File too large");
  EXPECT_EQ(system(("test -z \"$(ls " + folder + ")\"").c_str()), 0) << "nothing half-written";
}

TEST_F(FilesTest, AFolderIsNoInput) {
  File file;
  EXPECT_EQ(file.open(folder).text(), "can't read '" + folder + "': it is a folder");
  EXPECT_EQ(file.open(folder + "none").text(), "can't open '" + folder + "none': No such file or directory");
}

void number(std::string &text, uint64_t value, int width) {
  for (int i = 0; i < width; ++i)
    text += char(value >> (8 * i) & 255);
}

/// A zip with one deflated member; `claimed` is the uncompressed size that it tells.
std::string deflatedZip(const std::string &content, uint64_t claimed) {
  std::string packed(compressBound(content.size()), '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = const_cast<Bytef *>(bytes(content));
  stream.avail_in = uInt(content.size());
  stream.next_out = reinterpret_cast<Bytef *>(packed.data());
  stream.avail_out = uInt(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  std::string common, zip;
  number(common, 20, 2);
  number(common, 0, 2);
  number(common, 8, 2);
  number(common, 0, 4);
  number(common, crc32(0, bytes(content), uInt(content.size())), 4);
  number(common, packed.size(), 4);
  number(common, claimed, 4);
  number(common, 5, 2);
  number(common, 0, 2);
  number(zip, 0x04034b50, 4);
  zip += common + "x.npy" + packed;
  size_t directory = zip.size();
  number(zip, 0x02014b50, 4);
  number(zip, 20, 2);
  zip += common + std::string(10, '\0');
  number(zip, 0, 4);
  zip += "x.npy";
  size_t end = zip.size();
  number(zip, 0x06054b50, 4);
  number(zip, 0, 4);
  number(zip, 1, 2);
  number(zip, 1, 2);
  number(zip, end - directory, 4);
  number(zip, directory, 4);
  number(zip, 0, 2);
  return zip;
}

std::string readZip(const std::string &zip, std::vector<FileArray> &arrays,
                    std::vector<std::unique_ptr<std::vector<uint8_t>>> &storage) {
  return parseNpz(bytes(zip), zip.size(), "'x.npz'", arrays, storage).text();
}

TEST(NpzTest, DeflatedMembers) {
  std::string content = npy(dict("<i4", "(1000,)"), std::string(4000, '\1'));
  std::vector<FileArray> arrays;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> storage;
  EXPECT_EQ(readZip(deflatedZip(content, content.size()), arrays, storage), "");
  ASSERT_EQ(arrays.size(), 1u);
  EXPECT_EQ(arrays[0].name, "x");
  EXPECT_EQ(arrays[0].data[3999], 1);
}

TEST(NpzTest, LyingSizesAndDamage) {
  std::string content = npy(dict("<i4", "(1000,)"), std::string(4000, '\1'));
  std::vector<FileArray> arrays;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> storage;
  EXPECT_EQ(readZip(deflatedZip(content, content.size() + 1), arrays, storage), "'x.npz': damaged data of member 'x.npy'");
  EXPECT_EQ(readZip(deflatedZip(content, content.size() - 1), arrays, storage), "'x.npz': damaged data of member 'x.npy'");
  EXPECT_THAT(readZip(deflatedZip(content, 0xfffffff0), arrays, storage), HasSubstr("claims 4294967280 bytes, more than it can hold"));
  std::string zip = deflatedZip(content, content.size());
  EXPECT_EQ(readZip(zip.substr(0, zip.size() - 1), arrays, storage), "'x.npz': not an .npz file");
  std::string moved = zip;
  moved[moved.size() - 6] = '\x7f'; // directory far behind
  EXPECT_EQ(readZip(moved, arrays, storage), "'x.npz': damaged archive directory");
  zip[45] ^= 0x55;
  EXPECT_THAT(readZip(zip, arrays, storage), HasSubstr("damaged data of member 'x.npy'"));
}

std::string safetensors(const std::string &header, const std::string &data) {
  std::string file;
  number(file, header.size(), 8);
  return file + header + data;
}

std::string safetensorsProblem(const std::string &file) {
  std::vector<FileArray> arrays;
  return parseSafetensors(bytes(file), file.size(), "'x'", arrays).text();
}

TEST(SafetensorsTest, RefusesWhatDoesNotAddUp) {
  auto entry = [](const std::string &shape, const std::string &offsets, const std::string &dtype = "F32") {
    return "{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
  };
  EXPECT_EQ(safetensorsProblem(safetensors(entry("[2]", "[0,8]"), std::string(8, 0))), "");
  EXPECT_EQ(safetensorsProblem(safetensors("{\"__metadata__\":{\"k\":\"v\"}}", "")), "");
  EXPECT_THAT(safetensorsProblem("short"), HasSubstr("not a .safetensors file"));
  EXPECT_THAT(safetensorsProblem(std::string(8, '\xff')), HasSubstr("truncated in the header"));
  EXPECT_EQ(safetensorsProblem(safetensors(entry("[2]", "[0,8]"), "")), "'x': tensor 'a' ends at byte 8 of the data, which has 0");
  EXPECT_EQ(safetensorsProblem(safetensors(entry("[2]", "[0,4]"), "1234")), "'x': tensor 'a' of shape [2] has 4 bytes");
  EXPECT_THAT(safetensorsProblem(safetensors(entry("[2]", "[8,0]"), "12345678")), HasSubstr("no valid data_offsets"));
  EXPECT_THAT(safetensorsProblem(safetensors(entry("[-2]", "[0,8]"), "12345678")), HasSubstr("no valid shape"));
  EXPECT_THAT(safetensorsProblem(safetensors(entry("[2]", "[0,8]", "F8_E4M3"), "12345678")), HasSubstr("unsupported dtype 'F8_E4M3'"));
  EXPECT_THAT(safetensorsProblem(safetensors(entry("[1]", "[4,8]"), "12345678")), HasSubstr("follows a gap"));
  EXPECT_THAT(safetensorsProblem(safetensors(entry("[1]", "[0,4]"), "12345678")), HasSubstr("4 bytes behind the last tensor"));
  EXPECT_THAT(safetensorsProblem(safetensors("{\"a\":", "")), HasSubstr("header: expected a value at byte 5"));
  std::string two = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],"
                    "\"data_offsets\":[4,8]}}";
  EXPECT_THAT(safetensorsProblem(safetensors(two, "12345678")), HasSubstr("tensor 'b' overlaps another"));
}

TEST(JsonTest, StrictAndBounded) {
  auto problem = [](const std::string &text) {
    Json value;
    return parseJson(text, value).text();
  };
  EXPECT_EQ(problem("{\"a\": [1, -2.5e3, true, null, \"\\u00e9\\ud83d\\ude00\"]}"), "");
  EXPECT_THAT(problem("[1,]"), HasSubstr("expected a value at byte 3"));
  EXPECT_THAT(problem("01"), HasSubstr("expected a value"));
  EXPECT_THAT(problem("\"\\ud83d\""), HasSubstr("bad escape"));
  EXPECT_THAT(problem("\"abc"), HasSubstr("unterminated"));
  EXPECT_THAT(problem("1 2"), HasSubstr("behind the value"));
  EXPECT_THAT(problem(std::string(100000, '[')), HasSubstr("nesting too deep"));
  Json value;
  ASSERT_FALSE(parseJson("[\"\\u00e9\\ud83d\\ude00\", 9223372036854775807, 9223372036854775808, 1.0]", value));
  EXPECT_EQ(value.items[0].text, "é😀");
  EXPECT_EQ(value.items[1].integer(), INT64_MAX);
  EXPECT_EQ(value.items[2].integer(), std::nullopt);
  EXPECT_EQ(value.items[3].integer(), std::nullopt);
  EXPECT_EQ(jsonString("a\"\n\xff é"), "\"a\\\"\\u000a\xef\xbf\xbd é\"");
}

} // namespace
