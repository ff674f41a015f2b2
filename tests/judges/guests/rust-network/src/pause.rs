//! Holds what the client sends until its line ends.

use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::Action;

pub struct Connection;

impl Context for Connection {}

impl StreamContext for Connection {
    /// What is held is given again, with what came behind it.
    fn on_downstream_data(&mut self, size: usize, _end: bool) -> Action {
        let data = self.get_downstream_data(0, size).unwrap_or_default();
        if data.contains(&b'\n') {
            Action::Continue
        } else {
            Action::Pause
        }
    }
}
