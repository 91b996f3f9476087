//! Every URL, with what it wants of its caller: one table, so that a test can walk it and nothing is served that is not
//! in it.
//!
//! The layers, from the outside in: request id, caller and rate limit, then for each route its scope, the first answer of a
//! repeated request, the answer's tag.

use super::auth::Scope;
use super::auth::guard::{self, Access};
use super::problem::Problem;
use super::surfaces::{
    acts, attention, deliveries, health, history, inbound, logs, metrics, pipelines, running,
    schedules, stats, status, store, submit, tokens, webhooks, why, workers,
};
use super::surfaces::{conversations, generations, jobs};
use super::surfaces::{media, service, upload, videos};
use super::{Api, answer, idempotency, measured, openapi, request_id, stream, worked};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use std::collections::BTreeMap;

/// What a route does, as far as its layers care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Tells something: its answer has a tag.
    Tells,
    /// Hands out a page or a file, not JSON: it sees to its own headers.
    Reads,
    /// Makes something: a repeated request gives the first answer again.
    Makes,
    /// Acts on something that is there.
    Acts,
    /// Speaks another protocol from there on.
    Upgrades,
}

/// A row of the table.
pub struct Route {
    /// By which method.
    pub method: Method,
    /// Where; `{name}` stands for any one segment.
    pub path: &'static str,
    /// What it wants of its caller.
    pub access: Access,
    /// What it does.
    pub kind: Kind,
    serve: fn() -> MethodRouter<Api>,
}

const OPEN: Access = Access::Open;
const SIGNED: Access = Access::Signed;
const LINKED: Access = Access::Linked(Scope::Read);
const READ: Access = Access::Wants(Scope::Read);
const OPERATE: Access = Access::Wants(Scope::Operate);
const ADMIN: Access = Access::Wants(Scope::Admin);

const fn row(
    method: Method,
    path: &'static str,
    access: Access,
    kind: Kind,
    serve: fn() -> MethodRouter<Api>,
) -> Route {
    Route {
        method,
        path,
        access,
        kind,
        serve,
    }
}

const fn tells(path: &'static str, access: Access, serve: fn() -> MethodRouter<Api>) -> Route {
    row(Method::GET, path, access, Kind::Tells, serve)
}

const fn sends(path: &'static str, serve: fn() -> MethodRouter<Api>) -> Route {
    row(Method::GET, path, LINKED, Kind::Reads, serve)
}

const fn makes(path: &'static str, access: Access, serve: fn() -> MethodRouter<Api>) -> Route {
    row(Method::POST, path, access, Kind::Makes, serve)
}

const fn acts(path: &'static str, access: Access, serve: fn() -> MethodRouter<Api>) -> Route {
    row(Method::POST, path, access, Kind::Acts, serve)
}

const fn deletes(path: &'static str, access: Access, serve: fn() -> MethodRouter<Api>) -> Route {
    row(Method::DELETE, path, access, Kind::Acts, serve)
}

/// All routes.
pub const TABLE: &[Route] = &[
    tells("/healthz", OPEN, || get(health::alive)),
    tells("/readyz", OPEN, || get(health::ready)),
    row(Method::GET, "/metrics", READ, Kind::Reads, || {
        get(metrics::page)
    }),
    tells("/openapi.json", OPEN, || get(openapi::serve::json)),
    row(Method::GET, "/docs", OPEN, Kind::Reads, || {
        get(openapi::serve::docs)
    }),
    row(Method::GET, "/api/events", READ, Kind::Upgrades, || {
        get(stream::open)
    }),
    // Document 000.
    tells("/api/workflow/status/{id}", READ, || get(status::one)),
    tells("/api/workflow/active", READ, || get(status::active)),
    tells("/api/workflow/history", READ, || get(history::page)),
    tells("/api/workflow/youtube/{id}/{channel}", READ, || {
        get(status::youtube)
    }),
    makes("/api/video/generate", OPERATE, || post(submit::video)),
    makes("/api/webhooks/register", ADMIN, || post(webhooks::register)),
    tells("/api/webhooks", READ, || get(webhooks::list)),
    deletes("/api/webhooks/{id}", ADMIN, || delete(webhooks::remove)),
    // Document 001.
    makes("/api/v1/videos/generate", OPERATE, || {
        post(videos::generate)
    }),
    tells("/api/v1/videos/jobs/{id}/status", READ, || {
        get(videos::status)
    }),
    makes("/api/v1/admin/jobs/{id}/reprocess", ADMIN, || {
        post(videos::reprocess)
    }),
    // Document 003.
    makes("/api/video/create", OPERATE, || post(service::create)),
    makes("/api/video/generate-video", OPERATE, || {
        post(service::generate)
    }),
    makes("/api/video/download-video", OPERATE, || {
        post(service::download)
    }),
    tells("/api/video/gallery", READ, || get(service::gallery)),
    tells("/api/video/history", READ, || get(service::history)),
    tells("/api/video/avatars", READ, || get(service::avatars)),
    tells("/api/video/voices", READ, || get(service::voices)),
    tells("/api/video/topics", READ, || get(service::topics)),
    tells("/api/video/status/{id}", READ, || get(service::status)),
    row(
        Method::PATCH,
        "/api/video/{id}",
        OPERATE,
        Kind::Acts,
        || patch(service::rename),
    ),
    // With `operate` one's own, with `admin` anyone's: the handler knows whose it is.
    deletes("/api/video/delete/{id}", OPERATE, || {
        delete(service::remove)
    }),
    // Document 004's recordings, sent in.
    row(
        Method::PUT,
        "/episodes/{id}/source",
        OPERATE,
        Kind::Acts,
        || put(upload::source),
    ),
    // Documents 001 and 003: finished files, by token or by signed link.
    sends("/api/v1/videos/jobs/{id}/download", || get(media::download)),
    sends("/api/v1/videos/jobs/{id}/stream", || get(media::stream)),
    sends("/api/v1/videos/jobs/{id}/thumbnail", || {
        get(media::thumbnail)
    }),
    tells("/api/v1/videos/jobs/{id}/metadata", READ, || {
        get(media::metadata)
    }),
    sends("/api/video/download/{id}", || get(media::download)),
    // Document 002.
    makes("/api/generations", OPERATE, || post(generations::create)),
    acts("/api/generations/{id}/clarify", OPERATE, || {
        post(generations::clarify)
    }),
    acts("/api/generations/{id}/confirm", OPERATE, || {
        post(generations::confirm)
    }),
    tells("/api/generations/{id}/status", READ, || {
        get(generations::status)
    }),
    makes("/api/conversations/{id}/messages", OPERATE, || {
        post(conversations::say)
    }),
    tells("/api/conversations/{id}/messages", READ, || {
        get(conversations::list)
    }),
    // Document 004.
    makes("/async/episodes/{id}/process", OPERATE, || {
        post(jobs::process)
    }),
    makes("/async/episodes/{id}/render_clips", OPERATE, || {
        post(jobs::render_clips)
    }),
    makes("/episodes/{id}/process", OPERATE, || {
        post(jobs::process_and_wait)
    }),
    tells("/async/jobs", READ, || get(jobs::list)),
    tells("/async/jobs/{id}", READ, || get(jobs::one)),
    deletes("/async/jobs/{id}", OPERATE, || delete(jobs::cancel)),
    tells("/async/stats", READ, || get(jobs::stats)),
    tells("/episodes/discover", READ, || get(jobs::discover)),
    tells("/episodes/{id}/clips", READ, || get(jobs::clips)),
    sends(
        "/episodes/{id}/clips/{clip}/{variant}/{aspect_ratio}",
        || get(jobs::file),
    ),
    // Documents 002 and 003: whoever signs may call, or shows a token; the handler judges which.
    acts("/api/webhooks/worker", SIGNED, || post(inbound::worker)),
    acts("/api/webhook/video-complete", SIGNED, || {
        post(inbound::video_complete)
    }),
    acts("/api/webhook/workflow-error", SIGNED, || {
        post(inbound::workflow_error)
    }),
    // Ours.
    row(
        Method::PATCH,
        "/api/webhooks/{id}",
        ADMIN,
        Kind::Acts,
        || patch(webhooks::change),
    ),
    makes("/api/webhooks/{id}/rotate-secret", ADMIN, || {
        post(webhooks::rotate)
    }),
    makes("/api/webhooks/{id}/test", ADMIN, || post(webhooks::test)),
    tells("/api/webhooks/{id}/deliveries", READ, || {
        get(deliveries::of)
    }),
    tells("/api/webhooks/failed", READ, || get(deliveries::failed)),
    tells("/api/webhooks/deliveries/{id}", READ, || {
        get(deliveries::show)
    }),
    acts("/api/webhooks/failed/{id}/retry", ADMIN, || {
        post(deliveries::retry)
    }),
    acts("/api/webhooks/failed/retry", ADMIN, || {
        post(deliveries::retry_all)
    }),
    acts("/api/webhooks/{id}/recover", ADMIN, || {
        post(deliveries::recover)
    }),
    makes("/api/workflow", OPERATE, || post(submit::workflow)),
    makes("/api/workflow/batch", OPERATE, || post(submit::batch)),
    acts("/api/workflow/{id}/cancel", OPERATE, || post(acts::cancel)),
    acts("/api/workflow/{id}/retry", OPERATE, || post(acts::retry)),
    acts("/api/workflow/{id}/pause", OPERATE, || post(acts::pause)),
    acts("/api/workflow/{id}/resume", OPERATE, || post(acts::resume)),
    acts("/api/workflow/{id}/clarify", OPERATE, || {
        post(acts::clarify)
    }),
    acts("/api/workflow/{id}/confirm", OPERATE, || {
        post(acts::confirm)
    }),
    acts("/api/workflow/{id}/extend", OPERATE, || post(acts::extend)),
    acts("/api/workflow/{id}/priority", OPERATE, || {
        post(acts::priority)
    }),
    // With `operate` one's own, with `admin` anyone's: the handler knows whose it is.
    deletes("/api/workflow/{id}", OPERATE, || delete(acts::remove)),
    tells("/api/workflow/{id}/logs", READ, || get(logs::lines)),
    tells("/api/workflow/{id}/events", READ, || get(logs::events)),
    tells("/api/events/past", READ, || get(logs::past)),
    tells("/api/workflow/{id}/why", READ, || get(why::why)),
    tells("/api/pipelines", READ, || get(pipelines::list)),
    tells("/api/pipelines/{name}", READ, || get(pipelines::one)),
    tells("/api/workers", READ, || get(workers::list)),
    tells("/api/stats", READ, || get(stats::stats)),
    tells("/api/attention", READ, || get(attention::list)),
    tells("/api/schedules", READ, || get(schedules::list)),
    makes("/api/schedules/{name}/run", OPERATE, || {
        post(schedules::run)
    }),
    acts("/api/store/retry", OPERATE, || post(store::retry)),
    acts("/api/drain", ADMIN, || post(running::drain)),
    acts("/api/undrain", ADMIN, || post(running::undrain)),
    acts("/api/reload", ADMIN, || post(running::reload)),
    tells("/api/tokens", ADMIN, || get(tokens::list)),
    makes("/api/tokens", ADMIN, || post(tokens::make)),
    deletes("/api/tokens/{id}", ADMIN, || delete(tokens::revoke)),
];

/// The router that every door serves.
pub fn router(api: Api) -> Router {
    let mut by_path: BTreeMap<&str, MethodRouter<Api>> = BTreeMap::new();
    for route in TABLE {
        let mut served = (route.serve)();
        served = match route.kind {
            Kind::Tells => served.route_layer(from_fn(answer::tagged)),
            Kind::Makes => {
                served.route_layer(from_fn_with_state(api.clone(), idempotency::first_answer))
            }
            Kind::Acts | Kind::Reads | Kind::Upgrades => served,
        };
        let surface = openapi::surface_of(&route.method, route.path);
        if let Some(surface) = surface {
            let state = (api.clone(), surface.name);
            served = served.route_layer(from_fn_with_state(state, hidden));
        }
        served = served.route_layer(from_fn_with_state(
            (api.clone(), route.access),
            guard::require,
        ));
        if surface.is_some_and(|surface| surface.name == "generations") {
            served = served.route_layer(from_fn(worked::layer));
        }
        let merged = match by_path.remove(route.path) {
            Some(others) => others.merge(served),
            None => served,
        };
        by_path.insert(route.path, merged);
    }
    let mut router = Router::new();
    for (path, served) in by_path {
        router = router.route(path, served);
    }
    let guarded = from_fn_with_state((api.clone(), READ), guard::require);
    let unknown = Router::new().fallback(no_route).layer(guarded);
    router
        .method_not_allowed_fallback(wrong_method)
        .fallback_service(unknown)
        .layer(from_fn_with_state(api.clone(), guard::identify))
        .layer(from_fn(measured::layer))
        .layer(from_fn(request_id::layer))
        .with_state(api)
}

/// Lets a request through to a surface that `[features]` does not turn off; to one that it does, nothing is served.
async fn hidden(
    State((api, surface)): State<(Api, &'static str)>,
    request: Request,
    next: Next,
) -> Response {
    if api.config().has(surface) {
        return next.run(request).await;
    }
    let problem = Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        format!("nothing is served here: [features] {surface} = false turns it off"),
    );
    problem.into_response()
}

async fn no_route(request: Request) -> Problem {
    let path = request.uri().path();
    let near = crate::pipeline::nearest(path, TABLE.iter().map(|route| route.path));
    let hint = near
        .map(|near| format!("; the nearest that is, is `{near}`"))
        .unwrap_or_default();
    let said = super::problem::excerpt(path);
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        format!("nothing is served at `{said}`{hint}"),
    )
}

async fn wrong_method(request: Request) -> Problem {
    let (method, path) = (
        request.method(),
        super::problem::excerpt(request.uri().path()),
    );
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("`{path}` does not take {method}; the Allow header says what it takes"),
    )
}
