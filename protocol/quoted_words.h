// Splits a line into words by the quoting rules that inline requests and configuration files share.
//
//   word            ends at a blank
//   "two words"     with \n \r \t \b \a, \xHH for a byte in hexadecimal, and \c for any other c
//   'two words'     taken literally, but for \' which is a quote
//
// A quote may open within a word (a"b c" is the word `ab c`); behind a closing quote the word ends.
// Every byte other than blanks, quotes and backslashes stands for itself, NUL included.
#ifndef SOLOKV_PROTOCOL_QUOTED_WORDS_H_
#define SOLOKV_PROTOCOL_QUOTED_WORDS_H_

#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

namespace resp {

// Holds the words whose text differs from the bytes of the line. Adding one moves none of the
// others, so views of them stay valid.
using DecodedWords = std::forward_list<std::string>;

// Appends the words of `line` to `words`. A word without quotes is a view of `line`, any other a
// view of a string added to `decoded`. Returns false, having appended nothing to `words`, if a
// quote is not closed or text follows it directly. Linear in the size of the line.
bool SplitQuotedWords(std::string_view line, DecodedWords* decoded,
                      std::vector<std::string_view>* words);

}  // namespace resp

#endif  // SOLOKV_PROTOCOL_QUOTED_WORDS_H_
