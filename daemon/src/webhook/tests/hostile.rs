//! Receivers that mean ill: each attempt ends within its limit, and says how.

use crate::config::Config;
use crate::outbound::{Answer, Client, Failure, Limits, Own, Policy, SystemResolver};
use http_body_util::Full;
use hyper::Request;
use rcgen::{CertificateParams, KeyPair};
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls;

const LIMITS: Limits = Limits {
    connect: Duration::from_millis(400),
    total: Duration::from_millis(1200),
    read: 16 * 1024,
};

/// Sends once to a receiver that does `serve` with each connection.
async fn sent<F, R>(scheme: &str, serve: F) -> Result<Answer, Failure>
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    sent_trusting(None, scheme, serve).await
}

/// The same, where the authorities in a file are trusted too.
async fn sent_trusting<F, R>(
    ca_file: Option<PathBuf>,
    scheme: &str,
    serve: F,
) -> Result<Answer, Failure>
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let mut config = Config::default_at("/nowhere").webhooks;
    config.allow_http_all = true;
    config.allow_private_all = true;
    let client = Client::new(
        Policy::of(&config, Own::default()),
        ca_file,
        Arc::new(SystemResolver),
        LIMITS,
    );
    let request = Request::post(format!("{scheme}://localhost:{port}/"))
        .body(Full::from("{}"))
        .unwrap();
    let begun = Instant::now();
    let answer = client.send(request).await;
    assert!(begun.elapsed() < LIMITS.total * 20, "an attempt has an end");
    answer
}

/// Reads the request, then writes these bytes for ever, one piece after the other.
async fn for_ever(
    mut stream: TcpStream,
    head: &'static [u8],
    piece: &'static [u8],
    pause: Duration,
) {
    if super::receiver::read(&mut stream).await.is_none() || stream.write_all(head).await.is_err() {
        return;
    }
    while stream.write_all(piece).await.is_ok() {
        tokio::time::sleep(pause).await;
    }
}

fn begins(answer: &Result<Answer, Failure>, word: &str) {
    let said = answer
        .as_ref()
        .map(|answer| answer.status)
        .map_err(ToString::to_string)
        .unwrap_err();
    assert!(said.starts_with(word), "{said}");
}

/// Cut for what it sent; on a machine that is slow to take it all in, for the time it took.
fn is_cut(answer: &Result<Answer, Failure>) {
    let said = answer
        .as_ref()
        .map(|answer| answer.status)
        .map_err(ToString::to_string)
        .unwrap_err();
    let cut = said.starts_with("connect: ") || said.starts_with("timeout: ");
    assert!(cut, "{said}");
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
const DRIP: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_body_that_drips_is_cut_by_the_whole_limit() {
    let answer = sent("http", |stream| for_ever(stream, OK, b"x", DRIP)).await;
    begins(&answer, "timeout: ");
}

#[tokio::test]
async fn a_body_without_end_is_read_to_its_limit() {
    let answer = sent("http", |stream| {
        for_ever(stream, OK, &[b'x'; 8192], Duration::ZERO)
    })
    .await
    .unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.len()),
        (200, LIMITS.read)
    );
}

#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";
    let answer = sent("http", |stream| {
        for_ever(stream, head, &[0x1f; 8192], Duration::ZERO)
    })
    .await
    .unwrap();
    assert_eq!(answer.body.len(), LIMITS.read);
}

#[tokio::test]
async fn headers_without_end_are_cut() {
    const MANY: &[u8] = b"x-a: b\r\nx-c: d\r\nx-e: f\r\nx-g: h\r\nx-i: j\r\nx-k: l\r\nx-m: n\r\nx-o: p\r\nx-q: r\r\nx-s: t\r\n";
    let answer = sent("http", |stream| {
        for_ever(stream, b"HTTP/1.1 200 OK\r\n", MANY, Duration::ZERO)
    })
    .await;
    is_cut(&answer);
}

#[tokio::test]
async fn one_header_without_end_is_cut() {
    let answer = sent("http", |stream| {
        for_ever(
            stream,
            b"HTTP/1.1 200 OK\r\nx: ",
            &[b'y'; 8192],
            Duration::ZERO,
        )
    })
    .await;
    is_cut(&answer);
}

#[tokio::test]
async fn answers_before_the_answer_without_end_are_cut() {
    let answer = sent("http", |stream| {
        for_ever(stream, b"", b"HTTP/1.1 103 Early\r\n\r\n", DRIP)
    })
    .await;
    begins(&answer, "timeout: ");
}

#[tokio::test]
async fn silence_is_cut() {
    let answer = sent("http", |stream| for_ever(stream, b"", b"", DRIP)).await;
    begins(&answer, "timeout: ");
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_told() {
    let answer = sent("http", |mut stream| async move {
        let _ = super::receiver::read(&mut stream).await;
        let _ = stream.set_zero_linger();
    })
    .await;
    is_cut(&answer);
}

#[tokio::test]
async fn what_breaks_behind_the_status_takes_nothing_back() {
    let answer = sent("http", |mut stream| async move {
        let _ = super::receiver::read(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 500 No\r\ncontent-length: 100\r\n\r\nhalf")
            .await;
    })
    .await
    .unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_slice()),
        (500, &b"half"[..])
    );
}

#[tokio::test]
async fn rubbish_is_no_answer() {
    let answer = sent("http", |stream| {
        for_ever(stream, b"SSH-2.0-OpenSSH\r\n", b"x", DRIP)
    })
    .await;
    is_cut(&answer);
}

#[tokio::test]
async fn a_handshake_that_stalls_is_cut() {
    let answer = sent("https", |stream| async move {
        let _kept = stream;
        std::future::pending::<()>().await;
    })
    .await;
    begins(&answer, "timeout: ");
}

/// A receiver that shows a certificate, which is its own authority, and answers 200 to whoever takes it.
async fn shown(params: CertificateParams, is_trusted: bool) -> Result<Answer, Failure> {
    let key = KeyPair::generate().unwrap();
    let made = params.self_signed(&key).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let ca_file = dir.path().join("authority.pem");
    std::fs::write(&ca_file, made.pem()).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.der().clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    sent_trusting(is_trusted.then_some(ca_file), "https", move |stream| {
        answer_over_tls(acceptor.clone(), stream)
    })
    .await
}

async fn answer_over_tls(acceptor: tokio_rustls::TlsAcceptor, stream: TcpStream) {
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    let mut request = [0; 4096];
    if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .await;
    }
}

fn for_name(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    assert_eq!(
        shown(for_name("localhost"), true).await.unwrap().status,
        200
    );
    begins(&shown(for_name("localhost"), false).await, "tls: ");
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_is_refused() {
    let mut params = for_name("localhost");
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    begins(&shown(params, true).await, "tls: ");
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    begins(&shown(for_name("elsewhere.example"), true).await, "tls: ");
}
