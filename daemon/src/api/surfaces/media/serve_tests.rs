//! Ranges, conditions and names of a served file.

use super::*;
use http_body_util::BodyExt as _;
use std::io::Write as _;

const TEXT: &[u8] = b"0123456789";
const HASH: &str = "\"abc\"";

fn served() -> Served {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(TEXT).unwrap();
    let facts = file.metadata().unwrap();
    Served {
        file,
        facts,
        sha256: Some("abc".to_owned()),
        content_type: "video/mp4",
        disposition: disposition("inline", "a", "mp4"),
        cache: "private, no-cache",
    }
}

fn headers(given: &[(HeaderName, &str)]) -> HeaderMap {
    let pairs = given
        .iter()
        .map(|(name, text)| (name.clone(), HeaderValue::from_str(text).unwrap()));
    pairs.collect()
}

async fn said(given: &[(HeaderName, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let answer = answer(&headers(given), served(), &[]);
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    (parts.status.as_u16(), parts.headers, body)
}

#[tokio::test]
async fn a_part_is_sent_with_its_place() {
    let (status, headers, body) = said(&[(header::RANGE, "bytes=2-4")]).await;
    assert_eq!((status, body.as_slice()), (206, &b"234"[..]));
    assert_eq!(headers["content-range"], "bytes 2-4/10");
    assert_eq!(headers["content-length"], "3");
    let (status, headers, body) = said(&[(header::RANGE, "bytes=-2")]).await;
    assert_eq!((status, body.as_slice()), (206, &b"89"[..]));
    assert_eq!(headers["content-range"], "bytes 8-9/10");
    let (status, headers, body) = said(&[]).await;
    assert_eq!((status, body.as_slice()), (200, TEXT));
    assert_eq!(
        (&headers["accept-ranges"], &headers["etag"]),
        (
            &HeaderValue::from_static("bytes"),
            &HeaderValue::from_static(HASH)
        )
    );
    let (status, headers, body) = said(&[(header::RANGE, "bytes=10-")]).await;
    assert_eq!(
        (status, &headers["content-range"]),
        (416, &HeaderValue::from_static("bytes */10"))
    );
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"]["code"], "range_not_satisfiable");
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    for known in [HASH, "W/\"abc\"", "\"x\", \"abc\"", "*"] {
        let (status, _, body) =
            said(&[(header::IF_NONE_MATCH, known), (header::RANGE, "bytes=0-1")]).await;
        assert_eq!((status, body.len()), (304, 0), "{known}");
    }
    assert_eq!(said(&[(header::IF_NONE_MATCH, "\"x\"")]).await.0, 200);
    let date = httpdate::fmt_http_date(served().modified() + Duration::from_secs(60));
    assert_eq!(said(&[(header::IF_MODIFIED_SINCE, &date)]).await.0, 304);
    let both = [
        (header::IF_NONE_MATCH, "\"x\""),
        (header::IF_MODIFIED_SINCE, date.as_str()),
    ];
    assert_eq!(said(&both).await.0, 200, "the tag goes before the date");
}

#[tokio::test]
async fn a_range_of_other_content_gets_the_whole() {
    let range = (header::RANGE, "bytes=0-1");
    assert_eq!(
        said(&[range.clone(), (header::IF_RANGE, HASH)]).await.0,
        206
    );
    for other in [
        "\"x\"",
        "W/\"abc\"",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "nonsense",
    ] {
        assert_eq!(
            said(&[range.clone(), (header::IF_RANGE, other)]).await.0,
            200,
            "{other}"
        );
    }
}

#[test]
fn any_title_becomes_a_name() {
    let text = |title: &str| {
        disposition("attachment", title, "mp4")
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        text("Sunset"),
        "attachment; filename=\"Sunset.mp4\"; filename*=UTF-8''Sunset.mp4"
    );
    assert_eq!(
        text("Über \"x\"/../"),
        "attachment; filename=\"_ber x.mp4\"; filename*=UTF-8''%C3%9Cber%20x.mp4"
    );
    assert!(text("\r\n\0").contains("filename=\"video.mp4\""));
    assert!(text(&"终".repeat(500)).len() < 1_000);
}

#[test]
fn without_a_hash_the_tag_follows_size_and_time() {
    let mut one = served();
    one.sha256 = None;
    assert!(one.tag().starts_with("\"a-"), "{}", one.tag());
}
