//! Counts every try of every call to AWS: an SDK interceptor.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::clock::Clock;
use crate::metrics::{Family, Metrics, Underway};

/// Observes the calls to one service.
#[derive(Debug)]
pub(super) struct ObservedCalls {
    /// The service's host, for the series.
    pub(super) host: Arc<str>,
    /// Where they are counted.
    pub(super) metrics: Metrics,
    /// What measures them.
    pub(super) clock: Clock,
}

/// A try under way.
#[derive(Debug)]
struct Try(Underway);

impl Storable for Try {
    type Storer = StoreReplace<Self>;
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for ObservedCalls {
    fn name(&self) -> &'static str {
        "ObservedCalls"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("unknown", Metadata::name);
        let labels = ["POST", &*self.host, operation].map(str::to_owned);
        let (metrics, clock) = (&self.metrics, &self.clock);
        let started = Underway::start(metrics, clock, Family::Outgoing, labels.to_vec());
        config.interceptor_state().store_put(Try(started));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let status = context
            .response()
            .map(|response| response.status().as_u16().to_string());
        if let Some(Try(started)) = config.load::<Try>() {
            started.end(status.as_deref().unwrap_or(without_answer(context)));
        }
        Ok(())
    }
}

fn without_answer(context: &FinalizerInterceptorContextRef<'_>) -> &'static str {
    match context.output_or_error() {
        Some(Err(error)) if error.is_timeout_error() => "timeout",
        _ => "error",
    }
}
