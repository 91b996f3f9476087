//! The verbs about deliveries.

use super::{Page, each, endpoint};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::{Look, plain};
use crate::cli::table::{Cell, Side, Table};
use crate::cli::{moment, when};
use crate::curl;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use reel_shared::client::{ClientError, Query, segment};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Listing {
    deliveries: Vec<Delivery>,
    total: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    delivery_id: String,
    event_type: String,
    status: String,
    created_at: String,
    next_attempt_at: Option<String>,
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    number: u32,
    at: String,
    status: Option<u16>,
    latency: u64,
    error: Option<String>,
    #[serde(default)]
    response: String,
}

impl Attempt {
    fn outcome(&self) -> String {
        match (&self.error, self.status) {
            (Some(error), _) => error.clone(),
            (None, Some(status)) => format!("{status}"),
            (None, None) => String::new(),
        }
    }
}

fn with_page(path: &str, page: &Page) -> Query {
    Query::new(path)
        .with("limit", page.limit.to_string())
        .with("offset", page.offset.to_string())
}

pub(super) async fn failed(context: &mut Context, page: &Page) -> Outcome {
    let path = with_page("/api/webhooks/failed", page);
    let data: Value = context.http.get(path.as_str()).await?;
    print(context, data, "no delivery failed")
}

pub(super) async fn list(context: &mut Context, text: Option<String>, page: &Page) -> Outcome {
    let id = match text {
        Some(text) => endpoint::find(&mut context.http, &text).await?,
        None => only(context).await?,
    };
    let path = with_page(&format!("/api/webhooks/{}/deliveries", segment(&id)), page);
    let data: Value = context.http.get(path.as_str()).await?;
    print(
        context,
        data,
        &format!("nothing was sent to {id} yet; `reel webhooks test {id}` tries it"),
    )
}

/// The only endpoint there is.
async fn only(context: &mut Context) -> Outcome<String> {
    let mut all = endpoint::all(&mut context.http).await?;
    match all.len() {
        1 => Ok(all.remove(0).webhook_id),
        0 => Err(Failure::missing("there are no webhooks")
            .with_remedy("`reel webhooks add URL --event '*'` makes one")),
        many => Err(Failure::usage(format!("there are {many} webhooks"))
            .with_remedy("name one: `reel webhooks ls` lists them")),
    }
}

fn print(context: &mut Context, data: Value, none: &str) -> Outcome {
    if context.out.json {
        return context.out.json(&data);
    }
    let listing: Listing =
        serde_json::from_value(data).map_err(|error| ClientError::Protocol(error.to_string()))?;
    if listing.deliveries.is_empty() {
        eprintln!("reel: {none}");
        return Ok(());
    }
    let width = context.width();
    table(&listing.deliveries, Timestamp::now(), &TimeZone::system())
        .print(&mut context.out, width)?;
    let more = listing
        .total
        .saturating_sub(listing.deliveries.len() as u64);
    if more > 0 {
        context.out.flush()?;
        eprintln!("reel: {more} more; --limit and --offset show them");
    }
    Ok(())
}

/// A line a delivery, and below it one an attempt.
fn table(deliveries: &[Delivery], now: Timestamp, zone: &TimeZone) -> Table {
    let mut table = Table::new(&[
        ("DELIVERY", Side::Left),
        ("STATUS", Side::Left),
        ("AT", Side::Left),
        ("TOOK", Side::Right),
        ("WHAT", Side::Left),
    ]);
    for one in deliveries {
        let look = match one.status.as_str() {
            "delivered" => Look::Good,
            "failed" => Look::Bad,
            _ => Look::Plain,
        };
        let next = one
            .next_attempt_at
            .as_ref()
            .map(|at| format!("; next {}", moment::clock(at, now, zone)));
        table.row(vec![
            Cell::with(&one.delivery_id, Look::Bold),
            Cell::with(&one.status, look),
            Cell::new(moment::clock(&one.created_at, now, zone)),
            Cell::new(""),
            Cell::new(format!("{}{}", one.event_type, next.unwrap_or_default())),
        ]);
        for attempt in &one.attempts {
            let answer = attempt.response.lines().next().unwrap_or_default();
            table.row(vec![
                Cell::new(""),
                Cell::new(format!("#{}", attempt.number)),
                Cell::new(moment::clock(&attempt.at, now, zone)),
                Cell::new(moment::milliseconds(attempt.latency)),
                Cell::new(plain(format!("{} {answer}", attempt.outcome()).trim_end())),
            ]);
        }
    }
    table
}

pub(super) async fn show(context: &mut Context, id: &str) -> Outcome {
    let data: Value = context
        .http
        .get(&format!("/api/webhooks/deliveries/{}", segment(id)))
        .await?;
    if context.out.json {
        return context.out.json(&data);
    }
    context.out.line(&curl::command(&data["request"]))
}

pub(super) async fn retry(context: &mut Context, ids: &[String]) -> Outcome {
    each(context, ids, async |context: &mut Context, id: &str| {
        let data: Value = context
            .http
            .post(
                &format!("/api/webhooks/failed/{}/retry", segment(id)),
                &json!({}),
            )
            .await?;
        if context.out.json {
            return context.out.json(&data);
        }
        context.out.line(&format!("{id} is tried again"))
    })
    .await
}

pub(super) async fn retry_all(context: &mut Context) -> Outcome {
    let data: Value = context
        .http
        .post("/api/webhooks/failed/retry", &json!({}))
        .await?;
    counted(context, &data)
}

pub(super) async fn recover(context: &mut Context, text: Option<String>, since: &str) -> Outcome {
    let since = moment_ago(since, &Zoned::now()).map_err(Failure::usage)?;
    let ids = match text {
        Some(text) => vec![endpoint::find(&mut context.http, &text).await?],
        None => endpoint::all(&mut context.http)
            .await?
            .into_iter()
            .map(|one| one.webhook_id)
            .collect(),
    };
    let mut count = 0;
    for id in ids {
        let path = format!("/api/webhooks/{}/recover", segment(&id));
        let data: Value = context
            .http
            .post(&path, &json!({"since": since.to_string()}))
            .await?;
        count += data["count"].as_u64().unwrap_or_default();
    }
    counted(context, &json!({"count": count}))
}

fn counted(context: &mut Context, data: &Value) -> Outcome {
    if context.out.json {
        return context.out.json(data);
    }
    let count = data["count"].as_u64().unwrap_or_default();
    context.out.line(&format!("{count} tried again"))
}

/// A moment that was: RFC 3339, the last time the clock showed `14:30`, or so long ago.
pub(super) fn moment_ago(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(ago) = when::duration(text.trim_start_matches('-')) {
        return now
            .timestamp()
            .checked_sub(ago)
            .map_err(|_| format!("{text} is too long ago"));
    }
    let at = when::parse(text, now).map_err(|_| {
        format!(
            "{text:?} is no moment; write RFC 3339, a time of day (14:30), or so long ago (90m, 2d)"
        )
    })?;
    let is_time_of_day = !text.contains(['T', 't', ' ', '+']);
    if is_time_of_day && at > now.timestamp() {
        return at
            .to_zoned(now.time_zone().clone())
            .checked_sub(1.day())
            .map(|at| at.timestamp())
            .map_err(|error| error.to_string());
    }
    Ok(at)
}
