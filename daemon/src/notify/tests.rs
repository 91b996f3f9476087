//! What is told, how often, and to whom.

use super::conditions::Conditions;
use super::gather::{Batch, Gather};
use super::note::Note;
use super::way::Trouble;
use super::{command, mail, slack};
use crate::config::{Email, Rules, Secret};
use crate::domain::Timestamp;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

fn rules() -> Rules {
    Rules {
        events: vec!["video.failed".into()],
        pipelines: Vec::new(),
        labels: Vec::new(),
        fold: Duration::from_secs(300),
        rate: 1.0,
        quiet: None,
        zone: "UTC".into(),
    }
}

fn note(key: &str, id: &str) -> Note {
    Note {
        names: vec!["video.failed"],
        kind: "workflow.failed".into(),
        key: key.into(),
        title: format!("video {id} failed at {key}"),
        lines: vec!["Why: 429 <too many> & more.".into(), "Act: wait".into()],
        workflow: Some(id.into()),
        pipeline: Some("video".into()),
        labels: [("team".to_owned(), "news".to_owned())].into(),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1000)
}

#[test]
fn the_first_is_told_at_once_and_equal_ones_together() {
    let mut gather = Gather::new(rules(), at(0));
    gather.push(&note("tts", "a"), at(0));
    assert_eq!(
        gather.take(at(0)).unwrap().subject(),
        "video a failed at tts"
    );
    for (second, id) in ["b", "c", "d", "e", "f", "g", "h", "i", "j"]
        .into_iter()
        .enumerate()
    {
        gather.push(&note("tts", id), at(i64::try_from(second).unwrap() + 1));
    }
    gather.push(&note("compose", "k"), at(20));
    assert_eq!(
        gather.take(at(20)).unwrap().subject(),
        "video k failed at compose",
        "another kind does not wait"
    );
    assert_eq!(
        (gather.take(at(299)), gather.next(at(299))),
        (None, Some(at(300)))
    );
    let batch = gather.take(at(300)).unwrap();
    assert_eq!(batch.subject(), "video b failed at tts ×9");
    assert!(
        batch.text().contains("Also: c, d, e, f and 4 more."),
        "{}",
        batch.text()
    );
    assert_eq!(gather.next(at(300)), None);
}

#[test]
fn only_what_was_asked_for_is_told() {
    let wanted = |change: &dyn Fn(&mut Rules)| {
        let mut rules = rules();
        change(&mut rules);
        note("tts", "a").is_wanted(&rules)
    };
    assert!(wanted(&|_| {}));
    assert!(wanted(
        &|rules| rules.events = vec!["workflow.failed".into()]
    ));
    assert!(wanted(&|rules| rules.events = vec!["*".into()]));
    assert!(!wanted(
        &|rules| rules.events = vec!["video.completed".into()]
    ));
    assert!(!wanted(&|rules| rules.pipelines = vec!["clips".into()]));
    assert!(wanted(
        &|rules| rules.labels = vec![("team".into(), "news".into())]
    ));
    assert!(!wanted(
        &|rules| rules.labels = vec![("team".into(), "sport".into())]
    ));
}

#[test]
fn the_rate_gathers_what_is_more() {
    let mut gather = Gather::new(
        Rules {
            rate: 1.0 / 3600.0,
            ..rules()
        },
        at(0),
    );
    gather.push(&note("a", "a"), at(0));
    assert!(gather.take(at(0)).is_some());
    gather.push(&note("b", "b"), at(1));
    gather.push(&note("c", "c"), at(2));
    assert_eq!(gather.take(at(2)), None);
    let next = gather.next(at(2)).unwrap();
    assert!((at(3599)..=at(3601)).contains(&next), "{next:?}");
    assert_eq!(
        gather.take(at(3601)).unwrap().subject(),
        "video b failed at b and 1 more"
    );
}

#[test]
fn quiet_hours_are_kept_over_midnight() {
    // 1970-01-01 began at midnight UTC.
    let mut gather = Gather::new(
        Rules {
            quiet: Some((22 * 60, 7 * 60)),
            ..rules()
        },
        at(0),
    );
    gather.push(&note("a", "a"), at(3600 + 30));
    assert_eq!(
        (gather.take(at(3630)), gather.next(at(3630))),
        (None, Some(at(7 * 3600)))
    );
    assert!(gather.take(at(7 * 3600)).is_some());
    gather.push(&note("b", "b"), at(12 * 3600));
    assert!(gather.take(at(12 * 3600)).is_some(), "by day at once");
    gather.push(&note("c", "c"), at(23 * 3600));
    assert_eq!(gather.next(at(23 * 3600)), Some(at(31 * 3600)));
}

#[test]
fn what_could_not_be_told_comes_back_in_its_order() {
    let mut gather = Gather::new(rules(), at(0));
    gather.push(&note("a", "a"), at(0));
    gather.push(&note("b", "b"), at(0));
    let batch = gather.take(at(0)).unwrap();
    gather.push(&note("a", "c"), at(1));
    gather.give_back(batch, at(30));
    assert_eq!(gather.take(at(29)), None);
    let batch = gather.take(at(301)).unwrap();
    assert_eq!(
        batch.folded.iter().map(|one| one.count).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn a_condition_is_told_when_it_begins() {
    let mut conditions = Conditions::default();
    let told = |notes: Vec<Note>| notes.iter().map(|note| note.names[0]).collect::<Vec<_>>();
    assert_eq!(told(conditions.judge(99, 4, 0)), Vec::<&str>::new());
    assert_eq!(
        told(conditions.judge(100, 2, 3)),
        ["queue_backlog", "error_rate"]
    );
    assert_eq!(told(conditions.judge(150, 2, 4)), Vec::<&str>::new());
    assert_eq!(
        told(conditions.judge(60, 9, 4)),
        Vec::<&str>::new(),
        "still more than half of it"
    );
    assert_eq!(told(conditions.judge(40, 9, 4)), Vec::<&str>::new());
    assert_eq!(
        told(conditions.judge(100, 2, 4)),
        ["queue_backlog", "error_rate"]
    );
}

fn batch() -> Batch {
    let mut gather = Gather::new(rules(), at(0));
    gather.push(&note("tts", "a"), at(0));
    gather.take(at(0)).unwrap()
}

#[tokio::test]
async fn slack_gets_an_escaped_message_and_its_refusals_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/services/T/B/X", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let mut heard = Vec::new();
        for answer in [
            "200 OK\r\ncontent-length: 2\r\n\r\nok",
            "429 No\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n",
            "404 No\r\ncontent-length: 10\r\n\r\nno_service",
        ] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 16384];
            let mut read = 0;
            while !String::from_utf8_lossy(&bytes[..read]).ends_with("\"unfurl_links\":false}") {
                read += stream.read(&mut bytes[read..]).await.unwrap();
            }
            heard.push(String::from_utf8_lossy(&bytes[..read]).into_owned());
            stream
                .write_all(format!("HTTP/1.1 {answer}").as_bytes())
                .await
                .unwrap();
        }
        heard
    });
    let client = || {
        crate::outbound::Client::new(
            crate::outbound::Policy::trusted(),
            None,
            std::sync::Arc::new(crate::outbound::SystemResolver),
            crate::outbound::Limits::default(),
        )
    };
    assert_eq!(slack::send(&client(), &url, &batch()).await, Ok(()));
    let busy = slack::send(&client(), &url, &batch()).await.unwrap_err();
    assert_eq!(
        (busy.lasting, busy.wait),
        (false, Some(Duration::from_secs(90)))
    );
    let gone: Trouble = slack::send(&client(), &url, &batch()).await.unwrap_err();
    assert!(
        gone.lasting && gone.problem.contains("no_service") && !gone.problem.contains("services/T"),
        "{gone:?}"
    );
    let heard = served.await.unwrap();
    assert!(
        heard[0].contains("429 &lt;too many&gt; &amp; more."),
        "{}",
        heard[0]
    );
}

#[tokio::test]
async fn mail_is_handed_to_a_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = Email {
        smtp: Secret::new(format!("smtp://{}", listener.local_addr().unwrap())),
        from: "Reel <reel@example.org>".into(),
        to: vec!["ana@example.org".into(), "ben@example.org".into()],
        rules: rules(),
    };
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 box ESMTP\r\n").await.unwrap();
        let (mut heard, mut line, mut data) = (String::new(), String::new(), false);
        while stream.read_line(&mut line).await.unwrap() > 0 {
            let answer: &[u8] = match line.trim_end() {
                "." => b"250 taken\r\n",
                _ if data => b"",
                "DATA" => b"354 go on\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250 fine\r\n",
            };
            data = (data || line.starts_with("DATA")) && line.trim_end() != ".";
            heard.push_str(&line);
            stream.write_all(answer).await.unwrap();
            line.clear();
        }
        heard
    });
    assert_eq!(mail::send(&settings, &batch()).await, Ok(()));
    let heard = served.await.unwrap();
    for wanted in [
        "MAIL FROM:<reel@example.org>",
        "RCPT TO:<ben@example.org>",
        "Subject: [reel] video a failed at tts",
        "Act: wait",
    ] {
        assert!(heard.contains(wanted), "{wanted}: {heard}");
    }
    let wrong = Email {
        to: vec!["nobody".into()],
        ..settings
    };
    assert!(mail::send(&wrong, &batch()).await.unwrap_err().lasting);
}

#[tokio::test]
async fn a_program_gets_the_note_and_its_complaint_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("note.json");
    let run = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let tee = run(&["tee", file.to_str().unwrap()]);
    assert_eq!(command::send(&tee, &batch()).await, Ok(()));
    let said: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (&said["notes"][0]["event"], &said["notes"][0]["videoIds"][0]),
        (&"video.failed".into(), &"a".into())
    );
    let failed = command::send(&run(&["ls", "/no/such/place"]), &batch())
        .await
        .unwrap_err();
    assert!(
        !failed.lasting && failed.problem.contains("/no/such/place"),
        "{failed:?}"
    );
    assert!(
        command::send(&run(&["/no/such/program"]), &batch())
            .await
            .unwrap_err()
            .lasting
    );
}
