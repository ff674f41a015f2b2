//! Holds every response until the next tick.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use log::info;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::Action;

/// Streams that wait, by the numbers that the proxy gave them.
type Waiting = Rc<RefCell<Vec<u32>>>;

#[derive(Default)]
pub struct Root {
    waiting: Waiting,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        self.set_tick_period(Duration::from_millis(200));
        true
    }

    fn on_tick(&mut self) {
        for stream in self.waiting.take() {
            hostcalls::set_effective_context(stream).unwrap();
            hostcalls::resume_http_response().unwrap();
            info!("resumed");
        }
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream {
            id,
            waiting: self.waiting.clone(),
        }))
    }
}

struct Stream {
    id: u32,
    waiting: Waiting,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.waiting.borrow_mut().push(self.id);
        Action::Pause
    }

    /// A stream that is gone must not be resumed.
    fn on_log(&mut self) {
        self.waiting.borrow_mut().retain(|id| *id != self.id);
    }
}
