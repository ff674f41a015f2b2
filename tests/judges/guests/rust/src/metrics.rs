//! Keeps a counter, a gauge and a histogram.

use log::info;
use proxy_wasm::hostcalls::{define_metric, get_metric, increment_metric, record_metric};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, MetricType, Status};

#[derive(Clone, Copy, Default)]
struct Metrics {
    requests: u32,
    active: u32,
    size: u32,
}

#[derive(Default)]
pub struct Root {
    metrics: Metrics,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let define = |kind, name| define_metric(kind, name).unwrap();
        self.metrics = Metrics {
            requests: define(MetricType::Counter, "guest.requests"),
            active: define(MetricType::Gauge, "guest.active"),
            size: define(MetricType::Histogram, "guest.size"),
        };
        true
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream(self.metrics)))
    }
}

struct Stream(Metrics);

impl Stream {
    fn record(&self) -> Result<u64, Status> {
        let Metrics {
            requests,
            active,
            size,
        } = self.0;
        increment_metric(requests, 1)?;
        record_metric(active, 5)?;
        increment_metric(active, -2)?;
        record_metric(size, 7)?;
        get_metric(requests)
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        info!("requests {}", self.record().unwrap());
        Action::Continue
    }
}
