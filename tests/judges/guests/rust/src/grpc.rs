//! Calls a gRPC method, and tells the upstream what it returned.

use std::time::Duration;

use log::info;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream;

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let (message, second) = (Some(b"hello".as_slice()), Duration::from_secs(1));
        let called = self.dispatch_grpc_call("rpc", "tamis.Guest", "Say", vec![], message, second);
        if called.is_err() {
            self.send_http_response(503, vec![], Some(b"no cluster"));
        }
        Action::Pause
    }
}

impl Context for Stream {
    fn on_grpc_call_response(&mut self, _call: u32, status: u32, size: usize) {
        info!("grpc {status} {size}");
        if status != 0 {
            return self.send_http_response(502, vec![], Some(status.to_string().as_bytes()));
        }
        let message = self
            .get_grpc_call_response_body(0, size)
            .unwrap_or_default();
        self.add_http_request_header_bytes("x-grpc", &message);
        self.resume_http_request();
    }
}
