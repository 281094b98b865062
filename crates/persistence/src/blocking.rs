//! What blocks, on blocking threads or in place; what is logged still belongs to its
//! request.

use guildhall_application::ports::StoreError;
use tokio::task;
use tracing::Span;

use crate::error::task_error;

/// Does something that blocks, in a span of whoever asks. `operation` names it in
/// traces.
///
/// # Errors
///
/// Those of `work`; and that it panicked, or that the runtime is ending.
pub(crate) async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let span = span(operation);
    let done = task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(|error| task_error(&error))?
}

/// Does something that is over at once, on the thread of whoever asks.
pub(crate) fn in_place<T>(operation: &'static str, work: impl FnOnce() -> T) -> T {
    detail(operation).in_scope(work)
}

/// The span of whoever asks, for another thread; or one in it, where traces are made.
pub(crate) fn span(operation: &'static str) -> Span {
    let span = detail(operation);
    if span.is_disabled() { Span::current() } else { span }
}

/// Below what is logged: it is for traces, which tell where time went.
fn detail(operation: &'static str) -> Span {
    tracing::debug_span!("database", otel.name = operation)
}
