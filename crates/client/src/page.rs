//! Pages of lists.

use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use reqwest::{
    Url,
    header::{HeaderMap, LINK},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Error, request::Request};

/// A place in a list. It means nothing but to the service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Cursor {
    fn from(cursor: &str) -> Self {
        Self(cursor.to_owned())
    }
}

impl From<String> for Cursor {
    fn from(cursor: String) -> Self {
        Self(cursor)
    }
}

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many items, 1 to 100; the service decides where it is `None`.
    pub limit: Option<u32>,
    /// Where the page begins; at the beginning where it is `None`.
    pub cursor: Option<Cursor>,
}

impl PageRequest {
    /// The first page, with at most so many items.
    #[must_use]
    pub const fn of(limit: u32) -> Self {
        Self { limit: Some(limit), cursor: None }
    }

    /// The page of the same size that begins here.
    #[must_use]
    pub fn at(self, cursor: Cursor) -> Self {
        Self { cursor: Some(cursor), ..self }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins, if more follows.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    pub(crate) fn new(items: Vec<T>, url: &Url, headers: &HeaderMap) -> Self {
        Self { items, next: next(url, headers) }
    }
}

/// Where the next page begins. Of the link to it only the cursor is taken, so
/// that no answer leads the token to another address.
fn next(url: &Url, headers: &HeaderMap) -> Option<Cursor> {
    let links = headers.get_all(LINK).iter().filter_map(|links| links.to_str().ok());
    let target = links.flat_map(|links| links.split('<').skip(1)).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let is_next = |parameter: &str| {
            let (name, value) = parameter.trim().split_once('=').unwrap_or_default();
            let value = value.trim_end_matches(',').trim_end().trim_matches('"');
            name.eq_ignore_ascii_case("rel") && value.split(' ').any(|rel| rel == "next")
        };
        parameters.split(';').any(is_next).then_some(target)
    })?;
    let target = url.join(target).ok()?;
    let cursor = target.query_pairs().find(|(name, _)| name == "cursor")?.1;
    Some(Cursor(cursor.into_owned()))
}

/// Every item of a list, page after page, each asked for when it is needed.
pub(crate) fn all<'a, T>(request: Result<Request<'a>, Error>) -> BoxStream<'a, Result<T, Error>>
where
    T: DeserializeOwned + Send + 'a,
{
    let first = request.map(|request| Some((request, None)));
    let pages = stream::unfold(first, |place| async {
        let (request, cursor) = match place {
            Ok(place) => place?,
            Err(error) => return Some((Err(error), Ok(None))),
        };
        let wanted = PageRequest { limit: Some(100), cursor };
        match request.clone().page(&wanted).await {
            Ok(Page { items, next }) => {
                let rest = next.map(|next| (request, Some(next)));
                Some((Ok(stream::iter(items.into_iter().map(Ok))), Ok(rest)))
            }
            Err(error) => Some((Err(error), Ok(None))),
        }
    });
    pages.try_flatten().boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let url = "http://127.0.0.1:8080/api/organizations".parse().unwrap();
        for (link, cursor) in [
            ("</api/organizations?limit=2&cursor=abc>; rel=\"next\"", Some("abc")),
            ("<https://other.example/x?cursor=a%2Bb&limit=2>; rel=next", Some("a+b")),
            ("<?cursor=a>; rel=\"prev\", <?cursor=b>; rel=\"next\"", Some("b")),
            ("<?cursor=a>; rel=\"next\", <?cursor=b>; rel=\"prev\"", Some("a")),
            ("<?cursor=a>; title=\"x\"; REL=\"last next\"", Some("a")),
            ("<?cursor=a>; rel=\"prev\"", None),
            ("<?limit=2>; rel=\"next\"", None),
            ("nonsense", None),
        ] {
            let headers = HeaderMap::from_iter([(LINK, link.parse().unwrap())]);
            assert_eq!(next(&url, &headers), cursor.map(Cursor::from), "{link}");
        }
        assert_eq!(next(&url, &HeaderMap::new()), None);
    }
}
