#include "native/entry.h"

#include <map>
#include <vector>

#include "check.h"
#include "native/failure.h"

using tamis::Entry;

// Has some entries; notes those that are called.
struct Guest {
  bool has(Entry entry) const { return results.contains(entry); }
  template <size_t N>
  bool call(Entry entry, const std::array<uint32_t, N>&, uint32_t&) {
    called.push_back(entry);
    broke.callback = tamis::kEntries[static_cast<size_t>(entry)];
    return results.at(entry);
  }
  const tamis::Failure& failure() const { return broke; }

  std::map<Entry, bool> results;
  std::vector<Entry> called;
  tamis::Failure broke;
};

int main() {
  Guest both{{{Entry::_initialize, true}, {Entry::main, true}, {Entry::_start, true}}, {}, {}};
  CHECK(tamis::run_entry(both).empty());
  CHECK(both.called == std::vector{Entry::_initialize, Entry::main});
  Guest void_main{{{Entry::_initialize, true}, {Entry::__main_void, true}}, {}, {}};
  CHECK(tamis::run_entry(void_main).empty() && void_main.called.back() == Entry::__main_void);
  Guest command{{{Entry::_start, true}, {Entry::main, true}}, {}, {}};
  CHECK(tamis::run_entry(command).empty() && command.called == std::vector{Entry::_start});
  Guest broken{{{Entry::_initialize, false}, {Entry::main, true}}, {}, {}};
  CHECK(tamis::run_entry(broken) == "_initialize" && broken.called.size() == 1);
  Guest none;
  CHECK(tamis::run_entry(none).empty() && none.called.empty());
}
