// SPDX-License-Identifier: Apache-2.0
//! An HTTP filter of the Rust SDK. Its configuration is one word: which behaviour it has.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{ContextType, LogLevel};

mod body;
mod callout;
mod foreign;
mod grpc;
mod headers;
mod lifecycle;
mod metrics;
mod properties;
mod queue;
mod reply;
mod resume;
mod shared;
mod stream;
mod tick;
mod trailers;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| Box::new(Plugin { behaviour: None }));
}}

fn behaviour(word: &[u8]) -> Option<Box<dyn RootContext>> {
    Some(match word {
        b"lifecycle" => Box::new(lifecycle::Root),
        b"headers" => each::<headers::Stream>(),
        b"trailers" => each::<trailers::Stream>(),
        b"body" => each::<body::Stream>(),
        b"reply" => each::<reply::Stream>(),
        b"callout" => each::<callout::Stream>(),
        b"tick" => Box::<tick::Root>::default(),
        b"shared" => each::<shared::Stream>(),
        b"queue" => Box::<queue::Root>::default(),
        b"metrics" => Box::<metrics::Root>::default(),
        b"properties" => each::<properties::Stream>(),
        b"foreign" => each::<foreign::Stream>(),
        b"grpc" => each::<grpc::Stream>(),
        b"stream" => each::<stream::Stream>(),
        b"async" => Box::<resume::Root>::default(),
        _ => return None,
    })
}

/// What the proxy knows: it becomes the behaviour that its configuration names.
struct Plugin {
    behaviour: Option<Box<dyn RootContext>>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, size: usize) -> bool {
        self.behaviour = behaviour(&self.get_plugin_configuration().unwrap_or_default());
        match &mut self.behaviour {
            Some(behaviour) => behaviour.on_configure(size),
            None => false, // the proxy refuses to start the filter
        }
    }

    fn on_tick(&mut self) {
        if let Some(behaviour) = &mut self.behaviour {
            behaviour.on_tick();
        }
    }

    fn on_queue_ready(&mut self, queue: u32) {
        if let Some(behaviour) = &mut self.behaviour {
            behaviour.on_queue_ready(queue);
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        self.behaviour.as_ref()?.create_http_context(id)
    }
}

/// A behaviour that has nothing beside its streams.
fn each<Stream: HttpContext + Default + 'static>() -> Box<dyn RootContext> {
    Box::new(Streams(|| Box::<Stream>::default()))
}

struct Streams(fn() -> Box<dyn HttpContext>);

impl Context for Streams {}

impl RootContext for Streams {
    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(self.0())
    }
}
