// SPDX-License-Identifier: Apache-2.0
//! A network filter of the Rust SDK. Its configuration is one word: which behaviour it has.

use proxy_wasm::traits::{Context, RootContext, StreamContext};
use proxy_wasm::types::{ContextType, LogLevel};

mod callout;
mod close;
mod data;
mod lifecycle;
mod pause;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| Box::new(Plugin { behaviour: None }));
}}

type Behaviour = fn() -> Box<dyn StreamContext>;

fn behaviour(word: &[u8]) -> Option<Behaviour> {
    Some(match word {
        b"lifecycle" => || Box::new(lifecycle::Connection),
        b"data" => || Box::new(data::Connection),
        b"pause" => || Box::new(pause::Connection),
        b"close" => || Box::new(close::Connection),
        b"callout" => || Box::<callout::Connection>::default(),
        _ => return None,
    })
}

/// Makes connections behave as its configuration says.
struct Plugin {
    behaviour: Option<Behaviour>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        let word = self.get_plugin_configuration().unwrap_or_default();
        self.behaviour = behaviour(&word);
        if self.behaviour.is_some() {
            log::info!("configured {}", String::from_utf8_lossy(&word));
        }
        self.behaviour.is_some() // else the proxy refuses to start the filter
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::StreamContext)
    }

    fn create_stream_context(&self, _id: u32) -> Option<Box<dyn StreamContext>> {
        self.behaviour.map(|make| make())
    }
}
