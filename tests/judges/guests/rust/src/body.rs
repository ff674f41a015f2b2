//! Gathers the body of a request and replaces it; appends to each chunk of a response.

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream {
    held: bool, // the proxy keeps what came of the request's body
}

impl Stream {
    fn replace(&self) {
        let body = self
            .get_http_request_body(0, usize::MAX)
            .unwrap_or_default();
        let body = [b"[", body.as_slice(), b"]"].concat();
        self.set_http_request_body(0, usize::MAX, &body);
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        // The headers leave before the new length is known.
        self.remove_http_request_header("content-length");
        Action::Continue
    }

    fn on_http_request_body(&mut self, _size: usize, end: bool) -> Action {
        self.held = !end;
        if self.held {
            return Action::Pause;
        }
        self.replace();
        Action::Continue
    }

    /// Trailers end a body that has no last chunk of its own.
    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        if self.held {
            self.replace();
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.remove_http_response_header("content-length");
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, _end: bool) -> Action {
        self.set_http_response_body(size, 0, b"!");
        Action::Continue
    }
}
