//! Closes the connection when a peer says so.

use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::Action;

pub struct Connection;

fn says_quit(data: Option<Vec<u8>>) -> bool {
    data.is_some_and(|data| data.windows(4).any(|word| word == b"quit"))
}

impl Context for Connection {}

impl StreamContext for Connection {
    fn on_downstream_data(&mut self, size: usize, _end: bool) -> Action {
        if says_quit(self.get_downstream_data(0, size)) {
            self.close_downstream();
            return Action::Pause;
        }
        Action::Continue
    }

    fn on_upstream_data(&mut self, size: usize, _end: bool) -> Action {
        if says_quit(self.get_upstream_data(0, size)) {
            self.close_upstream();
            return Action::Pause;
        }
        Action::Continue
    }
}
