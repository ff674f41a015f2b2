// SPDX-License-Identifier: Apache-2.0
//! Adds one header to every request: x-tamis, with the configured value.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Plugin { value: Rc::from("") }));
}}

struct Plugin {
    value: Rc<str>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    /// Takes a JSON string. What its schema allows has no escapes: no reader of JSON is needed.
    fn on_configure(&mut self, _size: usize) -> bool {
        let text = self.get_plugin_configuration().unwrap_or_default();
        let text = std::str::from_utf8(&text).unwrap_or_default();
        let value = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        self.value = Rc::from(value.unwrap_or_default());
        value.is_some()
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        let value = self.value.clone();
        Some(Box::new(Filter { value }))
    }
}

struct Filter {
    value: Rc<str>,
}

impl Context for Filter {}

impl HttpContext for Filter {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        self.add_http_request_header("x-tamis", &self.value);
        Action::Continue
    }
}
