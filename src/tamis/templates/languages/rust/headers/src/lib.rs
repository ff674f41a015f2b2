// SPDX-License-Identifier: 0BSD
//! Sets one header on every request and every response, and takes `x-powered-by` off responses.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use serde_json::Value;

proxy_wasm::main! {{
    // Every line goes to the proxy, whose own level decides what is kept.
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| Box::new(Plugin { settings: None }));
}}

struct Settings {
    header: String,
    value: String,
}

impl Settings {
    /// Reads the configuration; the error says what is wrong with it.
    fn parse(text: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if !json.is_object() {
            return Err("it must be an object".to_string());
        }
        let string = |key: &str| match json.get(key) {
            Some(Value::String(string)) => Ok(string.clone()),
            Some(_) => Err(format!("\"{key}\" must be a string")),
            None => Err(format!("\"{key}\" is missing")),
        };
        let settings = Self {
            header: string("header")?,
            value: string("value")?,
        };
        if settings.header.is_empty() {
            return Err("\"header\" must not be empty".to_string());
        }
        Ok(settings)
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
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        let settings = self.settings.clone()?;
        Some(Box::new(Filter { settings }))
    }
}

/// One for each exchange.
struct Filter {
    settings: Rc<Settings>,
}

impl Context for Filter {}

impl HttpContext for Filter {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        self.set_http_request_header(&self.settings.header, Some(&self.settings.value));
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        self.set_http_response_header(&self.settings.header, Some(&self.settings.value));
        self.remove_http_response_header("x-powered-by");
        Action::Continue
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
        let settings =
            Settings::parse(br#"{"header": "x-a", "value": "\u00e9\"", "more": [{}]}"#).unwrap();
        assert_eq!(
            (settings.header.as_str(), settings.value.as_str()),
            ("x-a", "é\"")
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(error(r#"{"header": "x-a"}"#), r#""value" is missing"#);
        assert_eq!(
            error(r#"{"header": "x-a", "value": 1}"#),
            r#""value" must be a string"#
        );
        assert_eq!(
            error(r#"{"header": "", "value": "1"}"#),
            r#""header" must not be empty"#
        );
        assert!(error(r#"["x-a", "1"]"#).contains("must be an object"));
        assert!(error("").contains("EOF"));
    }
}
