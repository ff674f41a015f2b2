//! The exchange of benchmarks/modules/one_header.c in the Rust test framework, over wasmtime.
//!
//!     test_framework MODULE.wasm
//!
//! Reads the number of exchanges of each round, prints the seconds it took. The framework prints
//! what it does, quiet or not: its output goes to /dev/null, the figures to where it was.

use anyhow::Result;
use proxy_wasm_test_framework::{tester, types::*};
use std::fs::File;
use std::io::{BufRead, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Instant;

const REQUEST: [(&str, &str); 10] = [
    (":method", "GET"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":authority", "example.com"),
    ("user-agent", "curl/8.5.0"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip"),
    ("accept-language", "en"),
    ("cookie", "session=0123456789abcdef"),
    ("x-request-id", "2f9f1bd2-3f2c-4f5e-9d0a-2f1f0a7d6c11"),
];

const RESPONSE: [(&str, &str); 6] = [
    (":status", "200"),
    ("content-type", "text/html"),
    ("content-length", "0"),
    ("server", "bench"),
    ("cache-control", "no-store"),
    ("vary", "accept-encoding"),
];

fn exchange(test: &mut tester::Tester, id: i32) -> Result<()> {
    test.set_default_header_map_pairs(MapType::HttpRequestHeaders)
        .returning(REQUEST.to_vec())
        .set_default_header_map_pairs(MapType::HttpResponseHeaders)
        .returning(RESPONSE.to_vec())
        .call_proxy_on_context_create(id, 1)
        .call_proxy_on_request_headers(id, REQUEST.len() as i32, true)
        .call_proxy_on_response_headers(id, RESPONSE.len() as i32, true)
        .call_proxy_on_log(id)
        .call_proxy_on_done(id)
        .call_proxy_on_delete(id)
        .execute_and_expect_n(vec![
            ReturnType::None,
            ReturnType::Action(Action::Continue),
            ReturnType::Action(Action::Continue),
            ReturnType::None,
            ReturnType::Bool(true),
            ReturnType::None,
        ])
}

fn main() -> Result<()> {
    let mut figures = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    let nowhere = File::options().write(true).open("/dev/null")?;
    // SAFETY: both descriptors are open.
    unsafe { libc::dup2(nowhere.as_raw_fd(), 1) };
    let mut test = tester::mock(tester::MockSettings {
        wasm_path: std::env::args().nth(1).expect("MODULE.wasm"),
        quiet: true,
        allow_unexpected: true,
    })?;
    test.call_proxy_on_context_create(1, 0)
        .execute_and_expect(ReturnType::None)?;
    let mut id = 1;
    for line in std::io::stdin().lock().lines() {
        let count: u64 = line?.trim().parse()?;
        let begin = Instant::now();
        for _ in 0..count {
            id += 1;
            exchange(&mut test, id)?;
        }
        writeln!(figures, "{:.9}", begin.elapsed().as_secs_f64())?;
    }
    Ok(())
}
