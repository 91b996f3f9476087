//! Which puts in parts were begun: s3s-fs knows, in the names of its files, but does not serve the question.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::route::S3Route;
use s3s::{Body, S3Request, S3Response, S3Result};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Answers `GET /BUCKET?uploads&prefix=…` to who signed it.
pub(super) struct Begun {
    pub folder: PathBuf,
    pub bucket: &'static str,
}

#[async_trait::async_trait]
impl S3Route for Begun {
    fn is_match(
        &self,
        method: &hyper::Method,
        uri: &hyper::Uri,
        _: &hyper::HeaderMap,
        _: &mut hyper::http::Extensions,
    ) -> bool {
        let mut names = pairs(uri).map(|(name, _)| name);
        *method == hyper::Method::GET && names.any(|name| name == "uploads")
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let prefix = pairs(&request.uri)
            .find(|(name, _)| *name == "prefix")
            .map_or_else(String::new, |(_, value)| value.replace("%2F", "/"));
        let uploads: String = all(&self.folder, self.bucket)
            .into_iter()
            .filter(|(key, ..)| key.starts_with(&prefix))
            .map(|(key, id, begun)| {
                format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{begun}</Initiated></Upload>")
            })
            .collect();
        let page = format!(
            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>{uploads}</ListMultipartUploadsResult>"
        );
        Ok(S3Response::new(Body::from(page)))
    }
}

fn pairs(uri: &hyper::Uri) -> impl Iterator<Item = (&str, &str)> {
    let query = uri.query().unwrap_or_default();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Key, id and beginning of every put in parts that is open.
fn all(folder: &Path, bucket: &str) -> Vec<(String, String, jiff::Timestamp)> {
    let start = format!(".bucket-{}.object-", URL_SAFE_NO_PAD.encode(bucket));
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let read = |file: std::fs::DirEntry| {
        let name = file.file_name().into_string().ok()?;
        let (key, id) = name
            .strip_prefix(&start)?
            .strip_suffix(".metadata.json")?
            .split_once(".upload-")?;
        let key = String::from_utf8(URL_SAFE_NO_PAD.decode(key).ok()?).ok()?;
        let begun = file.metadata().ok()?.modified().ok()?;
        Some((key, id.to_owned(), begun.try_into().ok()?))
    };
    files.filter_map(read).collect()
}

/// Lets time pass for everything in a folder.
pub(super) fn age(folder: &Path, by: Duration) -> std::io::Result<()> {
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_file() {
            let file = std::fs::File::options().append(true).open(path)?;
            file.set_modified(SystemTime::now() - by)?;
        }
    }
    Ok(())
}

/// Begins one as somebody else with the same key would have.
pub(super) fn begin(folder: &Path, bucket: &str, key: &str, id: &str) -> std::io::Result<()> {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let about = format!(
        ".bucket-{}.object-{}.upload-{id}.metadata.json",
        encode(bucket),
        encode(key)
    );
    std::fs::write(folder.join(about), "{}")?;
    std::fs::write(folder.join(format!(".upload-{id}.json")), "\"key\"")
}
