//! Asks a service whether a request may pass, and tells it what the service said.

use std::time::Duration;

use log::info;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream;

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let user = self.get_http_request_header("x-user");
        let mut headers = vec![
            (":method", "GET"),
            (":path", "/check"),
            (":authority", "authz"),
        ];
        headers.extend(user.as_deref().map(|user| ("x-user", user)));
        let second = Duration::from_secs(1);
        let called = self.dispatch_http_call("authz", headers, None, vec![], second);
        if called.is_err() {
            self.send_http_response(503, vec![], Some(b"no cluster"));
        }
        Action::Pause
    }
}

impl Context for Stream {
    fn on_http_call_response(&mut self, _call: u32, count: usize, size: usize, trailers: usize) {
        // An answer that was cut has no headers. Of a timeout Envoy makes an answer itself.
        if count == 0 {
            return self.send_http_response(504, vec![], Some(b"no authz"));
        }
        let status = self.get_http_call_response_header(":status");
        let body = self
            .get_http_call_response_body(0, size)
            .unwrap_or_default();
        match status.as_deref() {
            Some("200") => {
                self.add_http_request_header_bytes("x-authz", &body);
                info!("authz 200 {trailers}");
                self.resume_http_request();
            }
            _ => self.send_http_response(403, vec![], Some(&body)),
        }
    }
}
