//! The carrier over Redis Streams (<https://redis.io/docs/latest/develop/data-types/streams/>): `XADD`, `XREAD BLOCK`, `XTRIM MINID`.
//!
//! - No consumer groups: each stream has one reader, which knows by itself what it has, and a group would be one more thing
//!   that Redis can lose.
//! - A Redis that was flushed, or taken from a copy, may give ids smaller than those that were read: a reader that waited
//!   in vain looks whether the stream's last id is behind its own, and then begins with what is there.
//! - Every call has an end: a link that is cut silently is an error after `CALL`.

use super::{Entry, Link, LinkError, Reader};
use futures_util::future::BoxFuture;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::streams::{StreamInfoStreamReply, StreamReadReply};
use redis::{AsyncConnectionConfig, Client, RedisError, Value};
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The longest that a call which does not wait may take.
const CALL: Duration = Duration::from_secs(5);
/// Tries of one call to reach Redis before the caller is told.
const RETRIES: usize = 1;
const BODY: &str = "b";
const FROM: &str = "f";
const BEGINNING: &str = "0-0";

/// Streams in a Redis.
pub struct RedisLink {
    client: Client,
    shared: OnceCell<ConnectionManager>,
}

fn told(error: impl Display) -> LinkError {
    LinkError(error.to_string())
}

impl RedisLink {
    /// On this address (`redis://`, `rediss://`, `unix://`, with user and password if need be). Connects with the first call.
    ///
    /// # Errors
    /// An address that can't be understood. It is not repeated: it may hold a password.
    pub fn open(url: &str) -> Result<Self, LinkError> {
        let client = Client::open(url).map_err(|error| {
            LinkError(format!("the address of Redis can't be used: {error}; write redis://[USER:PASSWORD@]HOST:PORT[/DB], rediss:// for TLS"))
        })?;
        Ok(Self {
            client,
            shared: OnceCell::new(),
        })
    }

    /// One command's answer, on the shared connection.
    ///
    /// # Errors
    /// Not reached in time, or refused.
    pub async fn ask<T: redis::FromRedisValue>(
        &self,
        command: &redis::Cmd,
    ) -> Result<T, LinkError> {
        let mut connection = self.shared().await?;
        command.query_async(&mut connection).await.map_err(told)
    }

    async fn shared(&self) -> Result<ConnectionManager, LinkError> {
        let connect = || async {
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(RETRIES)
                .set_connection_timeout(Some(CALL))
                .set_response_timeout(Some(CALL));
            self.client
                .get_connection_manager_with_config(config)
                .await
                .map_err(told)
        };
        self.shared.get_or_try_init(connect).await.cloned()
    }
}

impl Link for RedisLink {
    fn add<'a>(
        &'a self,
        stream: &'a str,
        from: &'a str,
        bodies: Vec<Vec<u8>>,
        keep: Option<usize>,
    ) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            let mut connection = self.shared().await?;
            let mut pipe = redis::pipe();
            for body in bodies {
                let command = pipe.cmd("XADD").arg(stream);
                if let Some(keep) = keep {
                    command.arg("MAXLEN").arg("~").arg(keep);
                }
                command
                    .arg("*")
                    .arg(FROM)
                    .arg(from)
                    .arg(BODY)
                    .arg(body)
                    .ignore();
            }
            pipe.query_async::<()>(&mut connection).await.map_err(told)
        })
    }

    fn trim<'a>(&'a self, stream: &'a str, mark: &'a str) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            let mut command = redis::cmd("XTRIM");
            command.arg(stream).arg("MINID").arg(after(mark));
            self.ask::<Value>(&command).await.map(|_| ())
        })
    }

    fn reader(&self, stream: &str) -> Box<dyn Reader> {
        Box::new(RedisReader {
            client: self.client.clone(),
            connection: None,
            stream: stream.to_owned(),
            after: BEGINNING.to_owned(),
        })
    }
}

struct RedisReader {
    client: Client,
    connection: Option<MultiplexedConnection>,
    stream: String,
    after: String,
}

impl RedisReader {
    async fn read(&mut self, most: usize, wait: Duration) -> Result<Vec<Entry>, LinkError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                // The waiting itself is bounded below, by what each call is to wait.
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CALL))
                    .set_response_timeout(None);
                self.client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
                    .map_err(told)?
            }
        };
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(most);
        if !wait.is_zero() {
            command
                .arg("BLOCK")
                .arg(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1));
        }
        command.arg("STREAMS").arg(&self.stream).arg(&self.after);
        let asked = command.query_async::<Option<StreamReadReply>>(&mut connection);
        let reply = tokio::time::timeout(wait + CALL, asked)
            .await
            .map_err(|_| LinkError("Redis does not answer".into()))?
            .map_err(told)?;
        let entries = entries(reply);
        match entries.last() {
            Some(last) => self.after.clone_from(&last.mark),
            None if self.is_ahead(&mut connection).await? => BEGINNING.clone_into(&mut self.after),
            None => {}
        }
        // Only now: a connection whose answer was not awaited holds that answer still.
        self.connection = Some(connection);
        Ok(entries)
    }

    /// Whether the stream's last id is behind what was read: it is another stream than it was.
    async fn is_ahead(&self, connection: &mut MultiplexedConnection) -> Result<bool, LinkError> {
        if self.after == BEGINNING {
            return Ok(false);
        }
        let mut command = redis::cmd("XINFO");
        command.arg("STREAM").arg(&self.stream);
        let asked = command.query_async::<StreamInfoStreamReply>(connection);
        match tokio::time::timeout(CALL, asked).await {
            Err(_) => Err(LinkError("Redis does not answer".into())),
            Ok(Ok(info)) => Ok(number(&info.last_generated_id) < number(&self.after)),
            Ok(Err(error)) if is_missing(&error) => Ok(true),
            Ok(Err(error)) => Err(told(error)),
        }
    }
}

impl Reader for RedisReader {
    fn next(
        &mut self,
        most: usize,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Vec<Entry>, LinkError>> {
        Box::pin(self.read(most, wait))
    }
}

fn entries(reply: Option<StreamReadReply>) -> Vec<Entry> {
    let ids = reply
        .into_iter()
        .flat_map(|reply| reply.keys)
        .flat_map(|key| key.ids);
    ids.map(|id| Entry {
        body: id.get(BODY).unwrap_or_default(),
        from: id.get(FROM).unwrap_or_default(),
        mark: id.id,
    })
    .collect()
}

fn is_missing(error: &RedisError) -> bool {
    error.to_string().contains("no such key")
}

/// An id's two numbers.
fn number(id: &str) -> (u64, u64) {
    let (ms, n) = id.split_once('-').unwrap_or((id, "0"));
    (ms.parse().unwrap_or(0), n.parse().unwrap_or(0))
}

/// The least id behind this one.
fn after(mark: &str) -> String {
    let (ms, n) = number(mark);
    match n.checked_add(1) {
        Some(n) => format!("{ms}-{n}"),
        None => format!("{}-0", ms.saturating_add(1)),
    }
}
