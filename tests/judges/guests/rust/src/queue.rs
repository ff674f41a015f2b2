//! Requests leave their paths in a queue; the plugin takes them out.

use log::{error, info};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::Action;

#[derive(Default)]
pub struct Root {
    jobs: u32,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.jobs = self.register_shared_queue("jobs");
        true
    }

    fn on_queue_ready(&mut self, queue: u32) {
        loop {
            match self.dequeue_shared_queue(queue) {
                Ok(Some(path)) => info!("job {}", String::from_utf8_lossy(&path)),
                Ok(None) => return info!("empty"),
                Err(status) => return error!("{status:?}"),
            }
        }
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { jobs: self.jobs }))
    }
}

struct Stream {
    jobs: u32,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let path = self.get_http_request_header_bytes(":path");
        if let Err(status) = self.enqueue_shared_queue(self.jobs, path.as_deref()) {
            error!("{status:?}");
        }
        if self.resolve_shared_queue("nowhere", "nowhere").is_none() {
            info!("no queue");
        }
        Action::Continue
    }
}
