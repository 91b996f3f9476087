//! The certificates that are trusted: the system's, and those of `[webhooks] ca_file`. Read once, when first needed.

use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Makes TLS connections.
#[derive(Debug, Default)]
pub(super) struct Tls {
    ca_file: Option<PathBuf>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub fn new(ca_file: Option<PathBuf>) -> Self {
        Self {
            ca_file,
            config: OnceCell::new(),
        }
    }

    /// The connector, or why there is none.
    pub async fn connector(&self) -> Result<TlsConnector, String> {
        let config = self
            .config
            .get_or_try_init(|| async {
                let ca_file = self.ca_file.clone();
                tokio::task::spawn_blocking(move || load(ca_file))
                    .await
                    .map_err(|error| error.to_string())?
            })
            .await?;
        Ok(TlsConnector::from(Arc::clone(config)))
    }
}

fn load(ca_file: Option<PathBuf>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    // A damaged certificate among the system's is passed over: the others still hold.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        let wrong = |problem: String| format!("[webhooks] ca_file {}: {problem}", file.display());
        let read =
            CertificateDer::pem_file_iter(&file).map_err(|error| wrong(error.to_string()))?;
        for certificate in read {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
    }
    if roots.is_empty() {
        return Err(
            "no certificate authority is trusted; install ca-certificates, or set [webhooks] ca_file".to_owned(),
        );
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
