//! A JSON array that is sent while it is read.

use actix_web::web::Bytes;
use futures_util::{Stream, TryStreamExt, stream::try_unfold};
use guildhall_application::{Cursor, Error, Page, with_causes};
use serde::Serialize;

/// What is to be sent next.
enum Step<T> {
    /// The page that the array opens with.
    First(Page<T>),
    /// The page behind this place.
    After(Cursor),
    /// Nothing: the array is closed.
    End,
}

/// The array of every item of every page, one chunk a page, each item shown as
/// an `R`. When a page cannot be read the stream ends in an error and the array
/// stays open: half a list must not look like a whole one.
pub(super) fn json_array<T, R, F, Fut>(
    first: Page<T>,
    more: F,
    request_id: Option<String>,
) -> impl Stream<Item = Result<Bytes, Error>>
where
    R: From<T> + Serialize,
    F: Fn(Cursor) -> Fut,
    Fut: Future<Output = Result<Page<T>, Error>>,
{
    let chunks = try_unfold((Step::First(first), more), async |(step, more)| {
        let (page, separator) = match step {
            Step::First(page) => (page, b'['),
            Step::After(cursor) => (more(cursor).await?, b','),
            Step::End => return Ok(None),
        };
        let next = page.next;
        let mut chunk = items::<T, R>(page.items, separator)?;
        if next.is_none() {
            chunk.push(b']');
        }
        Ok(Some((Bytes::from(chunk), (next.map_or(Step::End, Step::After), more))))
    });
    chunks.inspect_err(move |error| {
        tracing::error!(request_id, cause = with_causes(error), "a list broke off");
    })
}

/// The items, the first one behind `separator`, the others behind commas.
fn items<T, R: From<T> + Serialize>(items: Vec<T>, mut separator: u8) -> Result<Vec<u8>, Error> {
    let mut chunk = Vec::new();
    for item in items {
        chunk.push(separator);
        separator = b',';
        serde_json::to_writer(&mut chunk, &R::from(item))
            .map_err(|error| Error::Internal(Box::new(error)))?;
    }
    Ok(chunk)
}
