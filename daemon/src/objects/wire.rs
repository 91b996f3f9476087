//! The store's requests go out by our own client: one way to the outside, one set of limits and authorities.

use crate::outbound::{Class, Client, Failure, Limits, Policy, SystemResolver};
use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use std::sync::Arc;
use std::time::Duration;

/// A part of some MiB has to go up a thin line within this, and an answer to come.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    total: Duration::from_secs(300),
    read: 0,
};

/// Makes clients for the store: always this one.
#[derive(Clone)]
pub(super) struct Wire(Client);

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// The configured store is trusted.
    pub fn new() -> Self {
        let resolver = Arc::new(SystemResolver);
        Self(Client::new(Policy::trusted(), None, resolver, LIMITS))
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let mut request = http::Request::from_parts(parts, Full::new(bytes));
        // Ours speaks HTTP/1.1 alone, and makes these itself.
        *request.version_mut() = http::Version::HTTP_11;
        let answer = self.0.open(request).await.map_err(told)?;
        let mut response = http::Response::builder().status(answer.status);
        if let Some(headers) = response.headers_mut() {
            *headers = answer.headers.clone();
        }
        let body = answer
            .into_body()
            .map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error));
        response
            .body(HttpResponseBody::new(body))
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))
    }
}

fn told(failure: Failure) -> HttpError {
    let kind = match (failure.class, failure.sent) {
        (Class::Timeout, _) => HttpErrorKind::Timeout,
        (_, true) => HttpErrorKind::Interrupted,
        (_, false) => HttpErrorKind::Connect,
    };
    HttpError::new(kind, failure)
}
