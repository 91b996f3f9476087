//! A way to tell people, and what to do when it fails.

use super::gather::{Batch, Gather};
use super::{command, mail, slack};
use crate::config::{Email, Notify, NotifyCommand, Rules, Slack};
use crate::domain::Timestamp;
use crate::outbound::{Client, Limits, Policy, SystemResolver};
use std::sync::Arc;
use std::time::Duration;

/// The first wait after a failure; doubles each time,
const FIRST: Duration = Duration::from_secs(30);
/// up to this.
const LONGEST: Duration = Duration::from_secs(3600);

/// Why something could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// In words, with the remedy.
    pub problem: String,
    /// It will not pass by itself.
    pub lasting: bool,
    /// The other side asks for time.
    pub wait: Option<Duration>,
}

impl Trouble {
    pub fn passing(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            lasting: false,
            wait: None,
        }
    }

    pub fn lasting(problem: impl Into<String>) -> Self {
        Self {
            lasting: true,
            ..Self::passing(problem)
        }
    }
}

/// Where to.
#[derive(Clone)]
pub(super) enum To {
    Slack(Client, Slack),
    Mail(Email),
    Command(NotifyCommand),
}

impl To {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Slack(..) => "slack",
            Self::Mail(_) => "email",
            Self::Command(_) => "command",
        }
    }

    pub async fn send(&self, batch: &Batch) -> Result<(), Trouble> {
        match self {
            Self::Slack(client, settings) => {
                slack::send(client, settings.url.expose(), batch).await
            }
            Self::Mail(settings) => mail::send(settings, batch).await,
            Self::Command(settings) => command::send(&settings.run, batch).await,
        }
    }
}

/// One way with what it has gathered.
pub(super) struct Way {
    pub to: To,
    pub gather: Gather,
    /// Failures in a row.
    failures: u32,
    /// A message is under way.
    pub busy: bool,
}

impl Way {
    fn new(to: To, rules: &Rules, now: Timestamp) -> Self {
        Self {
            to,
            gather: Gather::new(rules.clone(), now),
            failures: 0,
            busy: false,
        }
    }

    /// Every way that is configured.
    pub fn all(config: &Notify, now: Timestamp) -> Vec<Self> {
        let client = || {
            Client::new(
                Policy::trusted(),
                None,
                Arc::new(SystemResolver),
                Limits::default(),
            )
        };
        let slack = config
            .slack
            .as_ref()
            .map(|one| Self::new(To::Slack(client(), one.clone()), &one.rules, now));
        let mail = config
            .email
            .as_ref()
            .map(|one| Self::new(To::Mail(one.clone()), &one.rules, now));
        let command = config
            .command
            .as_ref()
            .map(|one| Self::new(To::Command(one.clone()), &one.rules, now));
        slack.into_iter().chain(mail).chain(command).collect()
    }

    /// What follows from an attempt to tell.
    pub fn told(&mut self, batch: Batch, result: Result<(), Trouble>, now: Timestamp) {
        self.busy = false;
        let Err(trouble) = result else {
            self.failures = 0;
            return;
        };
        self.failures = self.failures.saturating_add(1);
        let doubled = FIRST
            .saturating_mul(1 << self.failures.saturating_sub(1).min(10))
            .min(LONGEST);
        let wait = if trouble.lasting {
            LONGEST
        } else {
            doubled.max(trouble.wait.unwrap_or_default()).min(LONGEST)
        };
        tracing::error!(
            component = "NOTIFY",
            way = self.to.word(),
            attempt = self.failures,
            "a notification could not be told: {}; it is tried again in {} s",
            trouble.problem,
            wait.as_secs()
        );
        self.gather.give_back(batch, now.plus(wait));
    }
}
