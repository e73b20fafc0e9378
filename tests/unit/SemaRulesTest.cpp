// The rules of the language, one pair of twins each.
// LINK: weft_frontend
#include "SemaRules.h"

using namespace weft;
using namespace weft::testing;

namespace {

const Rule rules[] = {
    // Small pieces
    {"ConstKnown", "const n = 2 * 3\n let a = linear(x, n) @ \"l\"", "const n = seq", "seq", "a const must be known at compile time"},
    {"IntegerDivision", "let a = linear(x, 8 / 2) @ \"l\"", "let a = linear(x, 7 / 2) @ \"l\"", "7 / 2",
     "'out' of 'linear' must be a whole number, not the number 7/2"},
    {"FractionsAreExact", "let a = linear(x, 7 / 3 * 3) @ \"l\"", "let a = linear(x, 7 / 0) @ \"l\"", "7 / 0", "division by zero"},
    {"DimBounds", "dim t in 1..2\n let a = x", "dim t in 3..2", "3..2", "bounds must be 0 or more and in order, not 3..2"},
    {"InputTypes", "input y : f32[batch, seq/2, 2*8]", "input y : f32[batch, 3/2]", "3/2",
     "a dimension must be a whole number or made of dims, not the number 3/2"},
    {"WeightShapes", "weight w : f32[] @ \"s\"\n let a = x * w", "weight w : f32[seq] @ \"s\"", "seq",
     "a weight's dimensions are known at compile time"},
    {"OnePathOneWeight", "weight w : f32[4, 8] @ \"l.weight\"\n let a = linear(x, 4, bias = false) @ \"l\"",
     "weight w : f32[5, 8] @ \"l.weight\"\n let a = linear(x, 4, bias = false) @ \"l\"", "linear(x, 4, bias = false)",
     "the weight 'l.weight' is read as f32[4, 8] here and as f32[5, 8] before"},
    {"LetType", "let a : f32[batch, seq, 8] = x * 2", "let a : f32[batch, seq, 9] = x * 2", "f32[batch, seq, 9]",
     "'a' is f32[batch, seq, 8], not f32[batch, seq, 9]"},
    {"ManyNames", "let a, b = split(x, 2)", "let a, b, c = split(x, 2)", "split(x, 2)", "2 values for 3 names"},
    {"BlocksHideModelNames", "block f(x) { let ids = x\n return ids }\n let a = f(memory)", "let ids = x", "ids",
     "'ids' is already declared"},
    {"BlockNamesOnce", "block f(x) { let a = x\n return a }\n let a = f(x)", "block f(a) { let a = x\n return a }\n let b = f(x)", "a",
     "'a' is already declared"},
    {"OnlyStreamsRebound", "encoder e(y = x) repeat 2 { y = y + 1 }", "let a = x\n a = x + 1", "a", "'a' can't be rebound"},
    {"MemoriesReadOnly", "encoder e(y = x, memory) repeat 2 { y = y + 1 }", "encoder e(y = x, memory) repeat 2 { y = y + 1\n memory = y }",
     "memory", "'memory' can't be rebound"},
    {"Recursion", "block f(a) { return a }\n block g(a) { return f(f(a)) }\n let b = g(x)", "block f(a) { return f(a) }\n let b = f(x)",
     "f(a)", "block 'f' calls itself"},
    {"Defaults", "block f(a, b = 1) { return a * b }\n let c = f(x)", "block f(a, b) { return a * b }\n let c = f(x)", "f(x)",
     "'f' needs an argument for 'b'"},
    {"ReturnsMany", "block f(a) { return a, a }\n let b, c = f(x)", "block f(a) { return a, a }\n let b = f(x)", "f(x)",
     "2 values where one is needed"},
    {"BlocksReturn", "block f(a) { if true { return a } else { return a + 1 } }\n let b = f(x)", "block f(a) { let b = a }\n let b = f(x)",
     "f(x)", "block 'f' returns nothing here"},
    {"BlockScope", "block f(a) { return a + ids_f }\n let ids_f = f32(1)\n let b = f(x)", "block f(a) { return a + b }\n let c = f(x)", "b",
     "unknown name 'b'"},
    {"BoundInEveryBranch", "if true { let a = x } else { let a = memory }\n let b = a", "if true { let a = x }\n let b = a", "a",
     "unknown name 'a'"},
    {"ConditionsAreConst", "if 1 + 1 == 2 and not false { let a = x }", "if seq { let a = x }", "seq",
     "a condition must be a bool known at compile time"},
    {"UntakenBranch", "if false { let a = x + memory }", "if true { let a = x + memory }", "x + memory",
     "[batch, seq, 8] and [batch, src, 8] differ in dimension 1: seq and src"},
    {"DeclaredFirst", "let a = x\n let b = a", "let b = a\n let a = x", "a", "unknown name 'a'"},
    {"AnOutput", "output y = x * 2", "let a = x // no output here", "m", "model 'm' has no output"},
    {"OutputsAreTensors", "output y = x", "output y = causal", "causal", "an output must be a tensor, not a mask"},
    {"OutputIsAName", "output y = x\n let a = y + 1", "output x = ids", "x", "'x' is already declared"},
    {"PrefixOnce", "prefix \"a.\", \"\"", "prefix \"a.\"\n prefix \"b.\"", "prefix \"b.\"", "a model states its prefixes once"},
    // Operators and types
    {"Broadcasting", "let a = x + x[:, :, 0:1] + x[0]", "let a = x + x[:, :, 0:2]", "x + x[:, :, 0:2]",
     "differ in dimension 2: 8 and 2"},
    {"ArithmeticNeedsF32", "let a = f32(ids) + 1", "let a = ids + 1", "ids + 1", "arithmetic needs f32, not i32"},
    {"ConstantsMix", "let a = 2 * x - 1 / x", "let a = true * x", "true * x", "'*' does not work on the bool true and f32"},
    {"DimsDoNotMix", "let a = x / f32(seq)", "let a = x / seq", "x / seq", "'/' does not work on f32[batch, seq, 8] and the dimension seq"},
    {"Comparisons", "let a = x < 0.5\n let b = ids == 3", "let a = ids == 0.5", "ids == 0.5", "'==' does not work on"},
    {"WhereTakesConsts", "let a = where(x < 0, 0, x)", "let a = where(x, 0, x)", "where(x, 0, x)", "the condition must be bool"},
    {"NotOnConsts", "const a = not true", "let a = not seen", "not seen", "'not' works on constants only"},
    // Slices
    {"SliceFromEnd", "let a = x[:, -1]\n let b = x[..., -2:]", "let a = x[..., 8]", "8", "the subscript 8 is out of range"},
    {"SliceRunTime", "let a = x[:, 15]", "let a = x[:, 16]", "16", "the subscript 16 is out of range"},
    {"SliceEmpty", "let a = x[:, 1:2]", "let a = x[:, 2:2]", "2:2", "the subscript 2:2 is empty"},
    {"SliceConst", "const k = 1\n let a = x[:, k]", "let a = x[:, seq]", "seq", "a subscript must be known at compile time"},
    {"SliceRank", "let a = x[0, 0, 0]", "let a = x[0, 0, 0, 0]", "x[0, 0, 0, 0]", "4 subscripts for the 3 dimensions"},
    // Contractions
    {"MatMul", "let a = matmul(x, transpose(x))", "let a = matmul(x, x)", "matmul(x, x)", "differ in the summed dimension: 8 and seq"},
    {"WidthsAreConst", "let a = linear(x, 4) @ \"l\"", "let a = linear(transpose(x), 4) @ \"l\"", "linear(transpose(x), 4)",
     "must be known at compile time, but 'seq' is a run-time dimension"},
    {"Conv1d", "let a = conv1d(transpose(x), 4, 3, stride = 2, pad = 1) @ \"c\"", "let a = conv1d(x[0], 4, 3) @ \"c\"", "conv1d(x[0], 4, 3)",
     "needs [batch, channels, length], but got [seq, 8]"},
    {"Conv2d", "input p : f32[batch, 3, 32, 32]\n let a = conv2d(p, 4, [8, 16], stride = 8, pad = [0, 1]) @ \"c\"",
     "input p : f32[batch, 3, 32, 32]\n let a = conv2d(p, 4, [8, 8, 8]) @ \"c\"", "[8, 8, 8]",
     "'kernel' of 'conv2d' must be a number or [h, w]"},
    // Embeddings and positions
    {"Lookup", "weight t : f32[10, 8] @ \"t\"\n let a = lookup(t, ids)", "weight t : f32[10, 8] @ \"t\"\n let a = lookup(t, x)", "x",
     "'ids' of 'lookup' must be an i32 tensor, not f32[batch, seq, 8]"},
    {"TakePerRow", "let a = take(x, lengths)", "let a = take(x, ids)", "take(x, ids)", "needs an index [batch]"},
    {"Last", "let a = last(x, lengths)", "let a = last(x, ids)", "last(x, ids)", "needs lengths [batch]"},
    {"TableNeedsUse", "let p = positions(16, 8) @ \"p\"\n let a = x + p", "let p = positions(16, 8) @ \"p\"\n output y = p", "p",
     "an output must be a tensor, not a position table"},
    {"TableRows", "let a = x + positions(18, 8, offset = 2) @ \"p\"", "let a = x + positions(17, 8, offset = 2) @ \"p\"",
     "x + positions(17, 8, offset = 2) @ \"p\"", "the table has 17 positions, too few for 'seq' after the offset 2"},
    {"TableStyle", "let a = x + sinusoidal(8, style = \"half\")", "let a = x + sinusoidal(8, style = \"hlaf\")", "\"hlaf\"",
     "'hlaf' is no style"},
    {"TablesJoin", "let a = x + (sinusoidal(8) * 2 + positions(16, 8) @ \"p\")", "let a = layer_norm(sinusoidal(8)) @ \"n\"", "sinusoidal(8)",
     "'x' of 'layer_norm' must be an f32 tensor, not a position table"},
    {"RopeWidth", "let a = rope(x, 2, width = 2)", "let a = rope(x, 2, width = 3)", "rope(x, 2, width = 3)", "an even number"},
    // Attention
    {"HeadsDivide", "let a = attention(x, x, x, 4)", "let a = attention(x, x, x, 3)", "attention(x, x, x, 3)", "3 heads do not divide"},
    {"KvHeads", "let k = x[:, :, 0:4]\n let a = attention(x, k, k, 4, kv_heads = 2)",
     "let k = x[:, :, 0:6]\n let a = attention(x, k, k, 4, kv_heads = 3)", "attention(x, k, k, 4, kv_heads = 3)",
     "3 key heads do not divide 4 heads"},
    {"ValueWidth", "let a = attention(x, x, x[:, :, 0:4], 2)", "let a = attention(x, x[:, :, 0:4], x, 2)", "attention(x, x[:, :, 0:4], x, 2)",
     "differ in width"},
    {"KeysOfOneLength", "let a = attention(x, memory, memory, 2)", "let a = attention(x, memory, x, 2)", "attention(x, memory, x, 2)",
     "differ in dimension 1: src and seq"},
    {"MaskShape", "let a = attention(x, x, x, 2, seen)", "let a = attention(x, memory, memory, 2, seen)",
     "attention(x, memory, memory, 2, seen)", "the mask does not fit [batch, heads, query, key]"},
    {"MasksJoin", "let a = attention(x, x, x, 2, causal & padding(lengths) & window(3) & seen & none)",
     "let a = attention(x, x, x, 2, causal & lengths)", "lengths", "'&' joins masks and bool tensors, not i32[batch]"},
    {"MaskKind", "let a = attention(x, x, x, 2, none)", "let a = attention(x, x, x, 2, x)", "x",
     "'mask' of 'attention' must be a mask, a bool tensor or none"},
    {"CausalOffset", "let m = causal(seq)\n let a = attention(x, memory, memory, 2, m & causal(-1) & causal(lengths))",
     "let m = causal(x)", "x", "'offset' of 'causal' must be a whole number, not f32[batch, seq, 8]"},
    {"Window", "let a = attention(x, x, x, 2, window(2, 0))", "let a = attention(x, x, x, 2, window(0))", "0",
     "'n' of 'window' must be at least 1, not 0"},
    {"BiasShape", "let a = attention(x, x, x, 2, bias = relative_bias(2, 8, 16, true) @ \"b\")",
     "let a = attention(x, x, x, 2, bias = relative_bias(4, 8, 16, true) @ \"b\")",
     "attention(x, x, x, 2, bias = relative_bias(4, 8, 16, true) @ \"b\")", "the bias does not fit [batch, heads, query, key]"},
    {"BiasByHand", "let s = matmul(split_heads(x, 2), transpose(split_heads(x, 2))) + alibi(2)", "let s = x + alibi(2)", "x + alibi(2)",
     "differ in dimension"},
    {"Softcap", "let a = attention(x, x, x, 2, softcap = 30)", "let a = attention(x, x, x, 2, softcap = true)", "true",
     "'softcap' of 'attention' must be a number or none"},
    {"MaskedByHand", "let s = softmax(masked(matmul(x, transpose(x)), causal))", "let s = masked(lengths, causal)", "lengths",
     "'scores' of 'masked' must be an f32 tensor, not i32[batch]"},
    // Activations
    {"HuggingFaceNames", "let a = activation(x, \"gelu_new\")", "let a = activation(x, \"gelu_old\")", "\"gelu_old\"",
     "'gelu_old' is no activation that weft has"},
    {"FunctionsOfConsts", "let a = linear(x, i32(sqrt(16))) @ \"l\"", "let a = x * sqrt(0 - 1)", "sqrt(0 - 1)", "sqrt of -1 is not a number"},
    // Shapes
    {"Reshape", "let a = reshape(x, [batch, -1, 4])", "let a = reshape(x, [batch, -1, 3, -1])", "reshape(x, [batch, -1, 3, -1])",
     "only one dimension"},
    {"ReshapeCount", "let a = reshape(x, [batch * seq, 8])", "let a = reshape(x, [batch, seq, 9])", "reshape(x, [batch, seq, 9])", "elements"},
    {"Broadcast", "let a = broadcast(x[0:1], [batch, seq, 8])", "let a = broadcast(x, [batch, src, 8])", "broadcast(x, [batch, src, 8])",
     "differ in dimension 1: seq and src"},
    {"Transpose", "let a = transpose(x, [0, 2, 1])", "let a = transpose(x, [0, 2])", "transpose(x, [0, 2])", "does not order the dimensions"},
    {"Concat", "let a = concat(x, x, axis = -1)\n let b = concat(x, x, 1)", "let a = concat(x, memory, axis = 2)",
     "concat(x, memory, axis = 2)", "differ in dimension 1: seq and src"},
    {"ConcatAxis", "let a = concat(x, memory, axis = 1)", "let a = concat(x, axis = 3)", "concat(x, axis = 3)", "axis 3 is outside"},
    {"Split", "let a, b = split(x, [2, 6])", "let a, b = split(x, [2, 5])", "split(x, [2, 5])", "pieces of [2, 5] make 7"},
    {"SplitEqual", "let a, b, c, d = split(x, 4)", "let a, b, c = split(x, 3)", "split(x, 3)", "3 equal pieces do not divide"},
    {"Interleave", "let a = interleave(x, x, axis = 1)", "let a = interleave(x, memory, axis = 1)", "interleave(x, memory, axis = 1)",
     "differ in dimension 1: seq and src"},
    {"Reductions", "let a = argmax(x, -1) == 3\n let b = mean(x, 1, keep = true) + x", "let a = mean(ids, 1)", "ids",
     "'x' of 'mean' must be an f32 tensor, not i32[batch, seq]"},
    {"MeanPool", "let a = mean_pool(x, lengths)", "let a = mean_pool(x[0], lengths)", "mean_pool(x[0], lengths)", "differ in dimension 0"},
    // Calls
    {"UnknownOperation", "let a = relu(x)", "let a = rleu(x)", "rleu", "there is no operation or block 'rleu'"},
    {"UnknownArgument", "let a = linear(x, 4, bias = false) @ \"l\"", "let a = linear(x, 4, bais = false) @ \"l\"", "bais",
     "'linear' has no argument 'bais'; did you mean 'bias'?"},
    {"ArgumentTwice", "let a = softmax(x, axis = 1)", "let a = softmax(x, 1, axis = 1)", "axis", "'axis' is given twice"},
    {"ArgumentCount", "let a = matmul(x, transpose(x))", "let a = matmul(x, x, x)", "matmul(x, x, x)",
     "'matmul' takes at most 2 arguments, not 3"},
    {"ArgumentMissing", "let a = linear(x, 4) @ \"l\"", "let a = linear(x) @ \"l\"", "linear(x)", "'linear' needs the argument 'out'"},
    {"BuiltinsKeepNames", "block f(a) { return a }", "block relu(a) { return a }", "relu", "'relu' is a built-in operation"},
    {"MasksKeepNames", "let mask = causal", "let causal = x", "causal", "'causal' is a built-in mask"},
    // Stacks
    {"StreamKeepsType", "encoder e(y = x) repeat 2 { y = linear(y, 8) @ \"l\" }", "encoder e(y = x) repeat 2 { y = linear(y, 4) @ \"l\" }",
     "linear(y, 4)", "a layer takes the stream as f32[batch, seq, 8] and must give it back so, not as f32[batch, seq, 4]"},
    {"StreamIsATensor", "encoder e(x) repeat 2 { x = x + 1 }", "encoder e(y = causal) repeat 2 { y = y }", "y = causal",
     "the stream of a stack must be a tensor, not a mask"},
    {"RepeatIsConst", "encoder e(x) repeat 3 { x = x + 1 }", "encoder e(x) repeat seq { x = x + 1 }", "seq",
     "a number of layers must be known at compile time"},
    {"LayersStayInside", "encoder e(x) repeat 2 { let a = x\n x = a + 1 }\n let a = e", "encoder e(y = x) repeat 2 { let b = y\n y = b }\n let a = b",
     "b", "unknown name 'b'"},
    {"LayerNumberInPaths", "encoder e(x) repeat 2 as i @ \"l.{i}\" { x = linear(x, 8) @ \"a{i}\" }",
     "encoder e(x) repeat 2 as i { x = x * i }", "i", "a layer number stands in the strings of '@' only"},
    {"LayerNumberToBlocks", "block f(a, n) { return linear(a, 8) @ \"l.{n}\" }\n encoder e(x) repeat 2 as i { x = f(x, i) }",
     "encoder e(x) repeat 2 as i { const p = \"l.{i}\"\n x = x }", "i", "a layer number stands in the strings of '@' only"},
    // Decoders
    {"Causal", "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2, causal) }",
     "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2) }", "attention(y, y, y, 2)",
     "position t of 'y' sees position t+1: un-masked attention"},
    {"NarrowerThanCausal", "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2, causal(-1) & window(3)) }",
     "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2, causal(1)) }", "attention(y, y, y, 2, causal(1))",
     "position t of 'y' sees position t+1"},
    {"WindowAloneLeaks", "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2, window(3, 0)) }",
     "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2, window(3)) }", "attention(y, y, y, 2, window(3))",
     "position t of 'y' sees position t+2"},
    {"PaddingAloneLeaks", "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2, padding(lengths) & causal) }",
     "decoder d(y = x) repeat 2 { y = y + attention(y, y, y, 2, padding(lengths)) }", "attention(y, y, y, 2, padding(lengths))",
     "attention whose mask shows later positions"},
    {"MeanLeaks", "encoder d(y = x) repeat 2 { y = y + mean(y, 1, keep = true) }",
     "decoder d(y = x) repeat 2 { y = y + mean(y, 1, keep = true) }", "mean(y, 1, keep = true)", "mean over the dimension"},
    {"AttentionByHand",
     "decoder d(y = x) repeat 2 { let h = split_heads(y, 2)\n let s = matmul(h, transpose(h)) * 0.5\n"
     " y = y + merge_heads(matmul(softmax(masked(s, causal)), h)) }",
     "decoder d(y = x) repeat 2 { let h = split_heads(y, 2)\n let s = matmul(h, transpose(h)) * 0.5\n"
     " y = y + merge_heads(matmul(softmax(s), h)) }",
     "softmax(s)", "un-masked attention"},
    {"ShiftLeaks", "decoder d(y = x) repeat 2 { y = y + concat(y[:, 0:1], y[:, 0:-1], axis = 1) }",
     "decoder d(y = x) repeat 2 { y = y + concat(y[:, 1:], y[:, 0:1], axis = 1) }", "1:", "a slice from position 1"},
    {"ConvolutionLeaks",
     "decoder d(y = x) repeat 2 { let c = conv1d(transpose(y), 8, 3, pad = 2) @ \"c\"\n y = y + transpose(c[:, :, 0:-2]) }",
     "decoder d(y = x) repeat 2 { y = y + transpose(conv1d(transpose(y), 8, 3, pad = 1) @ \"c\") }", "conv1d(transpose(y), 8, 3, pad = 1) @ \"c\"",
     "position t of 'y' sees position t+1"},
    {"CrossAttention", "decoder d(y = x, memory) repeat 2 { y = y + attention(y, memory, memory, 2) }",
     "decoder d(y = x, m = x) repeat 2 { y = y + attention(y, m, m, 2) }", "attention(y, m, m, 2)",
     "position t of 'y' sees position t+1"},
    {"MemoryOfTheStream", "decoder d(y = x, m = mean(memory, 1, keep = true)) repeat 2 { y = y + m }",
     "decoder d(y = x, m = mean(x, 1, keep = true)) repeat 2 { y = y + m }", "m = mean(x, 1, keep = true)",
     "the memory 'm' depends on all positions of 'x'"},
    {"CapturedValues", "let m = mean(memory, 1, keep = true)\n decoder d(y = x) repeat 2 { y = y + m }",
     "let m = mean(x, 1, keep = true)\n decoder d(y = x) repeat 2 { y = y + m }", "mean(x, 1, keep = true)",
     "position t of 'y' sees position t+1"},
    // generate
    {"GenerateFits",
     "weight t : f32[9, 8] @ \"t\"\n output l = matmul(lookup(t, ids), transpose(t))\n generate ids from l { limit = 16 }",
     "generate ids from out { limit = 16, start = 1 }\n output out = ids", "out", "positions are chosen from f32"},
    {"GenerateLimit",
     "weight t : f32[9, 8] @ \"t\"\n output l = matmul(lookup(t, ids), transpose(t))\n generate ids from l { stop = [1, 2], limit = 16 }",
     "weight t : f32[9, 8] @ \"t\"\n output l = matmul(lookup(t, ids), transpose(t))\n generate ids from l { limit = 17 }", "17",
     "the limit of 17 is above the bound of 'seq', 16"},
    {"GenerateOptions",
     "weight t : f32[9, 8] @ \"t\"\n output l = matmul(lookup(t, ids), transpose(t))\n generate ids from l { start = 0, limit = 8 }",
     "weight t : f32[9, 8] @ \"t\"\n output l = matmul(lookup(t, ids), transpose(t))\n generate ids from l { strat = 0, limit = 8 }", "strat",
     "generate has the options start, stop and limit, not 'strat'"},
    {"GenerateNames",
     "weight t : f32[9, 8] @ \"t\"\n output l = matmul(lookup(t, ids), transpose(t))\n generate ids from l { limit = 8 }",
     "weight t : f32[9, 8] @ \"t\"\n output l = matmul(lookup(t, ids), transpose(t))\n generate idz from l { limit = 8 }", "idz",
     "there is no input 'idz'"},
    {"GenerateByPosition",
     "weight t : f32[9, 8] @ \"t\"\n let e = lookup(t, ids)\n output l = matmul(attention(e, e, e, 2, causal), transpose(t))\n"
     " generate ids from l { limit = 8 }",
     "weight t : f32[9, 8] @ \"t\"\n let e = lookup(t, ids)\n output l = matmul(attention(e, e, e, 2), transpose(t))\n"
     " generate ids from l { limit = 8 }",
     "attention(e, e, e, 2)", "'l' can't be computed position by position of 'ids': un-masked attention"},
};

class SemaRules : public ::testing::TestWithParam<Rule> {};

TEST_P(SemaRules, GoodIsAdmitted) {
  Folder folder;
  Checked checked;
  checked.run(folder.write("good.weft", inModel(GetParam().good)));
  EXPECT_TRUE(checked.module) << checked.text();
}

TEST_P(SemaRules, BadIsRefusedOnce) {
  Folder folder;
  Checked checked;
  checked.run(folder.write("bad.weft", inModel(GetParam().bad)));
  EXPECT_FALSE(checked.module);
  std::vector<Diagnostic> errors;
  for (const Diagnostic &diagnostic : checked.diagnostics.getSorted())
    if (diagnostic.severity == Severity::Error)
      errors.push_back(diagnostic);
  ASSERT_EQ(errors.size(), 1u) << checked.text();
  EXPECT_NE(errors[0].message.find(GetParam().error), std::string::npos) << checked.text();
  EXPECT_EQ(errors[0].range.getText(), GetParam().at) << checked.text();
}

INSTANTIATE_TEST_SUITE_P(Language, SemaRules, ::testing::ValuesIn(rules),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
