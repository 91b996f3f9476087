//! How long the way there and back is, measured twice a minute on a request that asks for nothing.

use super::Out;
use crate::app::LinkEvent;
use reel_shared::client::{Endpoint, Http, Method};
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_secs(30);

/// Runs until the screen is gone.
pub async fn run(endpoint: Endpoint, out: Out) {
    let mut http = Http::new(endpoint);
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first one opens the connection; only on an open one is the way alone measured.
    let mut open = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = out.closed() => return,
        }
        for _ in 0..2 {
            let began = Instant::now();
            let answered = http
                .request(Method::GET, "/healthz", None, &[])
                .await
                .is_ok();
            let measured = answered && open;
            open = answered;
            if !measured {
                continue;
            }
            let millis = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
            if out.send(LinkEvent::Rtt(millis)).await.is_none() {
                return;
            }
            break;
        }
    }
}
