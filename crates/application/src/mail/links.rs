//! Where the links in mail lead.

use std::str::FromStr;

use crate::ports::AccessToken;

/// The address of a page of the product that takes a token, such as
/// `https://app.acme.com/join?token={token}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTemplate {
    before: String,
    after: String,
}

/// The text is no template of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a web address in which {{token}} stands once")]
pub struct LinkTemplateError;

impl LinkTemplate {
    /// The address with a token in its place. Tokens need no escaping.
    pub(crate) fn fill(&self, token: &AccessToken) -> String {
        format!("{}{}{}", self.before, token.expose(), self.after)
    }
}

impl FromStr for LinkTemplate {
    type Err = LinkTemplateError;

    fn from_str(text: &str) -> Result<Self, LinkTemplateError> {
        let (before, after) = text.split_once("{token}").ok_or(LinkTemplateError)?;
        let is_address = ["https://", "http://"]
            .iter()
            .any(|scheme| before.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_graphic());
        let is_once = !after.contains("{token}");
        if is_address && is_once && is_plain(before) && is_plain(after) {
            Ok(Self { before: before.to_owned(), after: after.to_owned() })
        } else {
            Err(LinkTemplateError)
        }
    }
}

/// The pages of the product that mail leads to. Where one is not named, the
/// mail shows the token itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailLinks {
    /// Where invitations are accepted.
    pub invitation: Option<LinkTemplate>,
    /// Where addresses are verified.
    pub email_verification: Option<LinkTemplate>,
    /// Where forgotten passwords are set.
    pub password_reset: Option<LinkTemplate>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_one_place_for_the_token() {
        for (text, filled) in [
            ("https://app.acme.com/join?token={token}", Some("https://app.acme.com/join?token=t")),
            ("http://localhost:3000/{token}/go", Some("http://localhost:3000/t/go")),
            ("https://app.acme.com/join", None),
            ("https://app.acme.com/{token}/{token}", None),
            ("https://{token}", None),
            ("ftp://app.acme.com/{token}", None),
            ("javascript:alert({token})", None),
            ("https://app.acme.com/ {token}", None),
        ] {
            let template = text.parse::<LinkTemplate>().ok();
            let token = AccessToken::new("t".to_owned());
            assert_eq!(template.map(|t| t.fill(&token)).as_deref(), filled, "{text}");
        }
    }
}
