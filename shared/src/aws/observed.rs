//! Counts every try of every call to AWS: an SDK interceptor.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::clock::{Clock, Stopwatch};
use crate::metrics::{Family, Metrics};

/// Observes the calls to one service.
#[derive(Debug)]
pub(super) struct ObservedCalls {
    /// The service's host, for the series.
    pub(super) host: String,
    /// Where they are counted.
    pub(super) metrics: Metrics,
    /// What measures them.
    pub(super) clock: Clock,
}

#[derive(Debug)]
struct Try(Stopwatch);

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
        config
            .interceptor_state()
            .store_put(Try(self.clock.stopwatch()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Try(stopwatch)) = config.load::<Try>() else {
            return Ok(());
        };
        let operation = config.load::<Metadata>().map_or("unknown", Metadata::name);
        let status = context
            .response()
            .map(|response| response.status().as_u16().to_string());
        let status = status.unwrap_or_else(|| without_answer(context).to_owned());
        let labels = ["POST", &self.host, operation, &status];
        self.metrics
            .observe(Family::Outgoing, &labels, stopwatch.elapsed());
        Ok(())
    }
}

fn without_answer(context: &FinalizerInterceptorContextRef<'_>) -> &'static str {
    match context.output_or_error() {
        Some(Err(error)) if error.is_timeout_error() => "timeout",
        _ => "error",
    }
}
