//! The bearer token of a request (RFC 6750, 2.1). Tokens in bodies and queries
//! are not taken.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use guildhall_application::Error;

use crate::error::ApiError;

/// The token that the request bears.
///
/// # Errors
///
/// [`ApiError::TokenMissing`] when it bears none,
/// [`Error::NotAuthenticated`] when what it bears can be no token.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut tokens =
        headers.get_all(AUTHORIZATION).filter_map(|value| credentials(value.as_bytes()));
    let token = tokens.next().ok_or(ApiError::TokenMissing)?;
    // Two headers of that name make the request malformed (RFC 9110, 5.3):
    // which one a proxy in front of this service looked at is unknown.
    let is_single = headers.get_all(AUTHORIZATION).nth(1).is_none();
    let token = std::str::from_utf8(token).ok().filter(|_| is_single);
    token.ok_or(ApiError::Application(Error::NotAuthenticated))
}

/// What follows the scheme `Bearer`, if that is the scheme and something follows.
fn credentials(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked("bearer ".len())?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in [&b"Bearer abc"[..], b"bearer abc", b"BEARER abc", b"Bearer   abc"] {
            assert_eq!(bearer_token(&headers(&[value])).unwrap(), "abc");
        }
    }

    #[test]
    fn a_request_without_a_token_is_told_apart_from_one_with_a_bad_token() {
        for (values, missing) in [
            (&[][..], true),
            (&[&b""[..]], true),
            (&[b"Bearer"], true),
            (&[b"Bearer "], true),
            (&[b"Basic YTpi"], true),
            (&[b"Bearerabc"], true),
            (&[b"Bearer \xff\xfe"], false),
            (&[b"Bearer abc", b"Bearer abc"], false),
            (&[b"Basic YTpi", b"Bearer abc"], false),
        ] {
            let error = bearer_token(&headers(values)).unwrap_err();
            assert_eq!(matches!(error, ApiError::TokenMissing), missing, "{values:?}");
        }
    }
}
