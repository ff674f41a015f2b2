//! Logs every call, and changes nothing.

use log::info;
use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::{Action, PeerType};

pub struct Connection;

impl Context for Connection {}

impl StreamContext for Connection {
    fn on_new_connection(&mut self) -> Action {
        info!("new connection");
        Action::Continue
    }

    fn on_downstream_data(&mut self, size: usize, end: bool) -> Action {
        info!("downstream {size} end={end}");
        Action::Continue
    }

    fn on_upstream_data(&mut self, size: usize, end: bool) -> Action {
        info!("upstream {size} end={end}");
        Action::Continue
    }

    fn on_downstream_close(&mut self, peer: PeerType) {
        info!("downstream closed {}", peer as u32);
    }

    fn on_upstream_close(&mut self, peer: PeerType) {
        info!("upstream closed {}", peer as u32);
    }

    fn on_log(&mut self) {
        info!("done");
    }
}
