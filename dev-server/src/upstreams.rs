//! The port where the upstreams' stand-ins are, and which of them are there.

use axum::Router;
use axum::routing::get;
use shared::clock::Clock;

use crate::desk::Desk;
use crate::direct_line_stand_in::{self, DirectLineStandIn};
use crate::kernel_stand_in::{self, KernelStandIn};
use crate::places::{Places, SAM_LOCAL};

/// The stand-ins that this desk needs: a real upstream takes the place of its own.
pub fn router(desk: &Desk, places: &Places, functions: &Router, clock: &Clock) -> Router {
    let kernel = KernelStandIn {
        urls: [&places.kernel.url, &places.kernel.in_containers]
            .map(Clone::clone)
            .to_vec(),
        api_bases: vec![places.base_url.clone(), SAM_LOCAL.to_owned()],
        client_secret: desk.names.kernel_client_secret.clone(),
        secrets: desk.secrets.clone(),
        functions: functions.clone(),
        channels: Some(desk.control()),
        clock: clock.clone(),
    };
    let kernel = places
        .kernel_stands_in
        .then(|| ("Kernel", kernel_stand_in::router(kernel)));
    let direct_line = DirectLineStandIn {
        url: places.upstream_url.clone(),
        secrets: desk.secrets.clone(),
        channel_secret: desk.names.direct_line_secret.clone(),
        clock: clock.clone(),
    };
    let direct_line = places
        .direct_line_stands_in
        .then(|| ("Direct Line", direct_line_stand_in::router(direct_line)));
    merged(kernel.into_iter().chain(direct_line))
}

/// These stand-ins on one port, and a line at `/` that says which they are.
fn merged(stand_ins: impl IntoIterator<Item = (&'static str, Router)>) -> Router {
    let mut names = Vec::new();
    let mut all = Router::new();
    for (name, router) in stand_ins {
        names.push(name);
        all = all.merge(router);
    }
    let names = match &names[..] {
        [] => "none, all of them are real".to_owned(),
        names => names.join(", "),
    };
    let line =
        format!("The dev server's stand-ins for upstreams: {names}. Nothing here is real.\n");
    all.route("/", get(async || line))
}
