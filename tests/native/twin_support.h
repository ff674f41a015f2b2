// The twin of twin.c, and scripts for it.
#pragma once

#include <memory>
#include <string>

#include "check.h"
#include "native/replay.h"
#include "native/twin_faults.h"
#include "native/twin_instance.h"

inline std::shared_ptr<const tamis::TwinLibrary> twin() {
  return std::make_shared<const tamis::TwinLibrary>(TAMIS_TWIN);
}

// An exchange for each status.
inline tamis::Script twin_script(std::initializer_list<const char*> statuses) {
  tamis::Script script;
  script.limits.deadline_ms = 40;
  for (const char* status : statuses) {
    script.exchanges.emplace_back().answer.headers.append(":status", status);
    script.steps.push_back(
        {tamis::StepInput::Kind::kExchange, false, script.exchanges.size() - 1, 0});
  }
  return script;
}
