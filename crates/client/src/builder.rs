//! How a client is made.

use std::{sync::Arc, time::Duration};

use reqwest::{Url, redirect::Policy};

use crate::{Client, Error, Secret, client::Shared, retry::RetryPolicy};

/// A client that is being made.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClientBuilder {
    base_url: String,
    http: Option<reqwest::Client>,
    timeout: Duration,
    user_agent: String,
    token: Option<Secret>,
    retries: RetryPolicy,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            http: None,
            timeout: Duration::from_secs(30),
            user_agent: concat!("guildhall-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            token: None,
            retries: RetryPolicy { retries: 2, longest_wait: Duration::from_secs(30) },
        }
    }

    /// How long an attempt may take until the whole answer is there; 30 seconds
    /// unless said otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the client calls itself; `guildhall-client` and its version unless
    /// said otherwise.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The token that signs the client in.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How many attempts there may be after the first: 2 unless said otherwise,
    /// none with 0.
    ///
    /// A request is sent again when the connection fails or the service answers
    /// 429 or 503, and only if to do it twice is to do it once: by its method, or
    /// by its idempotency key.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries.retries = retries;
        self
    }

    /// How long to wait for another attempt at most; 30 seconds unless said
    /// otherwise. If the service asks by `Retry-After` for more, its answer is
    /// handed on instead.
    pub fn longest_wait(mut self, longest_wait: Duration) -> Self {
        self.retries.longest_wait = longest_wait;
        self
    }

    /// The HTTP client to use, with its proxies, certificates and connections.
    /// The time limit and the name are still those of this builder.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`Error::BaseUrl`] if the address is none of `http` or `https`, and
    /// [`Error::Transport`] if TLS cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let mut base_url =
            Url::parse(&self.base_url).map_err(|error| Error::BaseUrl(error.to_string()))?;
        if !matches!(base_url.scheme(), "http" | "https") {
            return Err(Error::BaseUrl(format!("its scheme is {}", base_url.scheme())));
        }
        base_url.set_query(None);
        base_url.set_fragment(None);
        let http = match self.http {
            Some(http) => http,
            // The service leads nowhere else; something in between might.
            None => reqwest::Client::builder()
                .redirect(Policy::none())
                .build()
                .map_err(Error::Transport)?,
        };
        let Self { timeout, user_agent, token, retries, .. } = self;
        let shared = Arc::new(Shared { http, base_url, timeout, user_agent, retries });
        Ok(Client { shared, token })
    }
}
