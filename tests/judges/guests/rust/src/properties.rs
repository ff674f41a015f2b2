//! Reads what the proxy knows of a request, and lets it know something more.

use log::info;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Stream;

impl Stream {
    fn text(&self, path: Vec<&str>) -> Option<String> {
        let value = self.get_property(path)?;
        Some(String::from_utf8_lossy(&value).into_owned())
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        if let Some(path) = self.text(vec!["request", "path"]) {
            info!("path {path}");
        }
        if let Some(route) = self.text(vec!["xds", "route_name"]) {
            info!("route {route}");
        }
        self.set_property(vec!["tamis_guest"], Some(b"set here"));
        // It became state of the stream, under a name that says who made it.
        if let Some(state) = self.text(vec!["filter_state", "wasm.tamis_guest"]) {
            info!("state {state}");
        }
        Action::Continue
    }
}
