#include "native/script.h"

#include "check.h"

int main() {
  const tamis::Script script;
  CHECK(script.exchanges.empty() && script.fault == tamis::Fault::kNone);
  CHECK(tamis::ExchangeInput().refused == -1);
}
