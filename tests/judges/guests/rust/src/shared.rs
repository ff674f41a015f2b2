//! Counts requests in data that all workers share.

use log::{error, info};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, Status};

#[derive(Default)]
pub struct Stream;

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let (value, cas) = self.get_shared_data("count");
        let text = String::from_utf8(value.unwrap_or_default()).unwrap_or_default();
        let count = (text.parse().unwrap_or(0) + 1).to_string();
        if let Err(status) = self.set_shared_data("count", Some(count.as_bytes()), cas) {
            error!("not counted: {status:?}");
        }
        // Nothing was ever written so often that this were its number.
        let stale = Some(u32::MAX);
        if self.set_shared_data("count", Some(b"never"), stale) == Err(Status::CasMismatch) {
            info!("cas mismatch");
        }
        self.add_http_request_header("x-count", &count);
        Action::Continue
    }
}
