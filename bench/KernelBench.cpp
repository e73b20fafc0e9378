// How close kernels come to the machine: BERT-base's contractions with weights that come from memory (as many matrices in turn as fill
// 300 MB), attention, norms and embeddings; percentages of the roofline, whose peak and bandwidth are measured in the same run.
// KernelBench [--seconds S] [--target native] [--hidden 768] [rows...]
#include "passes/Layout.h"
#include "tests/support/KernelJit.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <ctime>
#include <numeric>
#include <sys/mman.h>

using namespace llvm;
using namespace weft;
using weft::test::JitKernel;

namespace {

double read(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}
double now() { return read(CLOCK_MONOTONIC); }

/// Seconds that `run` takes. Long runs: the thread's own time, so that other programs' share of the core is left out. Short ones: the wall's,
/// since the thread's clock now and then counts some 10 us too little, which a minimum over many runs would pick.
double measure(function_ref<void()> run) {
  double wall = now(), own = read(CLOCK_THREAD_CPUTIME_ID);
  run();
  own = read(CLOCK_THREAD_CPUTIME_ID) - own;
  wall = now() - wall;
  return own > 2e-3 ? own : wall;
}

/// Best of many runs within `seconds`, after one to warm up.
double best(double seconds, function_ref<void()> run) {
  run();
  double least = 1e30, start = now();
  for (int i = 0; i < 3 || now() - start < seconds; ++i)
    least = std::min(least, measure(run));
  return least;
}

using Floats = float __attribute__((vector_size(64)));

/// Multiply-adds of the machine's own vectors.
template <typename Vector, int Count> __attribute__((noinline)) double fmaSeconds(long steps) {
  Vector sums[Count], a, b;
  for (auto &sum : sums)
    sum = Vector{} + 1.0f;
  a = Vector{} + 0.999f;
  b = Vector{} + 0.001f;
  asm volatile("" : "+m"(a), "+m"(b));
  Vector x = a, y = b;
  double start = now();
  for (long i = 0; i < steps; ++i) {
#pragma clang fp contract(fast)
#pragma clang loop unroll(full)
    for (int j = 0; j < Count; ++j)
      sums[j] = sums[j] * x + y;
    asm volatile("");
  }
  double seconds = now() - start;
  float total = 0;
  for (auto &sum : sums)
    total += sum[0];
  volatile float keep = total;
  (void)keep;
  return seconds;
}

double measurePeak() {
  double peak = 0;
  using Wide = float __attribute__((vector_size(64)));
  using Half = float __attribute__((vector_size(32)));
  for (int i = 0; i < 10; ++i) {
    peak = std::max(peak, 400000.0 * 24 * 16 * 2 / fmaSeconds<Wide, 24>(400000));
    peak = std::max(peak, 400000.0 * 12 * 8 * 2 / fmaSeconds<Half, 12>(400000));
  }
  return peak;
}

/// Reading memory, as the sum of each megabyte's best time; by one, two or four streams, whichever is fastest (one alone reads a third
/// less on some machines, and a roofline from it would flatter the kernels).
double measureBandwidth(const char *data, size_t bytes) {
  const size_t piece = 1 << 20, pieces = bytes / piece;
  double most = 0;
  volatile float keep;
  for (size_t streams : {1, 2, 4}) {
    std::vector<double> times(pieces, 1e30);
    size_t length = piece / streams, together = 4 / streams;
    for (int round = 0; round < 8; ++round)
      for (size_t p = 0; p < pieces; ++p) {
        Floats sums[4] = {};
        times[p] = std::min(times[p], measure([&] {
          for (size_t i = 0; i < length; i += 64 * together)
            for (size_t j = 0; j < 4; ++j)
              sums[j] += *reinterpret_cast<const Floats *>(data + p * piece + j % streams * length + i + j / streams * 64);
        }));
        keep = sums[0][0] + sums[1][0] + sums[2][0] + sums[3][0];
      }
    double seconds = 0;
    for (double time : times)
      seconds += time;
    most = std::max(most, pieces * piece / seconds);
  }
  (void)keep;
  return most;
}

struct Machine {
  double peak, bandwidth, seconds;
  TargetInfo target;
};

int64_t padded(int64_t width) { return width + 16; }
std::string tensor(Twine dims) { return ("!weft.tensor<[" + dims + "], f32>").str(); }

/// Compiles the kernel in a text and says how long that took.
JitKernel compile(const std::string &text, const Machine &machine) {
  mlir::MLIRContext context;
  context.loadDialect<WeftDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>("weft.model @m {\n" + text + "\n}", &context);
  KernelOp kernel;
  module->walk([&](KernelOp op) { kernel = op; });
  double start = now();
  JitKernel jit = cantFail(JitKernel::compile(kernel, machine.target));
  outs() << format("    compiled in %.2f s\n", now() - start);
  return jit;
}

/// In huge pages, as opened models have their weights and arenas.
struct Memory {
  explicit Memory(size_t floats) : size(floats) {
    constexpr size_t page = 2 << 20;
    size_t bytes = (floats * 4 + 4096 + page - 1) / page * page;
    data = static_cast<float *>(aligned_alloc(page, bytes));
    madvise(data, bytes, MADV_HUGEPAGE);
    for (size_t i = 0; i < floats; ++i)
      data[i] = float((i * 2654435761u >> 12) % 1000) / 1000 - 0.5f;
  }
  ~Memory() { free(data); }
  size_t size;
  float *data;
};

void contraction(const Machine &machine, const char *name, int64_t k, int64_t n, StringRef epilogue, ArrayRef<int64_t> allRows) {
  int64_t panel = panelColumnsFor(n), panels = divideCeil(n, panel);
  std::string x = tensor("m, " + Twine(k)), w = tensor(Twine(n) + ", " + Twine(k)), b = tensor(Twine(n)), y = tensor("m, " + Twine(n));
  std::string text = "weft.kernel @k contraction (%x: " + x + ", %w: " + w + ", %b: " + b + ", %r: " + y + ") attributes {argLayouts = [#weft.layout<rowStride = " +
                     std::to_string(padded(k)) + ">, #weft.layout<rowStride = " + std::to_string(k) + ", panel = " + std::to_string(panel) + ">, #weft.layout<rowStride = " + std::to_string(n) +
                     ">, #weft.layout<rowStride = " + std::to_string(padded(n)) + ">], resultLayouts = [#weft.layout<rowStride = " + std::to_string(padded(n)) + ">]} {\n";
  text += "%0 = weft.linear %x, %w bias %b : (" + x + ", " + w + ", " + b + ") -> " + y + "\n";
  std::string last = "%0";
  if (epilogue == "gelu")
    text += "%1 = weft.unary gelu %0 : (" + y + ") -> " + y + "\n", last = "%1";
  if (epilogue == "residual")
    text += "%1 = weft.add %0, %r : (" + y + ", " + y + ") -> " + y + "\n", last = "%1";
  text += "weft.yield " + last + " : " + y + "\n}";
  outs() << formatv("  {0}: {1} x {2}, {3}\n", name, k, n, epilogue.empty() ? "bias" : epilogue);
  JitKernel jit = compile(text, machine);
  int64_t matrix = panels * panel * k, copies = std::max<int64_t>(1, (int64_t(300) << 20) / (matrix * 4)), most = *std::max_element(allRows.begin(), allRows.end());
  Memory weights(matrix * copies), in(most * padded(k)), bias(n), residual(most * padded(n)), out(most * padded(n));
  for (int64_t rows : allRows) {
    // The sum of each matrix's best time: still cold (the others run in between), but robust against a shared machine.
    std::vector<double> times(copies, 1e30);
    best(machine.seconds, [&] {
      for (int64_t i = 0; i < copies; ++i) {
        times[i] = std::min(times[i], measure([&] {
          jit({in.data, weights.data + i * matrix, bias.data, residual.data, out.data, nullptr}, {rows, 0, panels});
        }));
      }
    });
    double seconds = 0;
    for (double time : times)
      seconds += time;
    double flops = 2.0 * rows * k * n * copies, bytes = 4.0 * matrix * copies, roof = std::max(flops / machine.peak, bytes / machine.bandwidth);
    outs() << format("    %5lld rows  %7.1f GFLOP/s  %5.1f GB/s  %5.1f %% of the roofline\n", (long long)rows, flops / seconds / 1e9, bytes / seconds / 1e9, 100 * roof / seconds);
  }
}

/// A convolution as a linear layer of windows: [1, channels, in...] to [1, out..., n].
struct Convolution {
  const char *name;
  int64_t channels, n;
  std::vector<int64_t> in, out, kernel, stride, pad;
  bool channelsLast; ///< the input lies as [in..., channels], as a convolution of many channels reads it
};

void convolution(const Machine &machine, const Convolution &c) {
  auto list = [](ArrayRef<int64_t> numbers) { return join(map_range(numbers, [](int64_t number) { return std::to_string(number); }), ", "); };
  auto product = [](ArrayRef<int64_t> numbers) { return std::accumulate(numbers.begin(), numbers.end(), int64_t(1), std::multiplies<>()); };
  int64_t k = c.channels * product(c.kernel), rows = product(c.out), n = c.n, panel = panelColumnsFor(n), panels = divideCeil(n, panel);
  std::string first = tensor("1, " + Twine(c.channels) + ", " + list(c.in)), lying = c.channelsLast ? tensor("1, " + list(c.in) + ", " + Twine(c.channels)) : first;
  std::string w = tensor(Twine(n) + ", " + Twine(k)), b = tensor(Twine(n)), seen = tensor("1, " + list(c.out) + ", " + Twine(k)), y = tensor("1, " + list(c.out) + ", " + Twine(n));
  std::string text = "weft.kernel @k contraction (%x: " + lying + ", %w: " + w + ", %b: " + b + ") attributes {argLayouts = [#weft.layout<rowStride = " +
                     std::to_string(c.channelsLast ? c.channels : c.in.back()) + ">, #weft.layout<rowStride = " + std::to_string(k) + ", panel = " + std::to_string(panel) + ">, #weft.layout<rowStride = " + std::to_string(n) +
                     ">], resultLayouts = [#weft.layout<rowStride = " + std::to_string(padded(n)) + ">]} {\n";
  if (c.channelsLast)
    text += "%f = weft.transpose %x [0, " + std::to_string(c.in.size() + 1) + ", " + list(std::vector<int64_t>{1, 2}).substr(0, 3 * c.in.size() - 2) + "] : (" + lying + ") -> " + first + "\n";
  text += std::string("%s = weft.windows ") + (c.channelsLast ? "%f" : "%x") + " kernel [" + list(c.kernel) + "] stride [" + list(c.stride) + "] pad [" + list(c.pad) + (c.channelsLast ? "] channels_inner : (" : "] : (") + first + ") -> " + seen +
          "\n%y = weft.linear %s, %w bias %b : (" + seen + ", " + w + ", " + b + ") -> " + y + "\nweft.yield %y : " + y + "\n}";
  outs() << formatv("  {0}: {1} positions, {2} x {3}\n", c.name, rows, k, n);
  JitKernel jit = compile(text, machine);
  double flops = 2.0 * rows * k * n;
  int64_t matrix = panels * panel * k, copies = std::max<int64_t>(1, std::min<int64_t>((int64_t(300) << 20) / (matrix * 4), int64_t(0.5 * machine.peak / flops)));
  Memory weights(matrix * copies), in(c.channels * product(c.in)), bias(n), out(rows * padded(n));
  std::vector<double> times(copies, 1e30);
  best(machine.seconds, [&] {
    for (int64_t i = 0; i < copies; ++i)
      times[i] = std::min(times[i], measure([&] { jit({in.data, weights.data + i * matrix, bias.data, out.data, nullptr}, {0, panels}); }));
  });
  double seconds = std::accumulate(times.begin(), times.end(), 0.0) / copies;
  outs() << format("    %7.1f GFLOP/s  %5.1f %% of the peak  %8.1f us\n", flops / seconds / 1e9, 100 * flops / seconds / machine.peak, seconds * 1e6);
}

void attention(const Machine &machine, int64_t heads, int64_t width, ArrayRef<int64_t> lengths) {
  int64_t hidden = heads * width;
  std::string all = tensor("batch, seq, " + Twine(3 * hidden)), part = tensor("batch, seq, " + Twine(hidden));
  std::string text = "weft.kernel @k attention (%x: " + all + ", %len: !weft.tensor<[batch], i32>) attributes {argLayouts = [#weft.layout<rowStride = " +
                     std::to_string(padded(3 * hidden)) + ">, #weft.layout<rowStride = 1, padded = false>], resultLayouts = [#weft.layout<rowStride = " + std::to_string(padded(hidden)) +
                     ">]} {\n%q, %key, %v = weft.split %x axis 2 : (" + all + ") -> (" + part + ", " + part + ", " + part +
                     ")\n%m = weft.padding_mask %len : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, seq], i1>\n%y = weft.attention %q, %key, %v mask %m heads " +
                     std::to_string(heads) + " kv_heads " + std::to_string(heads) + " scale 1.25e-01 : (" + part + ", " + part + ", " + part +
                     ", !weft.tensor<[batch, 1, 1, seq], i1>) -> " + part + "\nweft.yield %y : " + part + "\n}";
  outs() << formatv("  attention: {0} heads of {1}, padding\n", heads, width);
  JitKernel jit = compile(text, machine);
  int64_t most = *std::max_element(lengths.begin(), lengths.end());
  Memory in(most * padded(3 * hidden)), out(most * padded(hidden)), scratch(64 * (2 * most + 1024));
  for (int64_t length : lengths) {
    int32_t visible = int32_t(length);
    double seconds = best(machine.seconds, [&] { jit({in.data, &visible, out.data, scratch.data}, {1, length, 0, heads}); });
    double flops = 4.0 * length * length * hidden;
    outs() << format("    %5lld keys  %7.1f GFLOP/s  %5.1f %% of the peak  %8.1f us\n", (long long)length, flops / seconds / 1e9, 100 * flops / seconds / machine.peak, seconds * 1e6);
  }
}

void residualNorm(const Machine &machine, int64_t hidden, ArrayRef<int64_t> allRows) {
  std::string x = tensor("m, " + Twine(hidden)), g = tensor(Twine(hidden)), stride = std::to_string(padded(hidden)), width = std::to_string(hidden);
  std::string text = "weft.kernel @k row_reduction (%x: " + x + ", %r: " + x + ", %g: " + g + ", %b: " + g + ") attributes {argLayouts = [#weft.layout<rowStride = " + stride +
                     ">, #weft.layout<rowStride = " + stride + ">, #weft.layout<rowStride = " + width + ">, #weft.layout<rowStride = " + width +
                     ">], resultLayouts = [#weft.layout<rowStride = " + stride + ">]} {\n%y, %s = weft.residual_norm layer_norm %x, %r, %g bias %b eps 1.0e-12 : (" + x + ", " + x + ", " + g +
                     ", " + g + ") -> (" + x + ", " + x + ")\nweft.yield %y : " + x + "\n}";
  outs() << formatv("  residual + layer norm of {0}\n", hidden);
  JitKernel jit = compile(text, machine);
  int64_t most = *std::max_element(allRows.begin(), allRows.end());
  Memory in(most * padded(hidden)), residual(in.size), out(in.size), gain(hidden), bias(hidden), scratch(4096);
  for (int64_t rows : allRows) {
    double seconds = best(machine.seconds, [&] { jit({in.data, residual.data, gain.data, bias.data, out.data, scratch.data}, {rows, 0, rows}); });
    outs() << format("    %5lld rows  %8.2f us  %6.1f ns a row  %5.1f GB/s\n", (long long)rows, seconds * 1e6, seconds * 1e9 / rows, 12.0 * rows * hidden / seconds / 1e9);
  }
}

} // namespace

int main(int argc, char **argv) {
  Machine machine{0, 0, 0.5, cantFail(findTarget("native"))};
  SmallVector<int64_t> rows;
  int64_t hidden = 768;
  for (int i = 1; i < argc; ++i) {
    StringRef argument = argv[i];
    if (argument == "--seconds" && i + 1 < argc)
      machine.seconds = atof(argv[++i]);
    else if (argument == "--target" && i + 1 < argc)
      machine.target = cantFail(findTarget(argv[++i]));
    else if (argument == "--hidden" && i + 1 < argc)
      hidden = atoll(argv[++i]);
    else
      rows.push_back(atoll(argv[i]));
  }
  if (rows.empty())
    rows = {1, 7, 8, 16, 33, 64, 128, 384};
  {
    Memory memory(size_t(300) << 18);
    machine.peak = measurePeak();
    machine.bandwidth = measureBandwidth(reinterpret_cast<char *>(memory.data), memory.size * 4);
  }
  outs() << format("one thread: peak %.1f GFLOP/s, memory %.1f GB/s, target %s (%s)\n", machine.peak / 1e9, machine.bandwidth / 1e9, machine.target.name.c_str(), machine.target.cpu.c_str());
  contraction(machine, "query, key, value", hidden, 3 * hidden, "", rows);
  contraction(machine, "attention output", hidden, hidden, "residual", rows);
  contraction(machine, "feed forward 1", hidden, 4 * hidden, "gelu", rows);
  contraction(machine, "feed forward 2", 4 * hidden, hidden, "residual", rows);
  convolution(machine, {"patches of ViT-B/16", 3, 768, {224, 224}, {14, 14}, {16, 16}, {16, 16}, {0, 0}, false});
  convolution(machine, {"Whisper's first", 80, 384, {3000}, {3000}, {3}, {1}, {1}, true});
  convolution(machine, {"Whisper's second", 384, 384, {3000}, {1500}, {3}, {2}, {1}, true});
  attention(machine, 12, hidden / 12, {1, 7, 16, 33, 128, 256, 384, 512});
  residualNorm(machine, hidden, {1, 16, 128, 512});
  return 0;
}
