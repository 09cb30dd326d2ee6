// Runs a target on every file of a folder as it is, and on as many mutations of each:
//   restore_replay corpus/restore [mutations of each seed]
// The mutations are the same in every run. The input that was run last is in the file last_input
// of the working directory.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/target.h"

namespace tests {
namespace {

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string Mutate(std::string bytes) {
    const size_t changes = 1 + Below(4);
    for (size_t i = 0; i < changes; ++i) ChangeOnce(bytes);
    return bytes;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }
  size_t Place(const std::string& bytes) { return Below(bytes.size() + 1); }
  char Byte() {
    constexpr unsigned char kSuspicious[] = {0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80,
                                             0x81, 0xc0, 0xe0, 0xf0, 0xf4, 0xff};
    return static_cast<char>(Below(2) == 0 ? kSuspicious[Below(std::size(kSuspicious))]
                                           : Below(256));
  }

  void ChangeOnce(std::string& bytes) {
    const size_t at = Place(bytes);
    switch (Below(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(8)));
        break;
      case 1:
        if (at < bytes.size()) bytes[at] = Byte();
        break;
      case 2:
        bytes.insert(at, 1, Byte());
        break;
      case 3:
        bytes.erase(at, 1 + Below(8));
        break;
      case 4:
        bytes.insert(Place(bytes), bytes.substr(at, 1 + Below(16)));
        break;
      default: {
        const std::string& other = seeds_[Below(seeds_.size())];
        bytes = bytes.substr(0, at) + other.substr(Place(other));
      }
    }
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_{1};
};

std::vector<std::filesystem::path> FilesOf(const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ContentOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The input stays where a crash leaves it.
void Run(const std::string& input) {
  std::ofstream("last_input", std::ios::binary | std::ios::trunc) << input;
  RunFuzzTarget(input);
}

int Main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [MUTATIONS]\n", arguments[0]);
    return 2;
  }
  const int mutations = count > 2 ? std::atoi(arguments[2]) : 0;
  std::vector<std::string> seeds;
  for (const auto& file : FilesOf(arguments[1])) seeds.push_back(ContentOf(file));
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds in %s\n", arguments[1]);
    return 1;
  }
  Mutator mutator(seeds);
  for (const std::string& seed : seeds) {
    Run(seed);
    for (int i = 0; i < mutations; ++i) Run(mutator.Mutate(seed));
  }
  std::printf("%zu seeds, %d mutations of each\n", seeds.size(), mutations);
  return 0;
}

}  // namespace
}  // namespace tests

int main(int count, char** arguments) {
  return tests::Main(count, arguments);
}
