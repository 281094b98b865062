//! The letters themselves. A token comes in and goes nowhere else.

use guildhall_domain::{EmailAddress, Invitation, Timestamp};

use super::{LinkTemplate, MailLinks};
use crate::ports::{AccessToken, Letter};

/// Invites somebody.
pub(super) fn invitation(
    invitation: &Invitation,
    organization: &str,
    token: &AccessToken,
    links: &MailLinks,
) -> Letter {
    let Invitation { email, role, expires_at, .. } = invitation;
    let role = role.as_str();
    let action = action("Accept the invitation", links.invitation.as_ref(), token);
    Letter {
        to: email.clone(),
        subject: format!("Invitation to {organization}"),
        text: format!(
            "You are invited to join {organization}, with the role {role}.\n\n\
             {action}\n\n\
             The invitation is for {email} alone and can be accepted until {}.\n\
             If you did not expect it, you need not do anything.\n",
            date(*expires_at)
        ),
    }
}

/// Asks whoever reads the mail of an address to prove that it is theirs.
pub(super) fn email_verification(
    email: &EmailAddress,
    token: &AccessToken,
    expires_at: Timestamp,
    links: &MailLinks,
) -> Letter {
    let action = action("Verify your address", links.email_verification.as_ref(), token);
    Letter {
        to: email.clone(),
        subject: "Verify your e-mail address".to_owned(),
        text: format!(
            "Somebody, most likely you, has made an account for {email}.\n\n\
             {action}\n\n\
             This works once, until {}.\n\
             If it was not you, do nothing: the account stays unverified.\n",
            date(expires_at)
        ),
    }
}

/// Lets somebody set a forgotten password.
pub(super) fn password_reset(
    email: &EmailAddress,
    token: &AccessToken,
    expires_at: Timestamp,
    links: &MailLinks,
) -> Letter {
    let action = action("Set a new password", links.password_reset.as_ref(), token);
    Letter {
        to: email.clone(),
        subject: "Set a new password".to_owned(),
        text: format!(
            "Somebody, most likely you, has asked to set a new password for {email}.\n\n\
             {action}\n\n\
             This works once, until {}.\n\
             If it was not you, do nothing: your password stays as it is.\n",
            date(expires_at)
        ),
    }
}

fn action(what: &str, link: Option<&LinkTemplate>, token: &AccessToken) -> String {
    match link {
        Some(link) => format!("{what}:\n\n  {}", link.fill(token)),
        None => format!("{what} with this token:\n\n  {}", token.expose()),
    }
}

fn date(moment: Timestamp) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn token() -> AccessToken {
        AccessToken::new("gh_token".to_owned())
    }

    #[test]
    fn a_letter_leads_to_the_page_of_the_product() {
        let links = MailLinks {
            password_reset: "https://app.acme.com/reset/{token}".parse().ok(),
            ..MailLinks::default()
        };
        let email = "ada@acme.com".parse().unwrap();
        let letter = password_reset(&email, &token(), at(3_600), &links);
        assert!(letter.text.contains("  https://app.acme.com/reset/gh_token\n"), "{}", letter.text);
        assert!(letter.text.contains("until 1970-01-01 01:00 UTC"), "{}", letter.text);
        assert_eq!(letter.to, email);
    }

    #[test]
    fn a_letter_without_a_page_shows_the_token() {
        let email = "ada@acme.com".parse().unwrap();
        let letter = email_verification(&email, &token(), at(0), &MailLinks::default());
        assert!(letter.text.contains("with this token:\n\n  gh_token\n"), "{}", letter.text);
        assert!(!format!("{letter:?}").contains("gh_token"));
    }
}
