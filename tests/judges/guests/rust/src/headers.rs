//! Reads, adds, replaces and removes headers of a request; sets those of a response as a whole.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream;

impl Context for Stream {}

/// All as bytes: the accessors of text panic at what is no UTF-8.
impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let value = self.get_http_request_header_bytes("x-in");
        self.add_http_request_header_bytes("x-out", value.as_deref().unwrap_or(b"none"));
        self.set_http_request_header("x-set", Some("new"));
        self.remove_http_request_header("x-gone");
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        let got = self.get_http_response_headers_bytes();
        let count = got.len().to_string();
        let mut pairs: Vec<(&str, &[u8])> = got
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
            .collect();
        pairs.push(("x-all", count.as_bytes()));
        self.set_http_response_headers_bytes(pairs);
        Action::Continue
    }
}
