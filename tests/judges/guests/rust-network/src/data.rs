//! Replaces what the client sends, and appends to what the upstream sends.

use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::Action;

pub struct Connection;

impl Context for Connection {}

impl StreamContext for Connection {
    fn on_downstream_data(&mut self, size: usize, _end: bool) -> Action {
        let data = self.get_downstream_data(0, size).unwrap_or_default();
        let data = [b"<", data.as_slice(), b">"].concat();
        self.set_downstream_data(0, size, &data);
        Action::Continue
    }

    fn on_upstream_data(&mut self, size: usize, _end: bool) -> Action {
        self.set_upstream_data(size, 0, b"!");
        Action::Continue
    }
}
