// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that does not depend on what is filtered.
#ifndef TAMIS_PROXY_H_
#define TAMIS_PROXY_H_

#include "tamis/backend/backend.h"
#include "tamis/body.h"
#include "tamis/callout.h"
#include "tamis/clock.h"
#include "tamis/foreign.h"
#include "tamis/grpc.h"
#include "tamis/headers.h"
#include "tamis/json.h"
#include "tamis/log.h"
#include "tamis/memory.h"
#include "tamis/metric.h"
#include "tamis/plugin.h"
#include "tamis/property.h"
#include "tamis/queue.h"
#include "tamis/reply.h"
#include "tamis/resume.h"
#include "tamis/shared_data.h"
#include "tamis/text.h"
#include "tamis/tick.h"
#include "tamis/types.h"

#endif  // TAMIS_PROXY_H_
