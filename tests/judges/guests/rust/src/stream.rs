//! Holds a request as long as a gRPC stream is open.

use log::info;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream;

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        match self.open_grpc_stream("rpc", "tamis.Guest", "Say", vec![]) {
            Ok(stream) => {
                self.send_grpc_stream_message(stream, Some(b"one"), false);
                self.send_grpc_stream_message(stream, Some(b"two"), true);
            }
            Err(_) => self.send_http_response(503, vec![], Some(b"no cluster")),
        }
        Action::Pause
    }
}

impl Context for Stream {
    fn on_grpc_stream_message(&mut self, _stream: u32, size: usize) {
        let message = self.get_grpc_stream_message(0, size).unwrap_or_default();
        info!("message {}", String::from_utf8_lossy(&message));
    }

    fn on_grpc_stream_close(&mut self, _stream: u32, status: u32) {
        info!("closed {status}");
        self.resume_http_request();
    }
}
