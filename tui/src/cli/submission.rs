//! Handing a new workflow over, once: `submit` and `run` share it.
//!
//! Every request brings an idempotency key, so that one whose answer was lost (the daemon was restarted in between)
//! can be sent again without making a second workflow.

use super::failure::{Failure, Outcome};
use reel_shared::client::{ClientError, Http, Method, Reply};
use reel_shared::request::SubmitRequest;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// How long a lost answer is asked for again: a restart of the daemon takes far less.
const PATIENCE: Duration = Duration::from_secs(15);

/// The pauses between tries begin with this and double, up to a second.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The one field that the plain answer needs.
#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Hands it over; the answer is the workflow object.
pub async fn hand_over(http: &mut Http, request: &SubmitRequest) -> Outcome<Reply> {
    let body = serde_json::to_vec(request)
        .map_err(|error| Failure::failed(format!("the request can't be written: {error}")))?;
    let key = key()?;
    let mut lost: Option<(Instant, Duration)> = None;
    loop {
        let headers = [("idempotency-key", key.as_str())];
        let failure = match http
            .request(Method::POST, "/api/workflow", Some(body.clone()), &headers)
            .await
        {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        let again = match (&failure, &lost) {
            (ClientError::Lost { .. }, _) => true,
            (ClientError::Unreachable { .. }, Some(_)) => true,
            // The first try is still at work, or the daemon is on its way out.
            (
                ClientError::Problem {
                    status: 409,
                    problem,
                    ..
                },
                Some(_),
            ) => problem.code.starts_with("idempotency"),
            (ClientError::Problem { status: 503, .. }, Some(_)) => true,
            _ => false,
        };
        let (since, pause) = lost.unwrap_or((Instant::now(), FIRST_PAUSE));
        if !again || since.elapsed() > PATIENCE {
            return Err(failure.into());
        }
        tokio::time::sleep(pause).await;
        lost = Some((since, (pause * 2).min(Duration::from_secs(1))));
    }
}

/// The new workflow's id.
pub fn id(reply: &Reply) -> Outcome<String> {
    Ok(reply.data::<Made>()?.id)
}

/// 128 random bits in hex.
fn key() -> Outcome<String> {
    let mut bits = [0u8; 16];
    // So few bytes come whole, and in one system call.
    match rustix::rand::getrandom(&mut bits, rustix::rand::GetRandomFlags::empty()) {
        Ok(16) => {}
        Ok(_) => return Err(Failure::failed("the system gives too few random bytes")),
        Err(error) => {
            return Err(Failure::failed(format!(
                "the system gives no random bytes: {error}"
            )));
        }
    }
    Ok(format!("{:032x}", u128::from_ne_bytes(bits)))
}
