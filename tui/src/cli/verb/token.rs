//! `reel token`: who may ask this daemon over TCP, and for what.

use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::moment;
use crate::cli::output::Look;
use crate::cli::table::{Cell, Side, Table};
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reel_shared::client::{ClientError, segment};
use reel_shared::request::TokenRequest;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub act: Act,
}

#[derive(Debug, clap::Subcommand)]
pub enum Act {
    /// Make a token; it is printed this once and never again
    Create(Create),
    /// List the tokens
    Ls,
    /// End a token at once, its open streams too
    Revoke {
        /// The token's id, as `reel token ls` shows it
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

const EXAMPLES: &str = "\
Examples:
  reel token create ci --scope operate --ttl 90d > ci.token
  reel token create anna --scope operate --user anna --own
  reel --connect ws://box:3124 --token-file ci.token ls";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Create {
    /// What it is for
    pub name: String,
    /// What it may: each holds the ones before
    #[arg(long, value_name = "S", value_parser = PossibleValuesParser::new(["read", "operate", "admin"]))]
    pub scope: String,
    /// Whose workflows it makes [default: its name]
    #[arg(long, value_name = "U")]
    pub user: Option<String>,
    /// It sees and changes that user's workflows alone
    #[arg(long)]
    pub own: bool,
    /// How long it is good for, as 90d [default: for ever]
    #[arg(long, value_name = "D")]
    pub ttl: Option<String>,
}

#[derive(Deserialize)]
struct Listing {
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    id: String,
    name: String,
    scope: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    own: bool,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    last_used_at: Option<String>,
}

/// Makes, lists or revokes.
pub async fn run(context: &mut Context, args: Args) -> Outcome {
    match args.act {
        Act::Create(create) => make(context, create).await,
        Act::Ls => list(context).await,
        Act::Revoke { ids } => revoke(context, &ids).await,
    }
}

async fn make(context: &mut Context, create: Create) -> Outcome {
    let request = TokenRequest {
        name: create.name,
        scope: create.scope,
        user: create.user,
        own: create.own.then_some(true),
        ttl: create.ttl,
    };
    let data: Value = context.http.post("/api/tokens", &request).await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let token = data
        .get("token")
        .and_then(Value::as_str)
        .ok_or_else(|| ClientError::Protocol("a new token without its text".to_owned()))?;
    context.out.line(token)?;
    context.out.flush()?;
    eprintln!("reel: keep it: the daemon has only its hash and can't show it again");
    Ok(())
}

async fn list(context: &mut Context) -> Outcome {
    let data: Value = context.http.get("/api/tokens").await?;
    if context.out.json {
        return context.out.json(&data);
    }
    let listing: Listing =
        serde_json::from_value(data).map_err(|error| ClientError::Protocol(error.to_string()))?;
    if listing.tokens.is_empty() {
        eprintln!("reel: there are no tokens; `reel token create NAME --scope read` makes one");
        return Ok(());
    }
    let width = context.width();
    table(&listing.tokens, Timestamp::now(), &TimeZone::system()).print(&mut context.out, width)
}

fn table(tokens: &[Token], now: Timestamp, zone: &TimeZone) -> Table {
    let mut table = Table::new(&[
        ("ID", Side::Left),
        ("SCOPE", Side::Left),
        ("USER", Side::Left),
        ("SEES", Side::Left),
        ("USED", Side::Left),
        ("EXPIRES", Side::Left),
        ("NAME", Side::Left),
    ]);
    for token in tokens {
        let time = |text: &Option<String>, none: &str| match text {
            Some(text) => moment::clock(text, now, zone),
            None => none.to_owned(),
        };
        table.row(vec![
            Cell::with(&token.id, Look::Bold),
            Cell::new(&token.scope),
            Cell::new(token.user.as_deref().unwrap_or_default()),
            Cell::new(if token.own { "own" } else { "all" }),
            Cell::new(time(&token.last_used_at, "never")),
            Cell::new(time(&token.expires_at, "never")),
            Cell::new(&token.name),
        ]);
    }
    table
}

async fn revoke(context: &mut Context, ids: &[String]) -> Outcome {
    let mut failed = false;
    for id in ids {
        match context
            .http
            .delete(&format!("/api/tokens/{}", segment(id)))
            .await
        {
            Ok(()) => context.out.line(&format!("{id} revoked"))?,
            Err(error) if ids.len() == 1 || error.is_unreachable() => return Err(error.into()),
            Err(error) => {
                context.out.flush()?;
                crate::cli::failure::Failure::from(error).tell(Some(id));
                failed = true;
            }
        }
    }
    if failed {
        Err(crate::cli::failure::Failure::Told(1))
    } else {
        Ok(())
    }
}
