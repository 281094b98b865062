//! Addresses that must be verified, and passwords that were forgotten.

use guildhall_client::{Credentials, Secret};
use guildhall_http_api::routes::{Access, ENDPOINTS};
use serde_json::json;

use crate::{
    mailbox::{mail_to, token_to},
    support::{Installation, PASSWORD, until},
};

const NEW_PASSWORD: &str = "staple battery horse correct";

#[tokio::test]
async fn who_is_not_verified_can_do_nothing_but_sign_in_and_verify() {
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_EMAIL_VERIFICATION", "required");
        let server = installation.serve();
        let bearer = server.registered("ada@acme.com", Some("Acme")).await;
        let refused = async || {
            let mut refused = 0;
            for endpoint in ENDPOINTS.iter().filter(|e| e.access == Access::Verified) {
                let answer = server.send(endpoint.method.as_str(), endpoint.path, &bearer, None);
                let text = answer.await.text().await.unwrap();
                refused += usize::from(text.contains("/problems/email-not-verified"));
            }
            refused
        };
        let guarded = ENDPOINTS.iter().filter(|e| e.access == Access::Verified).count();
        assert_eq!(refused().await, guarded);
        let ada = server.api(&bearer);
        ada.auth().me().await.unwrap();
        assert_eq!(ada.auth().sessions().await.unwrap().len(), 1);

        let first = token_to(&installation, "ada@acme.com", 1).await;
        ada.auth().request_email_verification().await.unwrap();
        let second = token_to(&installation, "ada@acme.com", 2).await;
        let anybody = server.api("");
        for dead in [first.as_str(), "gh_nothing", "", &bearer] {
            let error = anybody.auth().verify_email(&dead.into()).await.unwrap_err();
            assert!(error.is_invalid(), "{error}");
        }
        anybody.auth().verify_email(&second.as_str().into()).await.unwrap();
        assert!(anybody.auth().verify_email(&second.as_str().into()).await.is_err());
        assert_eq!(ada.organizations().whole().await.unwrap().len(), 1);
        assert_eq!(refused().await, 0);
        // Who is verified is sent no mail.
        ada.auth().request_email_verification().await.unwrap();
        assert_eq!(installation.database.number("select count(*) from mail_queue"), 0);
        let verified = "select count(*) from audit_events where action = 'email.verified'";
        assert_eq!(installation.database.number(verified), 1);
    }
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_mail() {
    for installation in Installation::on_each_backend() {
        let installation = installation.with("GUILDHALL_LOG", "trace");
        let server = installation.serve();
        let ada = server.api(&server.registered("ada@acme.com", Some("Acme")).await);
        let anybody = server.api("");
        let anybody = anybody.auth();
        anybody.forgot_password("ADA@acme.com").await.unwrap();
        let token: Secret = token_to(&installation, "ada@acme.com", 1).await.into();
        let weak = anybody.reset_password(&token, &"password".into()).await.unwrap_err();
        assert!(weak.is_invalid());
        ada.auth().me().await.unwrap();
        anybody.reset_password(&token, &NEW_PASSWORD.into()).await.unwrap();
        assert!(ada.auth().me().await.unwrap_err().is_unauthorized(), "sessions are ended");
        let again = anybody.reset_password(&token, &PASSWORD.into()).await.unwrap_err();
        assert_eq!(again.problem().unwrap().errors[0].pointer.as_deref(), Some("/token"));
        let old = anybody.login(&Credentials::new("ada@acme.com", PASSWORD)).await;
        assert!(old.unwrap_err().is_unauthorized());
        anybody.login(&Credentials::new("ada@acme.com", NEW_PASSWORD)).await.unwrap();

        // Out of time, and out of use by another.
        anybody.forgot_password("ada@acme.com").await.unwrap();
        let second: Secret = token_to(&installation, "ada@acme.com", 2).await.into();
        anybody.forgot_password("ada@acme.com").await.unwrap();
        let third: Secret = token_to(&installation, "ada@acme.com", 3).await.into();
        assert!(anybody.reset_password(&second, &PASSWORD.into()).await.is_err());
        let past =
            "update one_time_tokens set expires_at = (select installed_at from installation)";
        installation.database.execute(past);
        assert!(anybody.reset_password(&third, &PASSWORD.into()).await.is_err());

        let (contents, log) = (installation.contents(), server.log());
        for token in [token, second, third] {
            let secret = token.expose().trim_start_matches("gh_");
            assert!(!contents.contains(&secret.to_lowercase()));
            assert!(!log.contains(secret), "a token is in the log");
        }
    }
}

#[tokio::test]
async fn asking_does_not_tell_who_has_an_account() {
    for installation in Installation::on_each_backend() {
        let server = installation.serve();
        server.registered("ada@acme.com", Some("Acme")).await;
        let mut answers = Vec::new();
        for email in ["ada@acme.com", "nobody@acme.com"] {
            let body = json!({ "email": email });
            let answer = server.post("/api/auth/password/forgot", &body).await;
            let mut headers = answer.headers().clone();
            for name in ["date", "x-request-id"] {
                headers.remove(name);
            }
            answers.push((answer.status(), headers, answer.text().await.unwrap()));
        }
        assert_eq!(answers[0].0, 202);
        assert_eq!(answers[0], answers[1]);
        token_to(&installation, "ada@acme.com", 1).await;
        let asked = "select count(*) from audit_events where action = 'password.reset_requested'";
        assert_eq!(installation.database.number(asked), 2);
        let queued = "select count(*) from mail_queue";
        until("all is sent", || installation.database.number(queued) == 0).await;
        assert!(mail_to(&installation, "nobody@acme.com").is_empty());
    }
}
