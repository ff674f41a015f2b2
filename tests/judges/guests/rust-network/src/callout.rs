//! Asks a service whether a connection may pass; holds its data until then.

use std::time::Duration;

use log::info;
use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Connection {
    allowed: bool,
}

impl StreamContext for Connection {
    fn on_new_connection(&mut self) -> Action {
        let headers = vec![
            (":method", "GET"),
            (":path", "/check"),
            (":authority", "authz"),
        ];
        let second = Duration::from_secs(1);
        let called = self.dispatch_http_call("authz", headers, None, vec![], second);
        if called.is_err() {
            self.close_downstream();
        }
        Action::Continue
    }

    fn on_downstream_data(&mut self, _size: usize, _end: bool) -> Action {
        if self.allowed {
            Action::Continue
        } else {
            Action::Pause
        }
    }
}

impl Context for Connection {
    fn on_http_call_response(&mut self, _call: u32, count: usize, _size: usize, trailers: usize) {
        let status = match count {
            0 => None, // the answer was cut
            _ => self.get_http_call_response_header(":status"),
        };
        match status.as_deref() {
            Some("200") => {
                info!("authz 200 {trailers}");
                self.allowed = true;
                self.resume_downstream();
            }
            _ => self.close_downstream(),
        }
    }
}
