//! Internet domain names in their canonical form.

use std::{collections::HashSet, fmt, str::FromStr, sync::LazyLock};

use idna::{AsciiDenyList, uts46};

/// A domain name of at least two labels, lower case and in ASCII (UTS #46,
/// non-transitional, STD 3 rules): `bücher.example` is `xn--bcher-kva.example`.
/// At most 253 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// The text is no domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a domain name such as acme.com")]
pub struct DomainNameError;

/// Domains at which anybody gets a mailbox, one a line, sorted, from the npm
/// package `free-email-domains` (MIT); `just update-public-mail-domains`
/// fetches the list anew.
static PUBLIC_MAIL_DOMAINS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../data/public_mail_domains.txt").lines().collect());

impl DomainName {
    /// A domain that this crate names itself and that is known to be canonical.
    pub(crate) fn made_up(domain: &str) -> Self {
        Self(domain.to_owned())
    }

    /// The canonical ASCII form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether mailboxes in this domain are open to anybody, so that an address
    /// in it says nothing of where its owner works.
    #[must_use]
    pub fn is_public_mail_domain(&self) -> bool {
        PUBLIC_MAIL_DOMAINS.contains(self.0.as_str())
    }
}

impl FromStr for DomainName {
    type Err = DomainNameError;

    fn from_str(text: &str) -> Result<Self, DomainNameError> {
        let ascii = uts46::Uts46::new()
            .to_ascii(
                text.trim().as_bytes(),
                AsciiDenyList::STD3,
                uts46::Hyphens::Check,
                uts46::DnsLength::Verify,
            )
            .map_err(|_| DomainNameError)?;
        let (_, top) = ascii.rsplit_once('.').ok_or(DomainNameError)?;
        // No top-level domain is numeric (RFC 3696, 2): this is an IP address.
        if top.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DomainNameError);
        }
        Ok(Self(ascii.into_owned()))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_domain_has_one_form() {
        for (text, canonical) in [
            ("acme.com", "acme.com"),
            (" ACME.Com ", "acme.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("a。b", "a.b"),
        ] {
            assert_eq!(text.parse::<DomainName>().unwrap().as_str(), canonical, "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        let long_label = format!("{}.com", "a".repeat(64));
        let long_name = format!("{}com", "abcdefghi.".repeat(26));
        for text in [
            "",
            ".",
            "acme",
            "acme.",
            ".acme.com",
            "acme..com",
            "ac me.com",
            "acme.com/x",
            "acme.com:80",
            "user@acme.com",
            "192.168.0.1",
            "[::1]",
            "-acme.com",
            "acme_x.com",
            "ac\0me.com",
            "acme.com\u{202E}",
            "xn--a.com",
            &long_label,
            &long_name,
        ] {
            assert!(text.parse::<DomainName>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn public_mail_domains_are_known() {
        for (domain, public) in
            [("gmail.com", true), ("gmx.de", true), ("qq.com", true), ("acme.com", false)]
        {
            assert_eq!(domain.parse::<DomainName>().unwrap().is_public_mail_domain(), public);
        }
    }

    #[test]
    fn the_list_of_public_mail_domains_is_canonical_and_sorted() {
        let lines: Vec<_> = include_str!("../data/public_mail_domains.txt").lines().collect();
        assert!(lines.len() > 10_000 && lines.is_sorted());
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_stable(raw in "[a-zA-Zäöüß0-9.-]{1,40}") {
            if let Ok(domain) = raw.parse::<DomainName>() {
                prop_assert_eq!(domain.as_str().parse::<DomainName>(), Ok(domain.clone()));
            }
        }

        #[test]
        fn no_input_panics(raw in any::<String>()) {
            let _ = raw.parse::<DomainName>();
        }
    }
}
