//! Which puts in parts an S3 server has begun under a key. `object_store` can't ask that, so the question is put together
//! here: with its credentials, its signature and its idea of where the bucket is.

use super::ObjectError;
use super::wire::Wire;
use futures_util::StreamExt as _;
use object_store::aws::{AmazonS3, AwsAuthorizer};
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse, HttpService as _};
use object_store::path::Path as Key;
use object_store::signer::Signer as _;
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A page of a thousand uploads is far smaller.
const LARGEST: usize = 4 << 20;

/// Asks an S3 server what it has begun.
pub(super) struct Uploads {
    store: Arc<AmazonS3>,
    region: String,
    wire: Wire,
}

/// One page of what was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// In the server's order; also those of keys that begin like the one that was asked for.
    pub uploads: Vec<Upload>,
    /// There are no more.
    pub is_whole: bool,
}

/// One put in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The whole key.
    pub key: String,
    /// What the server calls it.
    pub id: String,
    /// How long ago it was begun, by the server's clock; none where that can't be read.
    pub age: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    upload: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    key: String,
    upload_id: String,
    #[serde(default)]
    initiated: String,
}

impl Uploads {
    /// For this store, whose requests are signed for this region.
    pub fn new(store: Arc<AmazonS3>, region: &str) -> Self {
        Self {
            store,
            region: region.to_owned(),
            wire: Wire::new(),
        }
    }

    /// What was begun under a key.
    ///
    /// # Errors
    /// The server's: `Denied` where it does not let us ask.
    pub async fn of(&self, key: &Key) -> Result<Listing, ObjectError> {
        let mut request = self.question(key).await?;
        let credential = self.store.credentials().get_credential().await?;
        AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(&mut request, None)?;
        let answer = self.wire.call(request).await;
        let answer = answer.map_err(|error| ObjectError::Server(error.to_string()))?;
        match answer.status().as_u16() {
            200 => {}
            401 | 403 => {
                let problem = "it does not let us list uploads (s3:ListBucketMultipartUploads)";
                return Err(ObjectError::Denied(problem.to_owned()));
            }
            // Servers that can't say so.
            404 | 405 | 501 => {
                let status = answer.status();
                return Err(ObjectError::Denied(format!("listing uploads: {status}")));
            }
            other => {
                return Err(ObjectError::Server(format!("listing uploads: {other}")));
            }
        }
        let now = answer.headers().get(http::header::DATE);
        let now = now
            .and_then(|text| httpdate::parse_http_date(text.to_str().ok()?).ok())
            .unwrap_or_else(SystemTime::now);
        let text = body(answer).await?;
        read(&text, now)
    }

    /// `GET BUCKET?prefix=KEY&uploads=`, unsigned. Where the bucket is tells a link to the key.
    async fn question(&self, key: &Key) -> Result<HttpRequest, ObjectError> {
        let ttl = Duration::from_secs(60);
        let mut url = self.store.signed_url(http::Method::GET, key, ttl).await?;
        url.set_query(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            for _ in key.parts() {
                segments.pop();
            }
        }
        url.query_pairs_mut()
            .append_pair("prefix", key.as_ref())
            .append_pair("uploads", "");
        http::Request::get(url.as_str())
            .body(HttpRequestBody::empty())
            .map_err(|error| ObjectError::Server(error.to_string()))
    }
}

async fn body(answer: HttpResponse) -> Result<String, ObjectError> {
    let mut pieces = answer.into_body().bytes_stream();
    let mut whole = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| ObjectError::Server(error.to_string()))?;
        if whole.len() + piece.len() > LARGEST {
            let problem = format!("its list of uploads has more than {LARGEST} bytes");
            return Err(ObjectError::Server(problem));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&whole).into_owned())
}

fn read(text: &str, now: SystemTime) -> Result<Listing, ObjectError> {
    let page: Page = quick_xml::de::from_str(text).map_err(|error| {
        ObjectError::Server(format!("its list of uploads can't be read: {error}"))
    })?;
    let upload = |one: Written| Upload {
        age: one
            .initiated
            .parse::<jiff::Timestamp>()
            .ok()
            .and_then(|begun| now.duration_since(begun.into()).ok()),
        key: one.key,
        id: one.upload_id,
    };
    Ok(Listing {
        uploads: page.upload.into_iter().map(upload).collect(),
        is_whole: !page.is_truncated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_servers_write_it() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_289_477_091);
        let page = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Bucket>films</Bucket><KeyMarker/><MaxUploads>2</MaxUploads><IsTruncated>true</IsTruncated>
              <Upload><Key>a&amp;b.mp4</Key><UploadId>one</UploadId><Owner><ID>o</ID></Owner>
                <Initiated>2010-11-11T12:02:51.000Z</Initiated></Upload>
              <Upload><Key>c.mp4</Key><UploadId>two</UploadId><Initiated>some day</Initiated></Upload>
            </ListMultipartUploadsResult>"#;
        let listing = read(page, now).unwrap();
        assert!(!listing.is_whole);
        let told: Vec<_> = listing
            .uploads
            .iter()
            .map(|one| (one.key.as_str(), one.id.as_str(), one.age))
            .collect();
        let age = Some(Duration::from_secs(120));
        assert_eq!(told, [("a&b.mp4", "one", age), ("c.mp4", "two", None)]);
        let none = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";
        let empty = read(none, now).unwrap();
        assert!(empty.is_whole && empty.uploads.is_empty());
        assert!(read("<html>", now).is_err());
    }
}
