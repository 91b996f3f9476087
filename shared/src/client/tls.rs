//! TLS to a daemon: by the system's authorities, or those of `SSL_CERT_FILE`. Read when the first such connection is made.

use rustls_native_certs::load_native_certs;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Proves that the one at `address` (`host:port`) is who its name says.
///
/// # Errors
/// No authorities, or a certificate that doesn't hold; the message says what helps.
pub(super) async fn shake_hands(
    address: &str,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let config = tokio::task::spawn_blocking(config)
        .await
        .map_err(io::Error::other)??;
    let shaken = TlsConnector::from(config).connect(name, stream).await;
    shaken.map_err(|error| {
        let told = format!(
            "{error}; where the daemon's certificate is your own, name its authority in SSL_CERT_FILE"
        );
        io::Error::new(error.kind(), told)
    })
}

fn config() -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let found = load_native_certs();
    // A damaged certificate among them is passed over: the others still hold.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})"));
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!(
                "no certificate authority is trusted{}; install ca-certificates, or set SSL_CERT_FILE",
                why.unwrap_or_default()
            ),
        ));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
