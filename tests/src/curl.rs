//! The documents' curl calls as they are printed: read like a shell would, sent to the test's daemon over TCP.

use crate::{Failure, Home, LIMIT, RawReply, Result, raw};
use serde_json::Value;
use std::net::TcpStream;

/// Sends a printed call. Whatever host it names, the daemon of this home answers; `swaps` puts the test's own ids in the
/// place of the printed ones.
pub fn curl(home: &Home, printed: &str, swaps: &[(&str, &str)]) -> Result<RawReply> {
    let mut text = printed.to_owned();
    for (theirs, ours) in swaps {
        text = text.replace(theirs, ours);
    }
    let call = Call::read(&text)?;
    tcp(
        home,
        &call.method,
        &call.path,
        &call.headers.join("\r\n"),
        call.body.as_bytes(),
    )
}

/// A request over TCP, without a token.
pub fn tcp(home: &Home, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<RawReply> {
    let note = std::fs::read(home.data().join("reeld.json"));
    let note: Value = serde_json::from_slice(&note.map_err(Failure::at("reeld.json"))?)
        .map_err(Failure::at("reeld.json"))?;
    let address = note["listen"].as_str().unwrap_or_default();
    let stream = TcpStream::connect(address).map_err(Failure::at(address))?;
    stream
        .set_read_timeout(Some(LIMIT))
        .map_err(Failure::at(address))?;
    raw::exchange(stream, &raw::request(method, path, headers, body))
}

/// A request with a JSON body (null: none) over TCP, without a token.
pub fn ask(home: &Home, method: &str, path: &str, body: &Value) -> Result<RawReply> {
    let bytes = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    tcp(home, method, path, "Content-Type: application/json", &bytes)
}

/// What a call asks for.
#[derive(Debug, PartialEq)]
struct Call {
    method: String,
    path: String,
    headers: Vec<String>,
    body: String,
}

impl Call {
    fn read(text: &str) -> Result<Self> {
        let mut words = words(text).into_iter();
        if words.next().as_deref() != Some("curl") {
            return Err(Failure::new(format!("this is no call of curl: {text}")));
        }
        let (mut method, mut path, mut headers, mut body) = (None, None, Vec::new(), None);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-X" => method = words.next(),
                "-H" => headers.extend(words.next()),
                "-d" => body = words.next(),
                url => {
                    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
                    path = Some(
                        rest.find('/')
                            .map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned()),
                    );
                }
            }
        }
        let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.into());
        Ok(Self {
            method,
            path: path.ok_or_else(|| Failure::new(format!("no URL in: {text}")))?,
            headers,
            body: body.unwrap_or_default(),
        })
    }
}

/// Words as a shell splits them: single and double quotes, lines that go on behind `\` or PowerShell's backtick.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\' | '`') if letters.peek() == Some(&'\n') => {}
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_as_a_shell_reads_them() {
        let call = Call::read(
            "curl -X POST http://localhost:8000/a/b `\n  -H \"A: b\" \\\n -d '{\"x\": \"it is\"}'",
        );
        assert_eq!(
            call.unwrap(),
            Call {
                method: "POST".into(),
                path: "/a/b".into(),
                headers: vec!["A: b".into()],
                body: "{\"x\": \"it is\"}".into(),
            }
        );
        assert_eq!(Call::read("curl http://h/p?q=1").unwrap().path, "/p?q=1");
        assert!(Call::read("wget x").is_err());
    }
}
