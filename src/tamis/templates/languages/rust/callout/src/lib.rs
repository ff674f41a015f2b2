// SPDX-License-Identifier: 0BSD
//! Asks another service whether a request may pass, and who sends it.

use std::rc::Rc;
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType};
use serde_json::Value;

proxy_wasm::main! {{
    // Every line goes to the proxy, whose own level decides what is kept.
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| Box::new(Plugin { settings: None }));
}}

struct Settings {
    cluster: String,
    path: String,
    timeout: Duration,
    fail_open: bool,
    metrics: Metrics,
}

/// Numbers of counters.
#[derive(Default)]
struct Metrics {
    allowed: u32,
    denied: u32,
    failed: u32,
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
        let timeout_ms = match json.get("timeout_ms") {
            None => Some(500),
            Some(value) => value
                .as_u64()
                .filter(|number| (1..=60_000).contains(number)),
        };
        let fail_open = match json.get("fail_open") {
            None => Some(false),
            Some(value) => value.as_bool(),
        };
        Ok(Self {
            cluster: string("cluster")?,
            path: string("path")?,
            timeout: timeout_ms
                .map(Duration::from_millis)
                .ok_or("\"timeout_ms\" must be a whole number from 1 to 60000")?,
            fail_open: fail_open.ok_or("\"fail_open\" must be true or false")?,
            metrics: Metrics::default(),
        })
    }
}

impl Metrics {
    fn define() -> Self {
        let counter = |name| hostcalls::define_metric(MetricType::Counter, name).unwrap();
        Self {
            allowed: counter("my-filter.allowed"),
            denied: counter("my-filter.denied"),
            failed: counter("my-filter.failed"),
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
                let metrics = Metrics::define();
                self.settings = Some(Rc::new(Settings {
                    metrics,
                    ..settings
                }));
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
    /// Of the request. A client may send what is no UTF-8, and the text accessor panics at that.
    fn header(&self, name: &str) -> String {
        let value = self.get_http_request_header_bytes(name).unwrap_or_default();
        String::from_utf8_lossy(&value).into_owned()
    }

    /// Whether the request goes on although nobody said so.
    fn fail(&self, status: u32) -> bool {
        count(self.settings.metrics.failed);
        log::warn!("{} failed: {status}", self.settings.cluster);
        if self.settings.fail_open {
            self.set_http_request_header("x-user", None);
        } else {
            self.send_http_response(503, vec![], Some(b"unavailable\n"));
        }
        self.settings.fail_open
    }
}

impl HttpContext for Filter {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let Settings {
            cluster,
            path,
            timeout,
            ..
        } = &*self.settings;
        let (authority, asked) = (self.header(":authority"), self.header(":path"));
        let headers = vec![
            (":method", "GET"),
            (":path", path),
            (":authority", &authority),
            ("x-original-path", &asked),
        ];
        let called = self.dispatch_http_call(cluster, headers, None, vec![], *timeout);
        if called.is_err() && self.fail(0) {
            return Action::Continue;
        }
        Action::Pause // until the answer is here
    }
}

impl Context for Filter {
    /// A service that cannot be reached is 503 and one that took too long 504, as if it had said so
    /// itself; without headers the answer was cut.
    fn on_http_call_response(
        &mut self,
        _call: u32,
        headers: usize,
        _body: usize,
        _trailers: usize,
    ) {
        let status = match headers {
            0 => None,
            _ => self.get_http_call_response_header(":status"),
        };
        match status.and_then(|digits| digits.parse().ok()).unwrap_or(0) {
            200 => {
                count(self.settings.metrics.allowed);
                // What a client says about itself does not count.
                let user = self.get_http_call_response_header_bytes("x-user");
                self.set_http_request_header_bytes("x-user", user.as_deref());
            }
            status @ (0 | 500..) => {
                if !self.fail(status) {
                    return;
                }
            }
            _ => {
                count(self.settings.metrics.denied);
                return self.send_http_response(403, vec![], Some(b"denied\n"));
            }
        }
        self.resume_http_request();
    }
}

fn count(metric: u32) {
    if let Err(status) = hostcalls::increment_metric(metric, 1) {
        log::error!("refused by the proxy: {status:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use std::time::Duration;

    fn error(text: &str) -> String {
        Settings::parse(text.as_bytes())
            .err()
            .expect("it must be refused")
    }

    #[test]
    fn reads_a_configuration() {
        let settings = Settings::parse(
            br#"{"cluster": "a", "path": "/\u00e9\"", "timeout_ms": 20, "fail_open": true}"#,
        )
        .unwrap();
        assert_eq!(
            (settings.cluster.as_str(), settings.path.as_str()),
            ("a", "/é\"")
        );
        assert_eq!(
            (settings.timeout, settings.fail_open),
            (Duration::from_millis(20), true)
        );
        let settings = Settings::parse(br#"{"cluster": "a", "path": "/", "more": [{}]}"#).unwrap();
        assert_eq!(
            (settings.timeout, settings.fail_open),
            (Duration::from_millis(500), false)
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(error(r#"{"cluster": "a"}"#), r#""path" is missing"#);
        assert_eq!(
            error(r#"{"cluster": 1, "path": "/"}"#),
            r#""cluster" must be a string"#
        );
        assert_eq!(
            error(r#"{"cluster": "a", "path": ""}"#),
            r#""path" must not be empty"#
        );
        for wrong in ["0", "60001", "1.5", "-1", r#""1""#, "null"] {
            let text = format!(r#"{{"cluster": "a", "path": "/", "timeout_ms": {wrong}}}"#);
            assert_eq!(
                error(&text),
                r#""timeout_ms" must be a whole number from 1 to 60000"#
            );
        }
        let text = r#"{"cluster": "a", "path": "/", "fail_open": 1}"#;
        assert_eq!(error(text), r#""fail_open" must be true or false"#);
        assert!(error(r#"["a", "/"]"#).contains("must be an object"));
    }
}
