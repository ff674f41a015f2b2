//! Calls functions that only some proxies have.

use log::{error, info};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, Status};

#[derive(Default)]
pub struct Stream;

impl Stream {
    fn round_trip(&self, text: &[u8]) -> Result<Vec<u8>, Status> {
        let small = self.call_foreign_function("compress", Some(text))?;
        let whole = self.call_foreign_function("uncompress", small.as_deref())?;
        Ok(whole.unwrap_or_default())
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let text = b"aaaaaaaaaaaaaaaaaaaa";
        match self.round_trip(text) {
            Ok(whole) if whole == text => info!("round trip ok"),
            other => error!("round trip: {other:?}"),
        }
        if self.call_foreign_function("nothing", None) == Err(Status::NotFound) {
            info!("no such function");
        }
        Action::Continue
    }
}
