//! A link opens what it was made for, until its time is over, and nothing else.

use super::*;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt as _;

const HTTP: Http = Http {
    tls_cert: None,
    tls_key: None,
    origins: Vec::new(),
    insecure_listen: false,
    public_url: None,
};
const HOUR: Duration = Duration::from_secs(3600);

fn links() -> Links {
    Links {
        key: [7; KEY],
        listen: Some(([127, 0, 0, 1], 3124).into()),
    }
}

fn parts(link: &str) -> (String, String) {
    let url = url::Url::parse(link).unwrap();
    (
        url.path().to_owned(),
        url.query().unwrap_or_default().to_owned(),
    )
}

#[test]
fn the_key_is_made_once_and_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let first = Links::open(dir.path(), None).unwrap();
    let path = dir.path().join(FILE);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = Links::open(dir.path(), None).unwrap();
    assert_eq!(first.key, again.key);
    std::fs::write(&path, b"short").unwrap();
    let told = Links::open(dir.path(), None).err().unwrap().to_string();
    assert!(
        told.contains("5 bytes") && told.contains("remove it"),
        "{told}"
    );
}

#[test]
fn links_stand_on_the_public_url_else_on_what_is_listened_on() {
    let links = links();
    assert_eq!(links.base(&HTTP), "http://127.0.0.1:3124");
    let public = Http {
        public_url: Some("https://reel.example/x".into()),
        ..HTTP
    };
    assert!(
        links
            .to(&public, "/a", &[], 0, HOUR)
            .starts_with("https://reel.example/x/a?expires=3600&signature=")
    );
    let unheard = Links {
        listen: None,
        ..links
    };
    assert_eq!(unheard.base(&HTTP), "http://localhost");
}

#[test]
fn a_link_holds_until_its_time_is_over() {
    let links = links();
    let (path, query) = parts(&links.to(&HTTP, "/a/b", &[("quality", "720p")], 1_500, HOUR));
    assert!(Links::is_one(&query));
    assert_eq!(links.judge(&path, &query, 1_500), Ok(()));
    assert_eq!(links.judge(&path, &query, 3_601_499), Ok(()));
    assert_eq!(links.judge(&path, &query, 3_602_000), Err(Void::Expired));
    let (path, query) = parts(&links.to(&HTTP, "/a/b", &[], 0, Duration::ZERO));
    assert_eq!(links.judge(&path, &query, 0), Err(Void::Expired));
}

#[test]
fn whatever_is_changed_voids_it() {
    let links = links();
    let (path, query) = parts(&links.to(&HTTP, "/a/b", &[("quality", "720p")], 0, HOUR));
    let wrong = |path: &str, query: &str| {
        assert_eq!(
            links.judge(path, query, 0),
            Err(Void::Wrong),
            "{path}?{query}"
        )
    };
    wrong("/a/c", &query);
    wrong(&path, &query.replace("720p", "1080p"));
    wrong(&path, &query.replace("expires=3600", "expires=9999"));
    wrong(&path, &format!("{query}&index=1"));
    wrong(&path, &format!("{query}&expires=3600"));
    wrong(&path, query.trim_start_matches("quality=720p&"));
    wrong(&path, "signature=&expires=3600");
    wrong(&path, "expires=3600");
    wrong(&path, "");
    let others = Links {
        key: [8; KEY],
        listen: None,
    };
    assert_eq!(others.judge(&path, &query, 0), Err(Void::Wrong));
}

proptest! {
    #[test]
    fn every_link_opens_and_no_other_text_does(
        path in "/[a-z0-9/_-]{0,40}",
        name in "[a-z]{1,8}",
        value in "\\PC{0,20}",
        now in 0_i64..4_000_000_000_000,
        junk in "\\PC{0,60}",
    ) {
        prop_assume!(name != EXPIRES && name != SIGNATURE);
        let links = links();
        let (path, query) = parts(&links.to(&HTTP, &path, &[(&name, &value)], now, HOUR));
        prop_assert_eq!(links.judge(&path, &query, now), Ok(()));
        prop_assert_eq!(links.judge(&path, &junk, now), Err(Void::Wrong));
    }
}
