//! A receiver that answers as it is told and remembers what it got.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

pub struct Receiver {
    pub url: String,
    pub got: Arc<Mutex<Vec<Got>>>,
    status: Arc<AtomicU16>,
    extra: Arc<Mutex<String>>,
}

impl Receiver {
    pub async fn new(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            got: Arc::default(),
            status: Arc::new(AtomicU16::new(status)),
            extra: Arc::default(),
        };
        let (got, status, extra) = (
            Arc::clone(&receiver.got),
            Arc::clone(&receiver.status),
            Arc::clone(&receiver.extra),
        );
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(
                    stream,
                    Arc::clone(&got),
                    Arc::clone(&status),
                    Arc::clone(&extra),
                ));
            }
        });
        receiver
    }

    pub fn answers(&self, status: u16, extra: &str) {
        self.status.store(status, Ordering::SeqCst);
        *self.extra.lock().unwrap() = extra.to_owned();
    }

    pub fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

async fn serve(
    mut stream: TcpStream,
    got: Arc<Mutex<Vec<Got>>>,
    status: Arc<AtomicU16>,
    extra: Arc<Mutex<String>>,
) {
    while let Some(request) = read(&mut stream).await {
        got.lock().unwrap().push(request);
        let extra = extra.lock().unwrap().clone();
        let status = status.load(Ordering::SeqCst);
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n{extra}\r\nok");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One request, whole.
pub async fn read(stream: &mut TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let headers: HashMap<String, String> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Got {
        headers,
        body: bytes[head..head + length].to_vec(),
    })
}
