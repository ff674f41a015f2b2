#include "native/faults.h"

#include "check.h"

using tamis::Fault;

int main() {
  CHECK(tamis::told_end(Fault::kNone, true) == 1 && tamis::told_end(Fault::kNone, false) == 0);
  CHECK(tamis::told_end(Fault::kWrongEndOfStream, true) == 0);
  tamis::HeaderMap map;
  map.append("a", "1");
  map.append("a", "2");
  map.append("b", "3");
  tamis::spoil_headers(Fault::kLoseTrailer, map);
  CHECK(map.size() == 3);
  tamis::spoil_headers(Fault::kDropDuplicate, map);
  CHECK(map.size() == 2 && map.value(0) == "1");
  tamis::spoil_headers(Fault::kSwapHeaders, map);
  CHECK(map.name(0) == "b");
  std::string body = "xy";
  tamis::spoil_end(Fault::kLoseBodyByte, map, body);
  CHECK(body == "x" && map.size() == 2);
  tamis::spoil_end(Fault::kLoseTrailer, map, body);
  CHECK(body == "x" && map.size() == 1);
}
