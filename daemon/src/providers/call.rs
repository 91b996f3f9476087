//! One request to a service, and its answer judged.

use super::Trouble;
use crate::config::{Config, Secret};
use crate::outbound::{Answer, Class, Client, Failure, Limits};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How a key is shown to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `Authorization: KEY`.
    Bare,
    /// `x-goog-api-key: KEY`.
    Google,
}

/// A service with its address and key; clones share connections.
#[derive(Clone)]
pub struct Service {
    /// Its name in the configuration.
    pub name: &'static str,
    base: String,
    key: Secret,
    shown: Shown,
    client: Client,
    total: Duration,
    largest: usize,
}

impl Service {
    /// A service. `largest` bytes of an answer are read, within `total`.
    #[must_use]
    pub fn new(
        name: &'static str,
        base: String,
        key: Secret,
        shown: Shown,
        config: &Config,
        total: Duration,
        largest: usize,
    ) -> Self {
        let limits = Limits {
            connect: Duration::from_secs(10),
            total,
            // Answers are read piece by piece here: one that breaks off must not be taken for a whole one.
            read: 0,
        };
        Self {
            name,
            base,
            key,
            shown,
            client: super::client(config, limits),
            total,
            largest,
        }
    }

    /// Where its paths begin.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The header that shows the key.
    ///
    /// # Errors
    /// Class `config` for a key that no header can hold.
    pub fn proof(&self) -> Result<(hyper::header::HeaderName, HeaderValue), Trouble> {
        let (name, text) = match self.shown {
            Shown::Bearer => (
                AUTHORIZATION,
                format!("Bearer {}", self.key.expose().trim()),
            ),
            Shown::Bare => (AUTHORIZATION, self.key.expose().trim().to_owned()),
            Shown::Google => (
                hyper::header::HeaderName::from_static("x-goog-api-key"),
                self.key.expose().trim().to_owned(),
            ),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            Trouble::new(
                crate::domain::ErrorClass::Config,
                "bad_key",
                format!("the key of {} holds characters that no key has", self.name),
                format!("Set [providers.{}] api_key to the key alone.", self.name),
            )
        })?;
        value.set_sensitive(true);
        Ok((name, value))
    }

    /// Sends JSON and reads what comes back as JSON.
    ///
    /// # Errors
    /// No answer, a refusal, or one that can't be read.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, Trouble> {
        let answer = self.post_raw(path, body).await?;
        self.json(&answer)
    }

    /// Sends JSON; the answer as it came.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn post_raw(&self, path: &str, body: &serde_json::Value) -> Result<Answer, Trouble> {
        let bytes = Bytes::from(body.to_string());
        self.send(
            Method::POST,
            path,
            Some(("application/json".to_owned(), bytes)),
        )
        .await
    }

    /// Asks, and reads what comes back as JSON.
    ///
    /// # Errors
    /// As `post`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        let answer = self.send(Method::GET, path, None).await?;
        self.json(&answer)
    }

    /// One request. `path` begins with `/` and stands behind the base.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer larger than is read.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(String, Bytes)>,
    ) -> Result<Answer, Trouble> {
        let unfit = |problem: &str| {
            Trouble::new(
                crate::domain::ErrorClass::Config,
                "bad_address",
                format!(
                    "{} can't be asked at {}{path}: {problem}",
                    self.name, self.base
                ),
                format!("Correct [providers.{}] base_url.", self.name),
            )
        };
        let (kind, bytes) = body.map_or((None, Bytes::new()), |(kind, bytes)| (Some(kind), bytes));
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(ACCEPT, "*/*")
            .header(USER_AGENT, concat!("Reel/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(bytes))
            .map_err(|error| unfit(&error.to_string()))?;
        let (name, value) = self.proof()?;
        request.headers_mut().insert(name, value);
        if let Some(kind) = kind {
            let kind = HeaderValue::from_str(&kind).map_err(|error| unfit(&error.to_string()))?;
            request.headers_mut().insert(CONTENT_TYPE, kind);
        }
        let started = std::time::Instant::now();
        let outcome = tokio::time::timeout(self.total, self.whole(request)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            let limit = self.total.as_secs();
            let words = format!("no whole answer within {limit} s");
            Err(Trouble::silent(
                self.name,
                &Failure::after_sending(Class::Timeout, words),
            ))
        });
        let status = outcome.as_ref().map_or(0, |answer| answer.status.as_u16());
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(component = "CALL", service = self.name, ms, status, "asked");
        let answer = outcome?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(Trouble::refused(
            self.name,
            &answer,
            self.key.expose().trim(),
        ))
    }

    /// The answer with all of its body.
    async fn whole(&self, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        let silent = |failure: Failure| Trouble::silent(self.name, &failure);
        let mut stream = self.client.open(request).await.map_err(silent)?;
        let mut body = Vec::new();
        while let Some(piece) = stream.next().await.map_err(silent)? {
            if body.len() + piece.len() > self.largest {
                return Err(Trouble {
                    sent: true,
                    ..Trouble::unreadable(
                        self.name,
                        &format!("it has more than {} bytes", self.largest),
                    )
                });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            status: stream.status,
            headers: std::mem::take(&mut stream.headers),
            body,
        })
    }

    /// An answer's body as JSON.
    ///
    /// # Errors
    /// One that can't be read.
    pub fn json<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Trouble> {
        serde_json::from_slice(&answer.body)
            .map_err(|error| Trouble::unreadable(self.name, &error.to_string()))
    }
}
