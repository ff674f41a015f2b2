//! Answers one path itself, and another once the upstream has answered.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream {
    path: Option<Vec<u8>>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.path = self.get_http_request_header_bytes(":path");
        if self.path.as_deref() == Some(b"/deny") {
            self.send_http_response(403, vec![("x-why", "path")], Some(b"denied"));
            return Action::Pause;
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        if self.path.as_deref() == Some(b"/late") {
            self.send_http_response(500, vec![], Some(b"late"));
            return Action::Pause;
        }
        Action::Continue
    }
}
