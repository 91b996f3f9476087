//! Access tokens, made from each channel's refresh token; asked for by one at a time, kept until shortly before their end.

use super::refusal::{Kind, Refusal};
use crate::config::{Channel, Secret};
use crate::outbound::Client;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::form_urlencoded;

/// A token is no longer used so long before its end.
const EARLY: Duration = Duration::from_secs(60);

/// The tokens of all channels.
pub(super) struct Tokens {
    url: String,
    /// By the refresh token's hash. Held while one is asked for: who comes meanwhile gets the same.
    held: Mutex<HashMap<[u8; 32], (Secret, Instant)>>,
}

impl Tokens {
    pub fn new(url: String) -> Self {
        Self {
            url,
            held: Mutex::default(),
        }
    }

    /// A token of this channel; with `fresh` never one that was used before.
    ///
    /// # Errors
    /// Kind `Consent` when the channel's owner has to agree again.
    pub async fn get(
        &self,
        client: &Client,
        channel: &Channel,
        fresh: bool,
    ) -> Result<Secret, Refusal> {
        let (Some(secret), Some(refresh)) = (&channel.client_secret, &channel.refresh_token) else {
            return Err(Refusal::new(
                Kind::Consent,
                "no_credentials",
                "client_secret or refresh_token of the channel is missing",
            ));
        };
        let key: [u8; 32] = Sha256::digest(refresh.expose().as_bytes()).into();
        let mut held = self.held.lock().await;
        if let Some((token, until)) = held.get(&key)
            && !fresh
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &channel.client_id)
            .append_pair("client_secret", secret.expose())
            .append_pair("refresh_token", refresh.expose())
            .append_pair("grant_type", "refresh_token")
            .finish();
        let request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Refusal::broken(&format!("[youtube] token_url: {error}")))?;
        let answer = client.send(request).await.map_err(Refusal::network)?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if !answer.status.is_success() {
            return Err(refused(answer.status.as_u16(), &said));
        }
        let token = said["access_token"]
            .as_str()
            .ok_or_else(|| Refusal::broken("the answer to the refresh token holds no token"))?;
        let token = Secret::new(token);
        let life = Duration::from_secs(said["expires_in"].as_u64().unwrap_or(3600));
        held.insert(
            key,
            (token.clone(), Instant::now() + life.saturating_sub(EARLY)),
        );
        Ok(token)
    }
}

fn refused(status: u16, said: &Value) -> Refusal {
    let word = said["error"].as_str().unwrap_or("token_refused");
    let more = said["error_description"].as_str().unwrap_or_default();
    let passing = matches!(status, 408 | 429 | 500..)
        || matches!(
            word,
            "internal_failure" | "server_error" | "temporarily_unavailable"
        );
    let (kind, hint) = if passing {
        (Kind::Passing, "")
    } else {
        (Kind::Consent, "; the channel's owner has to agree again")
    };
    Refusal::new(kind, word, format!("no access token: {word}: {more}{hint}"))
}
