//! Opaque bearer tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use guildhall_application::ports::{AccessToken, TokenHash, TokenService};
use sha2::{Digest, Sha256};

/// Marks a text as a token of ours, for people and for scanners of secrets.
const PREFIX: &str = "gh_";
const RANDOM_BYTES: usize = 32;
/// What 32 bytes take in base64 without padding.
const ENCODED_LENGTH: usize = 43;

/// Tokens of 256 random bits: `gh_` and 43 characters of base64url (RFC 4648,
/// 5). SHA-256 is enough to store them by: unlike a password, 256 random bits
/// cannot be guessed however fast the hash is.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomTokens;

impl TokenService for RandomTokens {
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    #[expect(clippy::expect_used, reason = "without randomness there are no secrets")]
    #[expect(clippy::disallowed_methods, reason = "tokens are where randomness is for")]
    fn issue(&self) -> (AccessToken, TokenHash) {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).expect("randomness from the operating system");
        self.encode(random)
    }

    fn encode(&self, bits: [u8; RANDOM_BYTES]) -> (AccessToken, TokenHash) {
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits));
        let hash = hash_of(&token);
        (AccessToken::new(token), hash)
    }

    fn hash(&self, presented: &str) -> Option<TokenHash> {
        let encoded = presented.strip_prefix(PREFIX)?;
        (encoded.len() == ENCODED_LENGTH).then(|| hash_of(presented))
    }
}

fn hash_of(token: &str) -> TokenHash {
    TokenHash::new(Sha256::digest(token.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash() {
        let (token, hash) = RandomTokens.issue();
        assert_eq!(RandomTokens.hash(token.expose()), Some(hash));
        assert!(token.expose().is_ascii() && token.expose().len() == 46);
    }

    #[test]
    fn the_same_bits_are_the_same_token() {
        let (token, hash) = RandomTokens.encode([7; RANDOM_BYTES]);
        assert_eq!(RandomTokens.encode([7; RANDOM_BYTES]), (token.clone(), hash));
        assert_eq!(RandomTokens.hash(token.expose()), Some(hash));
        assert_ne!(RandomTokens.encode([8; RANDOM_BYTES]).0, token);
    }

    #[test]
    fn no_two_tokens_are_the_same() {
        let tokens: HashSet<_> =
            (0..1000).map(|_| RandomTokens.issue().0.expose().to_owned()).collect();
        assert_eq!(tokens.len(), 1000);
    }

    #[test]
    fn what_is_no_token_is_not_looked_up() {
        for text in ["", "gh_", "gh_short", "sk_live_1234", &"a".repeat(10_000)] {
            assert_eq!(RandomTokens.hash(text), None, "{text}");
        }
    }

    #[test]
    fn secrets_cannot_be_printed() {
        let (token, hash) = RandomTokens.issue();
        assert_eq!(format!("{token:?} {hash:?}"), "AccessToken(…) TokenHash(…)");
    }
}
