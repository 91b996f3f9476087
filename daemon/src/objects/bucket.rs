//! A bucket and how it is reached, from `[storage]`.

use super::ObjectError;
use super::uploads::Uploads;
use super::wire::Wire;
use crate::config::Storage;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::multipart::MultipartStore;
use object_store::signer::Signer;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use std::sync::Arc;
use std::time::Duration;

/// What `region = "auto"` is signed with: servers that have no regions take it, and it is Amazon's own default.
const REGION: &str = "us-east-1";

/// One bucket.
pub(super) struct Bucket {
    pub scheme: &'static str,
    pub name: String,
    /// Without slashes at its ends; may be empty.
    pub prefix: String,
    pub store: Arc<dyn ObjectStore>,
    pub multi: Arc<dyn MultipartStore>,
    pub signer: Arc<dyn Signer>,
    /// Where the server tells what was begun.
    pub uploads: Option<Uploads>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}/{}", self.scheme, self.name, self.prefix)
    }
}

impl Bucket {
    /// None for `file:`.
    pub fn of(storage: &Storage) -> Result<Option<Self>, ObjectError> {
        let Some((scheme, rest)) = storage.url.split_once("://") else {
            return Ok(None);
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            let problem = format!("`{}` names no bucket", storage.url);
            return Err(ObjectError::Config(problem));
        }
        let (name, prefix) = (name.to_owned(), prefix.trim_matches('/').to_owned());
        let wrong = |error: object_store::Error| ObjectError::Config(error.to_string());
        Ok(Some(match scheme {
            "s3" => {
                let store = Arc::new(s3(storage, &name).map_err(wrong)?);
                let uploads = Uploads::new(Arc::clone(&store), region(storage));
                Self {
                    uploads: Some(uploads),
                    ..Self::from("s3", store, name, prefix)
                }
            }
            "gs" => {
                let store = Arc::new(google(&name).map_err(wrong)?);
                Self::from("gs", store, name, prefix)
            }
            "az" => {
                let store = Arc::new(azure(storage, &name).map_err(wrong)?);
                Self::from("az", store, name, prefix)
            }
            other => {
                let problem = format!("`{other}://` is no store that is known");
                return Err(ObjectError::Config(problem));
            }
        }))
    }

    fn from<S>(scheme: &'static str, store: Arc<S>, name: String, prefix: String) -> Self
    where
        S: ObjectStore + MultipartStore + Signer,
    {
        Self {
            scheme,
            name,
            prefix,
            multi: Arc::clone(&store) as Arc<dyn MultipartStore>,
            signer: Arc::clone(&store) as Arc<dyn Signer>,
            store,
            uploads: None,
        }
    }
}

/// Nothing is tried again below us: retries are counted and told by who calls.
fn once() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 0,
        retry_timeout: Duration::ZERO,
    }
}

fn region(storage: &Storage) -> &str {
    match storage.region.as_str() {
        "auto" => REGION,
        other => other,
    }
}

fn s3(storage: &Storage, name: &str) -> object_store::Result<object_store::aws::AmazonS3> {
    let mut builder = match &storage.access_key_id {
        Some(_) => AmazonS3Builder::new(),
        // Amazon's own variables, else the machine's role.
        None => AmazonS3Builder::from_env(),
    };
    if let (Some(id), Some(key)) = (&storage.access_key_id, &storage.secret_access_key) {
        builder = builder
            .with_access_key_id(id.expose())
            .with_secret_access_key(key.expose());
    }
    if let Some(endpoint) = &storage.endpoint {
        let at = if storage.path_style {
            endpoint.clone()
        } else {
            hosted(endpoint, name)
        };
        builder = builder.with_endpoint(at);
    }
    builder
        .with_bucket_name(name)
        .with_region(region(storage))
        .with_virtual_hosted_style_request(!storage.path_style)
        .with_disable_tagging(true)
        .with_disable_bulk_delete(true)
        .with_retry(once())
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_http_connector(Wire::new())
        .build()
}

/// The bucket in the host's name.
fn hosted(endpoint: &str, bucket: &str) -> String {
    match endpoint.split_once("://") {
        Some((scheme, host)) => format!("{scheme}://{bucket}.{host}"),
        None => endpoint.to_owned(),
    }
}

fn google(name: &str) -> object_store::Result<object_store::gcp::GoogleCloudStorage> {
    GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(name)
        .with_retry(once())
        .with_http_connector(Wire::new())
        .build()
}

fn azure(
    storage: &Storage,
    name: &str,
) -> object_store::Result<object_store::azure::MicrosoftAzure> {
    let mut builder = MicrosoftAzureBuilder::from_env();
    if let (Some(id), Some(key)) = (&storage.access_key_id, &storage.secret_access_key) {
        builder = builder
            .with_account(id.expose())
            .with_access_key(key.expose());
    }
    if let Some(endpoint) = &storage.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    builder
        .with_container_name(name)
        .with_retry(once())
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_http_connector(Wire::new())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn storage(url: &str) -> Storage {
        let mut storage = Config::default_at("/nonexistent/reel").storage;
        storage.url = url.to_owned();
        storage
    }

    #[test]
    fn a_url_names_bucket_and_prefix() {
        let bucket = Bucket::of(&storage("s3://films/a/b/")).unwrap().unwrap();
        assert_eq!(format!("{bucket:?}"), "s3://films/a/b");
        assert!(Bucket::of(&storage("file:media")).unwrap().is_none());
        let nameless = Bucket::of(&storage("s3://")).unwrap_err();
        assert!(
            nameless.to_string().contains("names no bucket"),
            "{nameless}"
        );
    }

    #[test]
    fn the_bucket_may_stand_in_the_host() {
        assert_eq!(
            hosted("https://s3.example", "films"),
            "https://films.s3.example"
        );
    }
}
