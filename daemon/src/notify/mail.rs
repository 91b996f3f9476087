//! E-mail, handed to a server: `smtps://` by TLS from the start, `smtp://` by STARTTLS where the server has it (with
//! `?tls=required` it must), name and password in the URL.

use super::gather::Batch;
use super::way::Trouble;
use crate::config::Email;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::time::Duration;

/// For each step of the conversation with the server.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Characters of a subject.
const SUBJECT: usize = 150;

fn mailbox(text: &str) -> Result<Mailbox, Trouble> {
    text.parse().map_err(|error| {
        Trouble::lasting(format!("[notify.email] `{text}` is no address: {error}"))
    })
}

/// The mail as it is sent.
pub(super) fn message(settings: &Email, batch: &Batch) -> Result<Message, Trouble> {
    let subject: String = format!("[reel] {}", batch.subject())
        .chars()
        .filter(|c| !c.is_control())
        .take(SUBJECT)
        .collect();
    let mut mail = Message::builder()
        .from(mailbox(&settings.from)?)
        .subject(subject)
        .header(ContentType::TEXT_PLAIN);
    for to in &settings.to {
        mail = mail.to(mailbox(to)?);
    }
    mail.body(batch.text())
        .map_err(|error| Trouble::lasting(format!("[notify.email] no mail could be made: {error}")))
}

pub(super) async fn send(settings: &Email, batch: &Batch) -> Result<(), Trouble> {
    let mail = message(settings, batch)?;
    let smtp = settings.smtp.expose();
    let url = if smtp.starts_with("smtp://") && !smtp.contains("tls=") {
        let mark = if smtp.contains('?') { '&' } else { '?' };
        format!("{smtp}{mark}tls=opportunistic")
    } else {
        smtp.to_owned()
    };
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
        .map_err(|error| Trouble::lasting(format!("[notify.email] smtp can't be used: {error}")))?
        .timeout(Some(TIMEOUT))
        .build();
    match transport.send(mail).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(Trouble::lasting(format!(
            "the mail server refused: {error}"
        ))),
        Err(error) => Err(Trouble::passing(format!("the mail server: {error}"))),
    }
}
