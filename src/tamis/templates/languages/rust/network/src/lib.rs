// SPDX-License-Identifier: 0BSD
//! Closes connections that begin with the wrong bytes, and counts the bytes of all others.

use std::rc::Rc;

use proxy_wasm::traits::{Context, RootContext, StreamContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use serde_json::Value;

proxy_wasm::main! {{
    // Every line goes to the proxy, whose own level decides what is kept.
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| Box::new(Plugin { settings: None }));
}}

struct Settings {
    deny_prefix: String,
}

impl Settings {
    /// Reads the configuration; the error says what is wrong with it.
    fn parse(text: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if !json.is_object() {
            return Err("it must be an object".to_string());
        }
        match json.get("deny_prefix") {
            Some(Value::String(string)) if string.is_empty() => {
                Err("\"deny_prefix\" must not be empty".to_string())
            }
            Some(Value::String(string)) => Ok(Self {
                deny_prefix: string.clone(),
            }),
            Some(_) => Err("\"deny_prefix\" must be a string".to_string()),
            None => Err("\"deny_prefix\" is missing".to_string()),
        }
    }
}

/// One for each configuration.
struct Plugin {
    settings: Option<Rc<Settings>>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        match Settings::parse(&self.get_plugin_configuration().unwrap_or_default()) {
            Ok(settings) => {
                self.settings = Some(Rc::new(settings));
                true
            }
            Err(error) => {
                log::error!("configuration: {error}");
                false // the proxy refuses to start the filter
            }
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::StreamContext)
    }

    fn create_stream_context(&self, _id: u32) -> Option<Box<dyn StreamContext>> {
        let settings = self.settings.clone()?;
        Some(Box::new(Filter {
            settings,
            passed: false,
            downstream: 0,
            upstream: 0,
        }))
    }
}

/// One for each connection.
struct Filter {
    settings: Rc<Settings>,
    passed: bool,
    downstream: usize,
    upstream: usize,
}

impl Context for Filter {}

impl StreamContext for Filter {
    fn on_downstream_data(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !self.passed {
            let prefix = self.settings.deny_prefix.as_bytes();
            let first = self
                .get_downstream_data(0, prefix.len())
                .unwrap_or_default();
            if first == prefix {
                log::warn!("denied");
                self.close_downstream();
                return Action::Pause; // nothing goes to the upstream
            }
            if !end_of_stream && prefix.starts_with(&first) {
                return Action::Pause; // too few bytes to tell: come again with more
            }
            self.passed = true;
        }
        self.downstream += size;
        Action::Continue
    }

    fn on_upstream_data(&mut self, size: usize, _end_of_stream: bool) -> Action {
        self.upstream += size;
        Action::Continue
    }

    /// The connection is over.
    fn on_log(&mut self) {
        let Self {
            downstream,
            upstream,
            ..
        } = self;
        log::info!("downstream sent {downstream} bytes, upstream {upstream}");
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn error(text: &str) -> String {
        Settings::parse(text.as_bytes())
            .err()
            .expect("it must be refused")
    }

    #[test]
    fn reads_a_configuration() {
        let settings = Settings::parse(br#"{"deny_prefix": "\u00e9\"", "more": [{}]}"#).unwrap();
        assert_eq!(settings.deny_prefix, "é\"");
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(error("{}"), r#""deny_prefix" is missing"#);
        assert_eq!(
            error(r#"{"deny_prefix": 1}"#),
            r#""deny_prefix" must be a string"#
        );
        assert_eq!(
            error(r#"{"deny_prefix": ""}"#),
            r#""deny_prefix" must not be empty"#
        );
        assert!(error(r#"["a"]"#).contains("must be an object"));
        assert!(error("").contains("EOF"));
    }
}
