//! The layers that find out who calls and hold each route to its scope.

use super::throttle::Source;
use super::{Caller, Scope, Via, token};
use crate::api::Api;
use crate::api::listen::Peer;
use crate::api::problem::Problem;
use crate::config::Loopback;
use crate::links::{Links, Void};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// What a browser's WebSocket puts before its token in `Sec-WebSocket-Protocol`.
pub const SUBPROTOCOL: &str = "bearer.";

/// What a route wants of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing: told more where the caller is known.
    Open,
    /// A signature over the body, or a token that may operate: the handler judges, which has the body.
    Signed,
    /// A signed link to it, or at least this scope.
    Linked(Scope),
    /// At least this scope.
    Wants(Scope),
}

/// Who calls, or why that isn't known; among every request's extensions.
#[derive(Debug, Clone)]
pub struct Identity(pub Result<Caller, Problem>);

/// Finds out who calls, and counts the request to them.
pub async fn identify(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().cloned() else {
        return Problem::internal(
            "the connection's peer is not known",
            &"no peer among the extensions",
        )
        .into_response();
    };
    let identity = caller(&api, &peer, request.headers());
    if let Peer::Tcp { address } = peer {
        let source = match &identity {
            Ok(Caller {
                via: Via::Token(entry),
                ..
            }) => Source::Token(entry.id.clone()),
            _ => Source::Address(address),
        };
        if let Err(wait) = api.throttle().request(&source) {
            let problem = Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "too many requests; [limits] requests_per_second and burst say how many are allowed",
            );
            return problem.after(wait).into_response();
        }
    }
    request.extensions_mut().insert(Identity(identity));
    next.run(request).await
}

/// Lets through whom the route allows.
pub async fn require(
    State((api, access)): State<(Api, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut identity = request.extensions().get::<Identity>().cloned();
    let query = request.uri().query().unwrap_or_default();
    if matches!(access, Access::Linked(_)) && Links::is_one(query) {
        let now = api.engine().now();
        match api.links().judge(request.uri().path(), query, now.0) {
            Ok(()) => identity = Some(Identity(Ok(Caller::by_link()))),
            Err(void) => return refused(void).into_response(),
        }
    }
    match (access, identity) {
        (Access::Open | Access::Signed, Some(Identity(Err(_))) | None) => {}
        (_, None) => return unknown().into_response(),
        (Access::Wants(_) | Access::Linked(_), Some(Identity(Err(problem)))) => {
            return problem.into_response();
        }
        (Access::Wants(scope) | Access::Linked(scope), Some(Identity(Ok(caller))))
            if caller.scope < scope =>
        {
            return too_small(&caller, scope).into_response();
        }
        (_, Some(Identity(Ok(caller)))) => {
            request.extensions_mut().insert(caller);
        }
    }
    next.run(request).await
}

/// 403 for a link that opens nothing, or no longer.
fn refused(void: Void) -> Problem {
    let code = match void {
        Void::Expired => "link_expired",
        Void::Wrong => "link_invalid",
    };
    Problem::new(StatusCode::FORBIDDEN, code, void.to_string())
}

/// 403 for a caller whose scope is too small.
#[must_use]
pub fn too_small(caller: &Caller, wanted: Scope) -> Problem {
    Problem::forbidden(format!(
        "this needs scope `{wanted}`, and yours is `{}`",
        caller.scope
    ))
}

fn unknown() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "a token is wanted: send `Authorization: Bearer TOKEN`; `reel token create NAME --scope S` on the daemon's box makes one",
    )
}

fn caller(api: &Api, peer: &Peer, headers: &HeaderMap) -> Result<Caller, Problem> {
    let address = match peer {
        Peer::Socket {
            user,
            trusted: true,
        } => {
            return Ok(Caller {
                scope: Scope::Admin,
                user: Arc::clone(user),
                own: false,
                via: Via::Socket,
            });
        }
        Peer::Socket {
            user,
            trusted: false,
        } => {
            let group = api.config().auth.socket_group.clone();
            return Err(Problem::forbidden(format!(
                "user `{user}` may not use this socket; join the group `{group}` ([auth] socket_group) or use a token over TCP"
            )));
        }
        Peer::Tcp { address } => *address,
    };
    let Some(text) = bearer(headers)? else {
        return loopback(api, address, headers).ok_or_else(unknown);
    };
    let now = api.engine().now();
    let Some(entry) = token::hash(text).and_then(|hash| api.tokens().find(&hash, now)) else {
        // A valid token is never slowed by others' guesses: only a refused one can be too many.
        if let Err(wait) = api.throttle().refused(address) {
            let problem = Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_refused_tokens",
                "too many tokens from this address were refused; wait a little and send one that is valid",
            );
            return Err(problem.after(wait));
        }
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "this token is not known: it is mistyped, expired or revoked; `reel token ls` lists those that hold",
        ));
    };
    if entry.used(now) {
        api.note_use(&entry, now);
    }
    Ok(Caller {
        scope: entry.scope,
        user: Arc::clone(&entry.user),
        own: entry.own,
        via: Via::Token(entry),
    })
}

/// The token that a request carries, by header or as a WebSocket subprotocol.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(value) = given.next() {
        if given.next().is_some() {
            return Err(Problem::malformed(
                "there is more than one Authorization header; send one",
            ));
        }
        let text = value.to_str().unwrap_or_default();
        let token = text
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return Ok(Some(token.map_or("", |(_, token)| token.trim())));
    }
    let protocols = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut words = protocols
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','));
    Ok(words.find_map(|word| word.trim().strip_prefix(SUBPROTOCOL)))
}

/// The caller that `[auth] loopback = "operate"` lets in.
fn loopback(api: &Api, address: IpAddr, headers: &HeaderMap) -> Option<Caller> {
    let allowed = api.config().auth.loopback == Loopback::Operate
        && address.is_loopback()
        && !headers.contains_key(header::ORIGIN)
        && headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .is_some_and(is_local);
    allowed.then(|| Caller {
        scope: Scope::Operate,
        user: Arc::from("local"),
        own: false,
        via: Via::Loopback,
    })
}

/// Whether a `Host` names this very box, whatever its port.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_box_are_local() {
        for local in [
            "localhost",
            "LOCALHOST:3124",
            "127.0.0.1:3124",
            "127.9.9.9",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_local(local), "{local}");
        }
        for other in [
            "",
            "evil.example",
            "localhost.evil.example:3124",
            "10.0.0.1",
            "[::2]:80",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_local(other), "{other}");
        }
    }

    #[test]
    fn the_token_is_found_in_either_place() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers).unwrap(), None);
        headers.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            "reel.v1, bearer.abc".parse().unwrap(),
        );
        assert_eq!(bearer(&headers).unwrap(), Some("abc"));
        headers.insert(header::AUTHORIZATION, "bearer  xyz".parse().unwrap());
        assert_eq!(
            bearer(&headers).unwrap(),
            Some("xyz"),
            "the header goes first"
        );
        headers.insert(header::AUTHORIZATION, "Basic xyz".parse().unwrap());
        assert_eq!(
            bearer(&headers).unwrap(),
            Some(""),
            "another scheme is a token that nobody knows"
        );
        headers.append(header::AUTHORIZATION, "Bearer two".parse().unwrap());
        assert!(bearer(&headers).is_err());
    }
}
