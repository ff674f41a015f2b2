//! Adds a trailer to each message that has some.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream;

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        self.add_http_request_trailer("x-t", "request");
        Action::Continue
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        self.add_http_response_trailer("x-t", "response");
        self.remove_http_response_trailer("x-gone");
        Action::Continue
    }
}
