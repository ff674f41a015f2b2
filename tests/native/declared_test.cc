#include "native/declared.h"

#include "check.h"

using namespace tamis;

int main() {
  using Type = DeclaredProperties::Type;
  DeclaredProperties declared;
  CHECK(!declared.of("k").read_only && declared.of("k").type == Type::kBytes);
  CHECK(declared.add("k", {true, Type::kString}) && !declared.add("k", {}));
  CHECK(declared.of("k").read_only && declared.of("k").type == Type::kString);
  declared.clear();
  CHECK(!declared.of("k").read_only && declared.add("k", {}));
}
