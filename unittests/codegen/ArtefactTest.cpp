//===- ArtefactTest.cpp - Artefacts of a small network --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Built, linked as an application would, and run: here and under emulators.
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"
#include "codegen/llvm/Binary.h"
#include "xgen/xgen.h"
#include "llvm/Object/ELFObjectFile.h"
#include <dlfcn.h>

using namespace llvm;
using namespace xgen;

static const float input[6] = {1, 2, 3, -1, -2, -9};
static const float expected[6] = {2.5, 0.5, 6.5, 0.5, 0, 0};

TEST_F(CodegenTest, SharedLibraryComputes) {
  auto module = parse(smallNetwork);
  ASSERT_TRUE(module);
  UNWRAP(report, emitArtefact(*module, target("x86-64-v3"),
                              options(ArtefactKind::SharedLibrary, "net.so")));
  EXPECT_EQ(report.layers.size(), 3u);
  EXPECT_EQ(report.kernels, 2u); // two of the three are equal
  EXPECT_EQ(report.evalMacs, 6);
  EXPECT_GT(report.codeBytes, 0u);
  EXPECT_EQ(files(), std::vector<std::string>{"net.so"});

  void *library = dlopen(path("net.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_TRUE(library) << dlerror();
  auto *model =
      static_cast<const xgen_model *>(dlsym(library, "xgen_small_net_model"));
  auto *run = reinterpret_cast<decltype(&xgen_run)>(dlsym(library, "xgen_run"));
  ASSERT_TRUE(model && run);
  // Static models run with every runtime of the major version.
  EXPECT_EQ(model->abi_version, 0x00010000u);
  EXPECT_EQ(model->struct_size, offsetof(xgen_model, dims));
  EXPECT_STREQ(model->name, "small_net");
  EXPECT_STREQ(model->target, "x86-64-v3");
  EXPECT_EQ(model->cpu_features, XGEN_CPU_X86_V2 | XGEN_CPU_X86_V3);
  ASSERT_EQ(model->num_inputs, 1u);
  ASSERT_EQ(model->num_outputs, 2u);
  ASSERT_EQ(model->num_layers, 3u);
  EXPECT_STREQ(model->inputs[0].name, "x.1");
  EXPECT_EQ(model->inputs[0].rank, 2);
  EXPECT_EQ(model->inputs[0].dims[1], 3);
  EXPECT_EQ(model->inputs[0].dtype, XGEN_F32);
  EXPECT_EQ(model->inputs[0].bytes, 24u);
  EXPECT_EQ(model->inputs[0].align, 4u);
  EXPECT_STREQ(model->layers[1].name, "Add_1, Id \"q\" */");
  EXPECT_STREQ(model->layers[0].schedule, "eval");
  EXPECT_EQ(model->layers[0].macs, 6u);
  EXPECT_EQ(model->layers[0].bytes, 60u);
  EXPECT_EQ(model->weights_bytes, 76u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(model->weights) % 64, 0u);
  EXPECT_EQ(static_cast<const float *>(model->weights)[18], 3.0f);

  alignas(64) char arena[128];
  float y[6], copy[6];
  const void *inputs[] = {input};
  void *outputs[] = {y, copy};
  static std::vector<std::pair<int, int>> events;
  xgen_options runOptions = {};
  runOptions.struct_size = sizeof(runOptions);
  ASSERT_EQ(run(model, arena, inputs, outputs, &runOptions), XGEN_OK);
  EXPECT_EQ(memcmp(y, expected, sizeof(y)), 0);
  EXPECT_EQ(memcmp(copy, input, sizeof(y)), 0);
  runOptions.profile = [](void *, int32_t layer, int32_t start) {
    events.emplace_back(layer, start);
  };
  ASSERT_EQ(run(model, arena, inputs, outputs, &runOptions), XGEN_OK);
  std::vector<std::pair<int, int>> order{{0, 1}, {0, 0}, {1, 1},
                                         {1, 0}, {2, 1}, {2, 0}};
  EXPECT_EQ(events, order);
  dlclose(library);
}

TEST_F(CodegenTest, TwoModelsInOneApplication) {
  auto module = parse(smallNetwork);
  for (const char *name : {"one", "two"}) {
    ArtefactOptions o =
        options(ArtefactKind::Archive, name + std::string(".a"));
    o.name = name;
    o.outputs.push_back({ArtefactKind::Header, path(name + std::string(".h"))});
    UNWRAP(report, emitArtefact(*module, target("x86-64-v3"), o));
  }
  const char *source = R"c(
#include "one.h"
#include "two.h"
static _Alignas(XGEN_ARENA_ALIGN) unsigned char arena[XGEN_ONE_ARENA_BYTES];
int main(void) {
  float x[XGEN_ONE_INPUT0_ELEMENTS] = {1, 2, 3, -1, -2, -9}, y[6], c[6], y2[6];
  if (xgen_one_run(arena, x, y, c)) return 1;
  if (xgen_two_infer(x, y2, c)) return 2;
  for (int i = 0; i < 6; ++i) if (y[i] != y2[i] || c[i] != x[i]) return 3;
  return y[0] == 2.5f && y[4] == 0 ? 0 : 4;
}
)c";
  std::error_code code;
  { raw_fd_ostream(path("app.c"), code) << source; }
  {
    raw_fd_ostream(path("app.cpp"), code)
        << "#include \"one.h\"\n#include \"two.h\"\nint main() { return "
           "XGEN_TWO_NUM_OUTPUTS - 2; }\n";
  }
  EXPECT_EQ(shell(XGEN_CLANG " -std=c11 -pedantic -Wall -Wextra -Werror app.c "
                             "one.a two.a -o app && ./app"),
            0);
  EXPECT_EQ(shell(XGEN_CLANG " -std=c11 -pedantic -Wall -Wextra -Werror app.c "
                             "two.a one.a -static -o app && ./app"),
            0);
  EXPECT_EQ(shell(XGEN_CLANG "++ -std=c++17 -pedantic -Wall -Wextra -Werror "
                             "app.cpp -o app && ./app"),
            0);
}

TEST_F(CodegenTest, OnlyPublicSymbolsAreGlobal) {
  auto module = parse(smallNetwork);
  for (const char *name : {"x86-64-v4", "arm64", "armv7"}) {
    UNWRAP(report, emitArtefact(*module, target(name),
                                options(ArtefactKind::Object, "net.o")));
    std::string bytes = read(path("net.o"));
    auto object =
        object::ObjectFile::createObjectFile(MemoryBufferRef(bytes, "net.o"));
    ASSERT_TRUE(bool(object));
    std::vector<std::string> defined;
    for (const auto &symbol : (*object)->symbols()) {
      uint32_t flags = cantFail(symbol.getFlags());
      if ((flags & object::SymbolRef::SF_Global) &&
          !(flags & object::SymbolRef::SF_Undefined))
        defined.push_back(cantFail(symbol.getName()).str());
    }
    llvm::sort(defined);
    EXPECT_EQ(defined, (std::vector<std::string>{
                           "xgen_check", "xgen_cpu_features", "xgen_run",
                           "xgen_small_net_model", "xgen_strerror"}));
  }
}

TEST_F(CodegenTest, ForeignProgramsCompute) {
  auto module = parse(smallNetwork);
  {
    std::error_code code;
    raw_fd_ostream(path("x.raw"), code)
        .write(reinterpret_cast<const char *>(input), 24);
  }
  unsigned ran = 0;
  for (auto [name, emulator] :
       {std::pair("x86-64-v3", ""), std::pair("arm64", "qemu-aarch64 "),
        std::pair("armv7", "qemu-arm ")}) {
    if (*emulator &&
        shell("command -v " + std::string(emulator) + "> /dev/null"))
      continue;
    UNWRAP(report, emitArtefact(*module, target(name),
                                options(ArtefactKind::Executable, "net")));
    ASSERT_EQ(shell(std::string(emulator) +
                    "./net 0 1 1 0 report.json x.raw y.raw copy.raw"),
              0)
        << name;
    EXPECT_EQ(read(path("y.raw")),
              std::string(reinterpret_cast<const char *>(expected), 24))
        << name;
    EXPECT_EQ(read(path("copy.raw")), read(path("x.raw"))) << name;
    ++ran;
  }
  if (ran < 3)
    std::cerr << "note: an emulator is not installed; " << ran
              << " of 3 targets ran\n";
}

TEST_F(CodegenTest, SameBytesTwice) {
  auto module = parse(smallNetwork);
  for (const char *name : {"a", "b"}) {
    ArtefactOptions o =
        options(ArtefactKind::Archive, name + std::string(".a"));
    o.kernels.jobs = *name == 'a' ? 1 : 2;
    UNWRAP(report, emitArtefact(*module, target("x86-64-v4"), o));
  }
  EXPECT_FALSE(read(path("a.a")).empty());
  EXPECT_EQ(read(path("a.a")), read(path("b.a")));
}

TEST_F(CodegenTest, WeightsInASideFile) {
  auto module = parse(smallNetwork);
  ArtefactOptions o = options(ArtefactKind::Object, "net.o");
  o.weightsFile = path("net.weights");
  UNWRAP(report, emitArtefact(*module, target("arm64"), o));
  std::string weights = read(path("net.weights"));
  ASSERT_EQ(weights.size(), 76u);
  float values[19];
  memcpy(values, weights.data(), 76);
  EXPECT_EQ(values[0], 0.5f);
  EXPECT_EQ(values[3], 0.0f);
  EXPECT_EQ(values[17], -2.0f);
}

TEST_F(CodegenTest, NothingIsLeftAfterAnError) {
  auto module = parse(smallNetwork);
  ArtefactOptions o = options(ArtefactKind::Archive, "net.a");
  o.outputs.push_back({ArtefactKind::Header, path("no/such/folder/net.h")});
  auto report = emitArtefact(*module, target("x86-64-v3"), o);
  ASSERT_FALSE(bool(report));
  std::string message = toString(report.takeError());
  EXPECT_NE(message.find("cannot write '" + path("no/such/folder/net.h") + "'"),
            std::string::npos)
      << message;
  EXPECT_TRUE(files().empty());
}

TEST_F(CodegenTest, ReferencesOutsideABufferAreRejected) {
  std::string text = smallNetwork;
  size_t at = text.find("<arena 1 at 64 size 24>]");
  text.replace(at, 23, "<arena 1 at 112 size 24>");
  auto module = parse(text);
  ASSERT_TRUE(module);
  auto report = emitArtefact(*module, target("x86-64-v3"),
                             options(ArtefactKind::Object, "net.o"));
  ASSERT_FALSE(bool(report));
  std::string message = toString(report.takeError());
  EXPECT_NE(message.find("ends outside its 128 bytes"), std::string::npos)
      << message;
}

/// A kernel that calls what nobody supplies is named.
TEST_F(CodegenTest, CallsOfAnAllocatorAreRejected) {
  auto module = parse(smallNetwork);
  UNWRAP(kernels, compileKernels(*module, target("x86-64-v3"),
                                 options(ArtefactKind::Object, "").kernels));
  auto bad = std::make_shared<CompiledKernel>(*kernels["relu"]);
  std::error_code code;
  {
    raw_fd_ostream(path("bad.c"), code)
        << "void *halide_malloc(void *, unsigned long);\nint " << bad->symbol
        << "(void *c) { return halide_malloc(c, 8) == 0; }\n";
  }
  ASSERT_EQ(shell(XGEN_CLANG " -O1 -fPIC -ffunction-sections -c bad.c"), 0);
  std::string object = read(path("bad.o"));
  bad->object.bytes.assign(object.begin(), object.end());
  kernels["relu"] = bad;
  shell("rm bad.*");
  auto report = emitArtefact(*module, target("x86-64-v3"),
                             options(ArtefactKind::Object, "net.o"), &kernels);
  ASSERT_FALSE(bool(report));
  EXPECT_EQ(toString(report.takeError()),
            "internal error: kernel 'relu' (schedule eval) calls "
            "'halide_malloc', which nothing supplies");
  EXPECT_TRUE(files().empty());
}

TEST_F(CodegenTest, ThePoolComesAlongOnRequest) {
  auto module = parse(smallNetwork);
  ArtefactOptions o = options(ArtefactKind::Archive, "net.a");
  o.name = "net";
  o.pool = true;
  o.outputs.push_back({ArtefactKind::Header, path("net.h")});
  UNWRAP(report, emitArtefact(*module, target("x86-64-v3"), o));
  std::error_code code;
  {
    raw_fd_ostream(path("app.c"), code) << R"c(
#include "net.h"
static _Alignas(XGEN_ARENA_ALIGN) unsigned char arena[XGEN_NET_ARENA_BYTES_FOR(2)];
int main(void) {
  float x[6] = {1, 2, 3, -1, -2, -9}, y[6], c[6];
  xgen_pool *pool = NULL;
  xgen_options options = xgen_default_options();
  if (xgen_pool_create(&pool, 2)) return 1;
  options.threads = 2;
  options.parallel_for = xgen_pool_parallel_for;
  options.pool = pool;
  if (xgen_net_run_with(&options, arena, x, y, c)) return 2;
  xgen_pool_destroy(pool);
  return y[0] == 2.5f ? 0 : 3;
}
)c";
  }
  EXPECT_EQ(
      shell(XGEN_CLANG
            " -std=c11 -Wall -Werror app.c net.a -lpthread -o app && ./app"),
      0);
}
