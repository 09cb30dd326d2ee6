// TitleArea: what process listings show of a process, rewritten.
//
// Linux shows the memory in which the arguments were handed over:
//
//   argv[0] \0 argv[1] \0 ... \0 environment[0] \0 ... \0
//   |<------------- the title, filled up with \0 ------>|
//
// The title may be as long as arguments and environment together; what is longer is cut off. The
// environment moves into memory of the area, the arguments are lost.
#ifndef SOLOKV_KV_BASE_TITLE_AREA_H_
#define SOLOKV_KV_BASE_TITLE_AREA_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kv {

class TitleArea {
 public:
  // Both arrays end with null. The pointers of `environment` are set to copies that live as long as
  // the area.
  TitleArea(char** arguments, char** environment);
  // Leaves the environment empty.
  ~TitleArea();
  TitleArea(const TitleArea&) = delete;
  TitleArea& operator=(const TitleArea&) = delete;

  // Bytes of the longest title.
  size_t capacity() const { return size_ == 0 ? 0 : size_ - 1; }

  void Set(std::string_view title);

 private:
  void Extend(const char* text);

  char* const begin_;
  size_t size_ = 0;
  char** const variables_;
  std::vector<std::string> environment_;
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_TITLE_AREA_H_
