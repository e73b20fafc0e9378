// Weights streamed into objects and archives; what is read back is what was written.
// LINK: weft_codegen
#include "codegen/artifact/Archive.h"
#include "codegen/artifact/ElfWeights.h"
#include "codegen/artifact/OutputFile.h"
#include "codegen/artifact/Sha256.h"
#include "codegen/host/ModelModule.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <gtest/gtest.h>

using namespace llvm;
using namespace weft;

namespace {

/// An object with a reserved section of `bytes` bytes and one function.
SmallVector<char, 0> makeObject(uint64_t bytes) {
  LLVMContext context;
  Module module("test", context);
  module.setTargetTriple(Triple("x86_64-pc-linux-gnu"));
  if (bytes > 0)
    module.appendModuleInlineAsm(".section .weft_weights,\"awl\",@nobits\n.p2align 12\n.globl w\n.hidden w\nw:\n.zero " + std::to_string(bytes) +
                                 "\n.previous\n");
  module.appendModuleInlineAsm(".globl entry\nentry: ret\n");
  SmallVector<char, 0> object;
  raw_svector_ostream out(object);
  cantFail(emitCode(module, CodeKind::Object, out));
  return object;
}

MemoryBufferRef refOf(const SmallVector<char, 0> &bytes) { return {StringRef(bytes.data(), bytes.size()), "test.o"}; }

Error writePattern(raw_ostream &out, uint64_t bytes) {
  for (uint64_t i = 0; i < bytes; ++i)
    out << char(i * 7);
  return Error::success();
}

TEST(ElfWeights, ObjectHoldsTheBytes) {
  constexpr uint64_t bytes = 100000;
  SmallVector<char, 0> object = makeObject(bytes);
  EXPECT_LT(object.size(), 10000u);
  FilledElf filled = cantFail(FilledElf::create(refOf(object)));
  std::string file;
  raw_string_ostream out(file);
  cantFail(filled.write(out, [&](raw_ostream &stream) { return writePattern(stream, bytes); }));
  EXPECT_EQ(file.size(), filled.size());
  auto read = cantFail(object::ObjectFile::createELFObjectFile({file, "filled"}));
  bool found = false;
  for (const object::SectionRef &section : read->sections()) {
    if (cantFail(section.getName()) != kWeightsSection)
      continue;
    found = true;
    StringRef content = cantFail(section.getContents());
    ASSERT_EQ(content.size(), bytes);
    for (uint64_t i = 0; i < bytes; ++i)
      ASSERT_EQ(content[i], char(i * 7)) << i;
    EXPECT_EQ((content.data() - file.data()) % kWeightsAlignment, 0);
    auto elf = object::ELFSectionRef(section);
    EXPECT_EQ(elf.getType(), ELF::SHT_PROGBITS);
    EXPECT_FALSE(elf.getFlags() & ELF::SHF_WRITE);
  }
  EXPECT_TRUE(found);
}

TEST(ElfWeights, AnObjectWithoutWeightsStaysAsItIs) {
  SmallVector<char, 0> object = makeObject(0);
  FilledElf filled = cantFail(FilledElf::create(refOf(object)));
  std::string file;
  raw_string_ostream out(file);
  cantFail(filled.write(out, [](raw_ostream &) -> Error { return createStringError("not called"); }));
  EXPECT_EQ(file, StringRef(object.data(), object.size()));
}

TEST(ElfWeights, TooFewBytesAreAnError) {
  SmallVector<char, 0> object = makeObject(100);
  FilledElf filled = cantFail(FilledElf::create(refOf(object)));
  std::string file;
  raw_string_ostream out(file);
  Error error = filled.write(out, [](raw_ostream &stream) { return writePattern(stream, 99); });
  EXPECT_EQ(toString(std::move(error)), "internal error: 99 bytes of weights were packed, 100 were planned");
}

TEST(ElfWeights, OtherFilesAreRefused) {
  for (StringRef text : {"", "no elf", "\x7f" "ELF\x02\x01"}) {
    Expected<FilledElf> filled = FilledElf::create({text, "bad"});
    EXPECT_FALSE(bool(filled));
    consumeError(filled.takeError());
  }
}

TEST(Archive, LlvmReadsIt) {
  SmallVector<char, 0> object = makeObject(0);
  std::vector<std::string> symbols = cantFail(definedSymbols(refOf(object)));
  EXPECT_EQ(symbols, std::vector<std::string>{"entry"});
  for (std::string name : {"m.o", "a_model_with_a_long_name.o"}) {
    std::string text;
    raw_string_ostream out(text);
    auto write = [&](raw_ostream &stream) {
      stream << StringRef(object.data(), object.size());
      return Error::success();
    };
    cantFail(writeArchive(out, {name, object.size(), symbols, write}));
    auto archive = cantFail(object::Archive::create({text, "m.a"}));
    Error error = Error::success();
    int members = 0;
    for (const object::Archive::Child &child : archive->children(error)) {
      ++members;
      EXPECT_EQ(cantFail(child.getName()), name);
      EXPECT_EQ(cantFail(child.getBuffer()), StringRef(object.data(), object.size()));
    }
    cantFail(std::move(error));
    EXPECT_EQ(members, 1);
    ASSERT_EQ(archive->getNumberOfSymbols(), 1u);
    EXPECT_EQ(archive->symbol_begin()->getName(), "entry");
  }
}

TEST(UndefinedSymbols, OnlyTheCLibrary) {
  LLVMContext context;
  for (auto [name, isFine] : {std::pair{"memcpy", true}, {"pthread_create", true}, {"halide_malloc", false}}) {
    Module module("test", context);
    module.setTargetTriple(Triple("x86_64-pc-linux-gnu"));
    module.appendModuleInlineAsm(std::string(".globl entry\nentry: jmp ") + name + "@PLT\n");
    SmallVector<char, 0> object;
    raw_svector_ostream out(object);
    cantFail(emitCode(module, CodeKind::Object, out));
    Error error = checkUndefinedSymbols(refOf(object));
    EXPECT_EQ(!error, isFine) << name;
    consumeError(std::move(error));
  }
}

struct OutputFileTest : testing::Test {
  SmallString<128> folder;
  void SetUp() override { ASSERT_FALSE(sys::fs::createUniqueDirectory("weft-output", folder)); }
  void TearDown() override { sys::fs::remove_directories(folder); }
  std::string path(StringRef name) {
    SmallString<128> whole(folder);
    sys::path::append(whole, name);
    return whole.str().str();
  }
  size_t files() {
    std::error_code code;
    size_t count = 0;
    for (sys::fs::directory_iterator it(folder, code), end; it != end && !code; it.increment(code))
      ++count;
    return count;
  }
};

TEST_F(OutputFileTest, AppearsWhole) {
  {
    OutputFile file = cantFail(OutputFile::create(path("a")));
    file.stream() << "text";
    EXPECT_FALSE(sys::fs::exists(path("a")));
    cantFail(file.keep());
  }
  EXPECT_EQ((*MemoryBuffer::getFile(path("a")))->getBuffer(), "text");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, DisappearsWhenNotKept) {
  cantFail(writeOutput(path("a"), "old"));
  {
    OutputFile file = cantFail(OutputFile::create(path("a")));
    file.stream() << "new";
  }
  EXPECT_EQ((*MemoryBuffer::getFile(path("a")))->getBuffer(), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFileTest, PlacesThatCantBeWritten) {
  EXPECT_EQ(toString(OutputFile::checkPlace(folder)), "can't write '" + folder.str().str() + "': it exists and is no regular file");
  EXPECT_EQ(toString(OutputFile::checkPlace("/dev/null")), "can't write '/dev/null': it exists and is no regular file");
  EXPECT_EQ(toString(OutputFile::checkPlace(path("none/a"))), "can't write '" + path("none/a") + "': '" + path("none") + "' is no folder");
}

TEST(Sha256, KnownDigests) {
  auto digest = [](StringRef text, size_t piece) {
    Sha256 hash;
    ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(text.data()), text.size());
    for (; bytes.size() > piece; bytes = bytes.drop_front(piece))
      hash.update(bytes.take_front(piece));
    hash.update(bytes);
    return hexDigest(hash.finish());
  };
  // FIPS 180-4, examples of one and two blocks; a million letters.
  EXPECT_EQ(digest("", 64), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest("abc", 64), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 5),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  std::string million(1000000, 'a');
  for (size_t piece : {size_t(1), size_t(63), size_t(64), size_t(100000)})
    EXPECT_EQ(digest(million, piece), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") << piece;
}

} // namespace
