//! What comes with the value of an answer.

use std::ops::Deref;

use reqwest::header::{ETAG, HeaderMap};
use serde::{Deserialize, Serialize};

use crate::Quota;

/// The version of a resource as it was shown, for `If-Match` and
/// `If-None-Match`. `ETag::from("*")` is any version at all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ETag(String);

impl ETag {
    /// The tag as it is sent, with its quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ETag {
    fn from(tag: &str) -> Self {
        Self(tag.to_owned())
    }
}

impl From<String> for ETag {
    fn from(tag: String) -> Self {
        Self(tag)
    }
}

/// A resource, and what the headers say about it. It reads like the resource
/// itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tagged<T> {
    /// The resource.
    pub value: T,
    /// Its version.
    pub etag: Option<ETag>,
    /// What is left of the quota, where the call has taken from one.
    pub quota: Option<Quota>,
}

impl<T> Tagged<T> {
    /// The resource alone.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    pub(crate) fn new(value: T, headers: &HeaderMap) -> Self {
        let etag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(ETag::from);
        Self { value, etag, quota: Quota::from_headers(headers) }
    }
}

impl<T> Deref for Tagged<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
