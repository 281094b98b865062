//! Mail by a mail server, and where there is none.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{
    mailbox::{decoded, token_in},
    support::{Installation, PASSWORD, Server, parts, until},
};

/// A mail server that answers recipients with these, and then takes everything.
struct MailServer {
    url: String,
    heard: Arc<Mutex<String>>,
}

impl MailServer {
    async fn start(refusals: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let heard = Arc::<Mutex<String>>::default();
        let answers = Arc::new(Mutex::new(refusals.iter().rev().copied().collect::<Vec<_>>()));
        let ear = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, ear.clone(), answers.clone()));
            }
        });
        Self { url, heard }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    /// An installation that sends by it.
    fn at(&self, installation: Installation) -> Installation {
        installation
            .with("GUILDHALL_MAIL_SMTP_URL", &self.url)
            .with("GUILDHALL_MAIL_FROM", "Acme <no-reply@acme.com>")
            .with("GUILDHALL_MAIL_PASSWORD_LINK", "https://app.acme.com/reset?t={token}")
    }
}

async fn talk(
    mut stream: TcpStream,
    heard: Arc<Mutex<String>>,
    answers: Arc<Mutex<Vec<&'static str>>>,
) {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    let mut in_data = false;
    let mut reply = "220 test";
    while writer.write_all(format!("{reply}\r\n").as_bytes()).await.is_ok() {
        reply = loop {
            let Ok(Some(line)) = lines.next_line().await else { return };
            heard.lock().unwrap().push_str(&(line.clone() + "\n"));
            match line.get(..4).unwrap_or(&line) {
                "." => {
                    in_data = false;
                    break "250 taken";
                }
                _ if in_data => {}
                "RCPT" => break answers.lock().unwrap().pop().unwrap_or("250 ok"),
                "DATA" => {
                    in_data = true;
                    break "354 go on";
                }
                _ => break "250 ok",
            }
        };
    }
}

async fn forget(server: &Server, email: &str) {
    let answer = server.post("/api/auth/password/forgot", &json!({ "email": email })).await;
    assert_eq!(answer.status(), 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_gets_the_mail_with_the_link() {
    for installation in Installation::on_each_backend() {
        let mail = MailServer::start(&[]).await;
        let installation = mail.at(installation);
        let server = installation.serve();
        server.registered("ada@acme.com", Some("Acme")).await;
        forget(&server, "ada@acme.com").await;
        until("the mail is sent", || mail.heard().contains("\n.\n")).await;
        let heard = decoded(&mail.heard());
        for line in ["MAIL FROM:<no-reply@acme.com>", "RCPT TO:<ada@acme.com>"] {
            assert!(heard.contains(line), "{heard}");
        }
        assert!(heard.contains("https://app.acme.com/reset?t=gh_"), "{heard}");
        let reset =
            json!({ "token": token_in(&heard), "password": "staple battery horse correct" });
        assert_eq!(server.post("/api/auth/password/reset", &reset).await.status(), 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_is_put_off_is_sent_later_and_what_is_refused_is_given_up() {
    for installation in Installation::on_each_backend() {
        let mail = MailServer::start(&["451 not now", "250 ok", "550 no such user"]).await;
        let installation = mail.at(installation);
        let server = installation.serve();
        server.registered("ada@acme.com", Some("Acme")).await;
        let queued = |condition: &str| {
            let query = format!("select count(*) from mail_queue where {condition}");
            installation.database.number(&query)
        };
        forget(&server, "ada@acme.com").await;
        until("it is put off", || server.log().contains("a mail is tried again later")).await;
        assert_eq!(queued("attempts = 1"), 1);
        assert!(!mail.heard().contains("\n.\n"));
        installation.database.execute("update mail_queue set due_at = queued_at");
        until("it is sent", || mail.heard().contains("\n.\n") && queued("true") == 0).await;

        forget(&server, "ada@acme.com").await;
        until("it is given up", || server.log().contains("a mail is given up")).await;
        assert_eq!(queued("true"), 0);
        assert_eq!(mail.heard().matches("\n.\n").count(), 1);
        assert!(!server.log().contains("gh_"), "no token is in the log");
    }
}

#[tokio::test]
async fn without_a_mail_server_production_says_so() {
    for installation in Installation::on_each_backend() {
        let installation = installation
            .with("GUILDHALL_MODE", "production")
            .with("GUILDHALL_PUBLIC_URL", "https://guildhall.example")
            .with("GUILDHALL_REGISTRATION", "named")
            .with("GUILDHALL_EMAIL_VERIFICATION", "off");
        let server = installation.serve();
        let ada = server.registered("ada@acme.com", Some("Acme")).await;
        let acme = server.first_organization(&ada).await;
        let invitations = format!("/api/organizations/{acme}/invitations");
        for (path, body) in [
            (invitations.as_str(), json!({ "email": "g@h.org", "role": "member" })),
            ("/api/auth/password/forgot", json!({ "email": "ada@acme.com" })),
            ("/api/auth/email/verification", json!({ "password": PASSWORD })),
        ] {
            let (status, problem) = parts(server.post_as(path, &ada, &body).await).await;
            assert_eq!(status, 501, "{path}");
            let kind = problem["type"].as_str().unwrap();
            assert!(kind.ends_with("/problems/mail-not-configured"), "{problem}");
        }
        assert_eq!(installation.database.number("select count(*) from mail_queue"), 0);
    }
}
