//! What is allowed, by which rule, and what never is.

use super::*;

fn policy(http: &[&str], private: &[&str]) -> Policy {
    let of = |texts: &[&str]| {
        Allow::of(
            texts == ["all"],
            &texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
        )
    };
    Policy {
        http: of(http),
        private: of(private),
        own: Own::default(),
        named: Vec::new(),
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn nothing_private_and_nothing_plain_is_the_default() {
    let policy = Policy::default();
    assert!(policy.admits("h", ip("1.1.1.1"), 443, false).is_ok());
    assert!(matches!(
        policy.admits("h", ip("1.1.1.1"), 80, true),
        Err(Blocked::Http(_))
    ));
    assert!(matches!(
        policy.admits("h", ip("10.0.0.1"), 443, false),
        Err(Blocked::Private { .. })
    ));
    assert!(matches!(
        policy.allows("h.example", 80, true),
        Err(Blocked::Http(_))
    ));
    assert!(
        policy.allows("h.example", 443, false).is_ok(),
        "a name is judged when it is connected to"
    );
    assert!(policy.allows("[::1]", 443, false).is_err());
}

#[test]
fn names_and_nets_open_what_they_name() {
    let policy = policy(&["10.0.0.0/8", "*.lan"], &["10.0.0.0/8", "box.lan"]);
    assert!(policy.admits("10.1.2.3", ip("10.1.2.3"), 80, true).is_ok());
    assert!(policy.admits("x", ip("::ffff:10.1.2.3"), 80, true).is_ok());
    assert!(
        policy
            .admits("BOX.lan.", ip("192.168.0.1"), 80, true)
            .is_ok()
    );
    assert!(
        policy
            .admits("other.lan", ip("192.168.0.1"), 80, true)
            .is_err()
    );
    assert!(
        policy.allows("any.example", 80, true).is_ok(),
        "its address may lie in a net that is allowed"
    );
    assert!(
        policy
            .admits("any.example", ip("1.1.1.1"), 80, true)
            .is_err()
    );
}

#[test]
fn metadata_is_opened_only_by_itself() {
    let metadata = ip("169.254.169.254");
    for private in [&["all"][..], &["169.254.0.0/16"]] {
        assert!(matches!(
            policy(&["all"], private).admits("m", metadata, 80, true),
            Err(Blocked::Metadata { .. })
        ));
    }
    assert!(
        policy(&["all"], &["169.254.169.254"])
            .admits("m", metadata, 80, true)
            .is_ok()
    );
}

#[test]
fn a_services_own_host_is_trusted_at_its_port_alone() {
    let policy = policy(&[], &[]).trusting(["http://127.0.0.1:9000/ask", "https://m.lan/x"]);
    assert!(
        policy
            .admits("127.0.0.1", ip("127.0.0.1"), 9000, true)
            .is_ok()
    );
    assert!(
        policy
            .admits("127.0.0.1", ip("127.0.0.1"), 9001, true)
            .is_err()
    );
    assert!(policy.admits("M.lan", ip("10.0.0.1"), 443, false).is_ok());
    assert!(
        policy
            .admits("other.lan", ip("10.0.0.1"), 443, false)
            .is_err()
    );
    policy.own.set(vec!["127.0.0.1:9000".parse().unwrap()]);
    assert!(
        policy
            .admits("127.0.0.1", ip("127.0.0.1"), 9000, true)
            .is_err()
    );
}

#[test]
fn our_own_door_is_never_reached() {
    let policy = policy(&["all"], &["all"]);
    policy.own.set(vec!["127.0.0.1:3124".parse().unwrap()]);
    for address in ["127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"] {
        assert!(
            matches!(
                policy.admits("h", ip(address), 3124, true),
                Err(Blocked::Own { .. })
            ),
            "{address}"
        );
    }
    assert!(policy.admits("h", ip("127.0.0.1"), 3125, true).is_ok());
    policy.own.set(vec!["0.0.0.0:3124".parse().unwrap()]);
    assert!(policy.admits("h", ip("127.0.0.1"), 3124, true).is_err());
    assert!(policy.admits("h", ip("1.1.1.1"), 3124, true).is_ok());
}
