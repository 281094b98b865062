//! Blocking threads, on which what is logged still belongs to its request.

use guildhall_application::ports::StoreError;
use tokio::task;
use tracing::Span;

use crate::error::task_error;

/// Does something that blocks, in the span of whoever asks.
///
/// # Errors
///
/// Those of `work`; and that it panicked, or that the runtime is ending.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let span = Span::current();
    let done = task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(|error| task_error(&error))?
}
