//! A request written by hand, byte by byte, for what a well-behaved client would never send.

use crate::{Failure, Home, LIMIT, Result};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub struct RawReply {
    /// The HTTP status.
    pub status: u16,
    /// The head's lines, lower case.
    pub head: String,
    /// The body, or null where it is no JSON.
    pub body: Value,
}

/// Sends a request on a connection of its own and reads the answer. `body` comes with its length; `headers` end without
/// a line break.
pub fn raw(home: &Home, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<RawReply> {
    send(home, &request(method, path, headers, body))
}

/// A request's bytes.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    if !headers.is_empty() {
        request.push_str(headers);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Sends these bytes as they are and reads the answer.
pub fn send(home: &Home, bytes: &[u8]) -> Result<RawReply> {
    let stream = UnixStream::connect(home.socket()).map_err(Failure::at("the socket"))?;
    stream
        .set_read_timeout(Some(LIMIT))
        .map_err(Failure::at("the socket"))?;
    exchange(stream, bytes)
}

/// Sends bytes over a connection and reads until its end.
pub(crate) fn exchange(mut stream: impl Read + Write, bytes: &[u8]) -> Result<RawReply> {
    // A daemon that refuses a large body may close before it has read all of it: its answer is there all the same.
    let sent = stream.write_all(bytes);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        sent.and(read.map(drop))
            .map_err(Failure::at("the request"))?;
    }
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text
        .split_once("\r\n\r\n")
        .ok_or_else(|| Failure::new(format!("no HTTP answer: {text:?}")))?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(RawReply {
        status: status.ok_or_else(|| Failure::new(format!("no status: {head:?}")))?,
        head: head.to_lowercase(),
        body: serde_json::from_str(&unchunk(head, body)).unwrap_or_default(),
    })
}

/// Chunked bodies, joined.
fn unchunk(head: &str, body: &str) -> String {
    if !head.to_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || after.len() < size {
            break;
        }
        whole.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    whole
}
