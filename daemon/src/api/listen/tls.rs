//! TLS on the TCP door: the certificate and key of `[http]`, read at the start and again at every reload. A connection keeps
//! what it began with.

use super::ListenError;
use crate::config::Http;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// What a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// The certificate and key that new connections get.
#[derive(Debug)]
pub struct Keys(RwLock<Arc<ServerConfig>>);

/// A certificate and key that go together, read but not in use yet.
pub struct Fresh(Arc<ServerConfig>);

/// Reads what the configuration names; none where it names nothing.
///
/// # Errors
/// Which file is not as it should be, and the remedy.
pub fn read(http: &Http) -> Result<Option<Fresh>, ListenError> {
    let (Some(cert), Some(key)) = (&http.tls_cert, &http.tls_key) else {
        return Ok(None);
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| {
            wrong(
                "tls_cert",
                cert,
                &error,
                "name a PEM file with the certificate and those above it",
            )
        })?;
    if chain.is_empty() {
        let problem = "there is no certificate in it";
        return Err(wrong(
            "tls_cert",
            cert,
            &problem,
            "name a PEM file with the certificate and those above it",
        ));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        wrong(
            "tls_key",
            key,
            &error,
            "name a PEM file with the certificate's private key, readable by the daemon",
        )
    })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("tls_cert", cert, &error, "tell the makers of Reel"))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| {
            wrong(
                "tls_key",
                key,
                &error,
                "name the key that belongs to the certificate of tls_cert",
            )
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Fresh(Arc::new(config))))
}

fn wrong(
    name: &'static str,
    path: &Path,
    problem: &dyn std::fmt::Display,
    remedy: &'static str,
) -> ListenError {
    ListenError::Tls {
        name,
        path: path.to_owned(),
        problem: problem.to_string(),
        remedy,
    }
}

impl Keys {
    /// With what was read.
    #[must_use]
    pub fn new(fresh: Fresh) -> Self {
        Self(RwLock::new(fresh.0))
    }

    /// New connections get this from now on.
    pub fn take(&self, fresh: Fresh) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fresh.0;
    }

    /// Shakes hands, within its time.
    ///
    /// # Errors
    /// What the client did instead.
    pub(super) async fn accept(&self, socket: TcpStream) -> Result<TlsStream<TcpStream>, String> {
        let config = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let shaken = TlsAcceptor::from(config).accept(socket);
        match tokio::time::timeout(HANDSHAKE, shaken).await {
            Ok(shaken) => shaken.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no handshake within {} s", HANDSHAKE.as_secs())),
        }
    }
}
