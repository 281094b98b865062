//! Requests: how they are made, sent, and their answers read.

use std::time::Duration;

use reqwest::{
    Method, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH, LOCATION, USER_AGENT},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Client, Cursor, ETag, Error, IdempotencyKey, Page, PageRequest, Problem, Tagged,
    problem::{request_id, retry_after},
    retry::{is_broken_connection, is_passing},
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request that is being made.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    client: &'a Client,
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, String)>,
    body: Option<Vec<u8>>,
    /// Whether to do it twice is to do it once.
    is_idempotent: bool,
}

/// An answer, all of which has come.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(client: &'a Client, method: Method, url: Url) -> Self {
        let is_idempotent = method.is_idempotent();
        Self { client, method, url, headers: Vec::new(), body: None, is_idempotent }
    }

    /// Marks a request that may be sent again although its method does not say
    /// so.
    pub(crate) fn idempotent(mut self) -> Self {
        self.is_idempotent = true;
        self
    }

    /// Marks a request that is sent once, whatever comes of it.
    pub(crate) fn once(mut self) -> Self {
        self.is_idempotent = false;
        self
    }

    /// Makes the request one that is done once; with a key of its own if there
    /// is none.
    pub(crate) fn keyed(self, key: Option<&IdempotencyKey>) -> Self {
        let key = key.cloned().unwrap_or_else(IdempotencyKey::random);
        self.header(IDEMPOTENCY_KEY, key.as_str()).idempotent()
    }

    pub(crate) fn if_match(self, tag: Option<&ETag>) -> Self {
        match tag {
            Some(tag) => self.header(IF_MATCH, tag.as_str()),
            None => self,
        }
    }

    pub(crate) fn query(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.url.query_pairs_mut().append_pair(name, value);
        }
        self
    }

    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, Error> {
        self.body(body, "application/json")
    }

    pub(crate) fn merge_patch(self, body: &impl Serialize) -> Result<Self, Error> {
        self.body(body, "application/merge-patch+json")
    }

    fn body(mut self, body: &impl Serialize, media_type: &str) -> Result<Self, Error> {
        self.body = Some(serde_json::to_vec(body).map_err(Error::Request)?);
        Ok(self.header(CONTENT_TYPE, media_type))
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sends the request; what the answer carries is not looked at.
    pub(crate) async fn nothing(self) -> Result<(), Error> {
        self.send().await?.successful().map(drop)
    }

    /// Sends the request, for the value in the answer.
    pub(crate) async fn value<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.send().await?.successful()?.value()
    }

    /// Sends the request, for a resource and its tag.
    pub(crate) async fn tagged<T: DeserializeOwned>(self) -> Result<Tagged<T>, Error> {
        self.send().await?.successful()?.tagged()
    }

    /// Sends the request, for a resource unless it is still that of the tag.
    pub(crate) async fn tagged_unless<T: DeserializeOwned>(
        self,
        known: &ETag,
    ) -> Result<Option<Tagged<T>>, Error> {
        let answer = self.header(IF_NONE_MATCH, known.as_str()).send().await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        answer.successful()?.tagged().map(Some)
    }

    /// Sends the request, for a page of a list.
    pub(crate) async fn page<T: DeserializeOwned>(
        self,
        PageRequest { limit, cursor }: &PageRequest,
    ) -> Result<Page<T>, Error> {
        let limit = limit.map(|limit| limit.to_string());
        let cursor = cursor.as_ref().map(Cursor::as_str);
        let request = self.query("limit", limit.as_deref()).query("cursor", cursor);
        let url = request.url.clone();
        let answer = request.send().await?.successful()?;
        Ok(Page::new(answer.value()?, &url, &answer.headers))
    }

    /// Sends the request, and again as often as that is safe and allowed.
    async fn send(self) -> Result<Answer, Error> {
        let mut attempts = 0;
        loop {
            let outcome = self.attempt().await;
            attempts += 1;
            match self.wait(attempts, &outcome) {
                Some(wait) => tokio::time::sleep(wait).await,
                // The address may hold the secret of an invitation.
                None => return outcome.map_err(|error| Error::Transport(error.without_url())),
            }
        }
    }

    /// How long to wait before another attempt, if there is to be one.
    fn wait(&self, attempts: u32, outcome: &Result<Answer, reqwest::Error>) -> Option<Duration> {
        let asked_for = match outcome {
            Ok(answer) if is_passing(answer.status) => retry_after(&answer.headers),
            Err(error) if is_broken_connection(error) => None,
            _ => return None,
        };
        let policy = &self.client.shared.retries;
        self.is_idempotent.then(|| policy.wait(attempts, asked_for)).flatten()
    }

    async fn attempt(&self) -> Result<Answer, reqwest::Error> {
        let shared = &self.client.shared;
        let mut request = shared.http.request(self.method.clone(), self.url.clone());
        request = request.timeout(shared.timeout).header(USER_AGENT, &shared.user_agent);
        if let Some(token) = &self.client.token {
            request = request.bearer_auth(token.expose());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await?.into() })
    }
}

impl Answer {
    /// The answer, if it is that of a success.
    fn successful(self) -> Result<Self, Error> {
        let Self { status, headers, body } = &self;
        if status.is_success() {
            return Ok(self);
        }
        if let Some(problem) = Problem::read(status.as_u16(), headers, body) {
            return Err(Error::Problem(Box::new(problem)));
        }
        let detail = match headers.get(LOCATION).filter(|_| status.is_redirection()) {
            Some(location) => format!("it leads to {location:?}"),
            None => "it has no problem document".to_owned(),
        };
        Err(self.unexpected(detail))
    }

    fn value<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| self.unexpected(error.to_string()))
    }

    fn tagged<T: DeserializeOwned>(&self) -> Result<Tagged<T>, Error> {
        Ok(Tagged::new(self.value()?, &self.headers))
    }

    fn unexpected(&self, detail: String) -> Error {
        Error::Unexpected {
            status: self.status.as_u16(),
            detail,
            request_id: request_id(&self.headers),
        }
    }
}
