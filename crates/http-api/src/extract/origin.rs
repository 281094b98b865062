//! Where a request comes from.

use std::{
    future::{Ready, ready},
    net::{IpAddr, SocketAddr},
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::{Payload, RequestHead},
    http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT, X_FORWARDED_FOR},
};
use guildhall_application::ports::IdGenerator;
use guildhall_domain::Origin;
use ipnet::IpNet;

use crate::error::ApiError;

/// The header that carries the id of a request, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where the request comes from, as the outermost middleware found it.
pub(crate) struct ClientOrigin(pub(crate) Origin);

impl FromRequest for ClientOrigin {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.extensions().get::<Origin>().cloned().unwrap_or_default())))
    }
}

/// Finds out where a request comes from and gives it an id if it has no sane one.
pub(crate) fn origin(head: &RequestHead, proxies: &[IpNet], ids: &dyn IdGenerator) -> Origin {
    let request_id = given_request_id(head.headers()).unwrap_or_else(|| ids.uuid().to_string());
    Origin {
        ip_address: head
            .peer_addr
            .map(|peer| client_address(peer.ip().to_canonical(), head.headers(), proxies)),
        user_agent: head.headers().get(USER_AGENT).and_then(user_agent),
        request_id: Some(request_id),
    }
}

fn given_request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_sane = (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    is_sane.then(|| id.to_owned())
}

/// The rightmost address that is no trusted proxy: what stands left of it in
/// `X-Forwarded-For` is the word of a stranger.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|net| net.contains(address));
    let mut address = peer;
    let values: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
    let mut hops = values.iter().rev().flat_map(|value| {
        let hops: Vec<_> = value.to_str().unwrap_or_default().rsplit(',').collect();
        hops
    });
    while is_proxy(&address) {
        let Some(hop) = hops.next().and_then(forwarded_address) else { break };
        address = hop;
    }
    address
}

/// One address of `X-Forwarded-For`, which some proxies write with a port.
fn forwarded_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let unbracketed = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = unbracketed.parse::<IpAddr>().ok();
    let address = address.or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

fn user_agent(value: &HeaderValue) -> Option<String> {
    let text = String::from_utf8_lossy(value.as_bytes());
    let visible = text.chars().filter(|c| !c.is_control()).take(Origin::MAX_USER_AGENT);
    let agent: String = visible.collect();
    (!agent.is_empty()).then_some(agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn the_client_is_the_rightmost_stranger() {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for (peer, forwarded, client) in [
            ("192.0.2.1", &["203.0.113.9"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("fd00::1", &["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            let headers = headers(&X_FORWARDED_FOR, forwarded);
            let found = client_address(peer.parse().unwrap(), &headers, &proxies);
            assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn only_a_sane_request_id_is_taken() {
        let long = "x".repeat(129);
        for (id, taken) in [
            ("a", true),
            ("Req_1.2-3", true),
            (&long[1..], true),
            (&long, false),
            ("", false),
            ("a b", false),
            ("é", false),
            ("{}", false),
        ] {
            let headers = headers(&REQUEST_ID, &[id]);
            assert_eq!(given_request_id(&headers).is_some(), taken, "{id:?}");
        }
    }

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let agent = |text: &str| user_agent(&HeaderValue::from_bytes(text.as_bytes()).unwrap());
        assert_eq!(agent("curl/8\t7 \u{85}é").as_deref(), Some("curl/87 é"));
        assert_eq!(agent(&"é".repeat(300)), Some("é".repeat(Origin::MAX_USER_AGENT)));
        assert_eq!(agent(""), None);
    }
}
