// A filter that asks for what Envoy's modules have no means for.
#include <tamis/http.h>

class Refused : public tamis::HttpFilter {
 public:
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    tamis::Queue::own("q");
    headers.set("x-after", "1");
    return tamis::FilterStatus::Continue;
  }
};

TAMIS_HTTP_FILTER(Refused)
