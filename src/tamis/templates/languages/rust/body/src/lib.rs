// SPDX-License-Identifier: 0BSD
//! Replaces a text in response bodies.

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
    find: String,
    replace: String,
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
            find: string("find")?,
            replace: string("replace")?,
        };
        if settings.find.is_empty() {
            return Err("\"find\" must not be empty".to_string());
        }
        Ok(settings)
    }

    /// The body with every occurrence replaced, or nothing when there is none.
    fn rewrite(&self, body: &[u8]) -> Option<Vec<u8>> {
        let find = self.find.as_bytes();
        let next = |rest: &[u8]| rest.windows(find.len()).position(|window| window == find);

        let mut rest = body;
        let mut result = Vec::new();
        while let Some(start) = next(rest) {
            result.extend_from_slice(&rest[..start]);
            result.extend_from_slice(self.replace.as_bytes());
            rest = &rest[start + find.len()..];
        }
        if rest.len() == body.len() {
            return None;
        }
        result.extend_from_slice(rest);
        Some(result)
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
        Some(Box::new(Filter {
            settings,
            holding: false,
        }))
    }
}

/// One for each exchange.
struct Filter {
    settings: Rc<Settings>,
    holding: bool, // the response's body is held back until it is whole
}

impl Filter {
    fn finish(&mut self) {
        self.holding = false;
        let body = self
            .get_http_response_body(0, usize::MAX)
            .unwrap_or_default();
        if let Some(body) = self.settings.rewrite(&body) {
            self.set_http_response_body(0, usize::MAX, &body);
        }
    }
}

impl Context for Filter {}

impl HttpContext for Filter {
    fn on_http_response_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let encoding = self.get_http_response_header_bytes("content-encoding");
        if !end_of_stream && encoding.is_none_or(|name| name == b"identity") {
            self.holding = true;
            // The length may change; the headers leave before it is known.
            self.remove_http_response_header("content-length");
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, _size: usize, end_of_stream: bool) -> Action {
        if self.holding {
            if !end_of_stream {
                return Action::Pause; // the proxy keeps what came so far
            }
            self.finish();
        }
        Action::Continue
    }

    /// Trailers end a body that has no last chunk of its own.
    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        if self.holding {
            self.finish();
        }
        Action::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn rewrite(find: &str, replace: &str, body: &[u8]) -> Option<Vec<u8>> {
        Settings {
            find: find.to_string(),
            replace: replace.to_string(),
        }
        .rewrite(body)
    }

    fn error(text: &str) -> String {
        Settings::parse(text.as_bytes())
            .err()
            .expect("it must be refused")
    }

    #[test]
    fn reads_a_configuration() {
        let settings =
            Settings::parse(br#"{"find": "a", "replace": "\u00e9\"", "more": [{}]}"#).unwrap();
        assert_eq!(
            (settings.find.as_str(), settings.replace.as_str()),
            ("a", "é\"")
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(error(r#"{"find": "a"}"#), r#""replace" is missing"#);
        assert_eq!(
            error(r#"{"find": 1, "replace": ""}"#),
            r#""find" must be a string"#
        );
        assert_eq!(
            error(r#"{"find": "", "replace": ""}"#),
            r#""find" must not be empty"#
        );
        assert!(error(r#"["a", "b"]"#).contains("must be an object"));
    }

    #[test]
    fn replaces_from_left_to_right() {
        assert_eq!(rewrite("aa", "b", b"aaaxaa").unwrap(), b"baxb");
        assert_eq!(rewrite("a", "aa", b"\xffa").unwrap(), b"\xffaa");
        assert_eq!(rewrite("a", "", b"a").unwrap(), b"");
        assert_eq!(rewrite("aa", "b", b"axa"), None);
        assert_eq!(rewrite("aa", "b", b""), None);
    }
}
