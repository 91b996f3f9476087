//! A link that is slow: every piece of data waits for a while, in both directions.

use reel_tests::{Failure, Result};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Listens for a worker and carries to Redis.
#[derive(Debug, Clone)]
pub struct Proxy {
    address: SocketAddr,
    delay_ms: Arc<AtomicU64>,
}

impl Proxy {
    /// Between this address and Redis's port on the loopback.
    pub fn start(host: &str, redis: u16) -> Result<Self> {
        let listener = TcpListener::bind((host, 0)).map_err(Failure::at("the proxy"))?;
        let address = listener
            .local_addr()
            .map_err(Failure::at("the proxy's address"))?;
        let delay_ms = Arc::new(AtomicU64::new(0));
        let proxy = Self {
            address,
            delay_ms: Arc::clone(&delay_ms),
        };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let delay = Arc::clone(&delay_ms);
                std::thread::spawn(move || {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", redis)) else {
                        return;
                    };
                    if let (Ok(from), Ok(to)) = (client.try_clone(), server.try_clone()) {
                        let there = Arc::clone(&delay);
                        std::thread::spawn(move || carry(from, to, &there));
                        carry(server, client, &delay);
                    }
                });
            }
        });
        Ok(proxy)
    }

    /// Where the worker connects to.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Every piece waits so long from now on.
    pub fn delay(&self, delay: Duration) {
        let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay_ms.store(ms, Ordering::Relaxed);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, delay_ms: &AtomicU64) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(delay_ms.load(Ordering::Relaxed)));
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
