// SPDX-License-Identifier: 0BSD
//! Lets a request pass when it carries the right key, and answers 401 otherwise.

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
    key: String,
}

impl Settings {
    /// Reads the configuration; the error says what is wrong with it.
    fn parse(text: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if !json.is_object() {
            return Err("it must be an object".to_string());
        }
        let string = |key: &str| match json.get(key) {
            Some(Value::String(string)) if string.is_empty() => {
                Err(format!("\"{key}\" must not be empty"))
            }
            Some(Value::String(string)) => Ok(string.clone()),
            Some(_) => Err(format!("\"{key}\" must be a string")),
            None => Err(format!("\"{key}\" is missing")),
        };
        Ok(Self {
            header: string("header")?,
            key: string("key")?,
        })
    }
}

/// Takes the same time wherever two texts differ, so that a key cannot be guessed byte by byte.
fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
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

impl Filter {
    fn deny(&self, why: &str) -> Action {
        log::warn!("denied: {why} {}", self.settings.header);
        self.send_http_response(401, vec![("content-type", "text/plain")], Some(b"denied\n"));
        Action::Pause
    }
}

impl Context for Filter {}

impl HttpContext for Filter {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let Settings { header, key } = &*self.settings;
        // As bytes: a client may send what is no UTF-8, and the text accessor panics at that.
        match self.get_http_request_header_bytes(header) {
            None => self.deny("no"),
            Some(value) if !equal(&value, key.as_bytes()) => self.deny("wrong"),
            Some(_) => {
                self.remove_http_request_header(header);
                Action::Continue
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, equal};

    fn error(text: &str) -> String {
        Settings::parse(text.as_bytes())
            .err()
            .expect("it must be refused")
    }

    #[test]
    fn reads_a_configuration() {
        let settings =
            Settings::parse(br#"{"header": "x-a", "key": "\u00e9\"", "more": [{}]}"#).unwrap();
        assert_eq!(
            (settings.header.as_str(), settings.key.as_str()),
            ("x-a", "é\"")
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(error(r#"{"header": "x-a"}"#), r#""key" is missing"#);
        assert_eq!(
            error(r#"{"header": 1, "key": "k"}"#),
            r#""header" must be a string"#
        );
        assert_eq!(
            error(r#"{"header": "x-a", "key": ""}"#),
            r#""key" must not be empty"#
        );
        assert!(error(r#"["x-a", "1"]"#).contains("must be an object"));
    }

    #[test]
    fn compares_whole_keys() {
        assert!(equal(b"key", b"key"));
        assert!(!equal(b"key", b"kez") && !equal(b"key", b"ke") && !equal(b"", b"k"));
    }
}
